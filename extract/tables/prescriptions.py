"""Doses in cells: a total, fractions and the dose of each, for one patient or for groups ("2000cGy (6/8) 3000cGy (1/8)").

The dose itself is read by the modules that read prose. Here is decided what they are asked: a number gets the unit of
its heading, and whatever is no plain dose - a range, a bound, a mean, a percentage, a number without any unit, a number
that nobody read - gives a message and no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from corpus.dose_table import in_words
from extract import doses, dosing
from extract.record import RadiotherapyCourse
from extract.tables import words
from extract.tables.headings import Heading
from extract.tables.prose import Prose

_NUMBER = r"\d{1,5}(?:[.,]\d{1,3})?"
_UNIT = r"(?:c\s?gy|gy\s?[(\[]?rbe[)\]]?|gy\s?\(e\)|gye|gy|gr[ae]ys?|centi-?gr[ae]ys?|rads?|cge)"
_COUNTED = r"(?:fractions?|fxs?|frs?|frx|f|\#|sessions?)(?![a-z])"
_GY = re.compile(r"(?<![a-z])(?P<part>c?)gy(?![a-z])", re.IGNORECASE)
# 1 rad is 1 cGy.
_RAD = re.compile(r"(?<![a-z])rads?(?![a-z])", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,2}[,\s]\d{3}")
_DECIMAL_COMMA = re.compile(r"\d{1,3},\d{1,2}")
_HAS_UNIT = re.compile(rf"(?<![a-z]){_UNIT}(?![a-z])", re.IGNORECASE)
_RANGE = re.compile(rf"{_NUMBER}\s?(?:{_UNIT}\s?)?(?:-|to\b|~)\s?{_NUMBER}(?!\s?(?:weeks?|days?|months?|years?|wks?))", re.IGNORECASE)
_BOUND = re.compile(
    r"[<>≤≥≦≧~≈?]|\b(?:about|approximately|approx|circa|ca\.|at\sleast|at\smost|more\sthan|less\sthan|over|under|up\sto|max(?:imum)?|min(?:imum)?|around)\b(?!\s\d+\s?(?:weeks|days))",
    re.IGNORECASE,
)
_SPREAD = re.compile(r"±|\+/-")
_AVERAGE = re.compile(r"\b(?:median|mean|average|range)\b", re.IGNORECASE)
_OTHER_DOSE = re.compile(rf"\b(?:BED|EQD\d?|V\d{{1,2}}|D\d{{2}}|Dmax|Dmean)|{_UNIT}\s?/\s?(?:h|hr|min)\b|{_UNIT}\d|_\d", re.IGNORECASE)
_NOT_GIVEN = re.compile(r"\b(?:planned|intended|prescribed|scheduled|prior|previous|refus\w+|declin\w+|not|without|no)\b", re.IGNORECASE)
# "20 Gy (6/8)", "20 Gy (n = 6)", "20 Gy (6 patients)", "20 Gy in 6 patients": whose dose it is.
_SHARE = re.compile(
    r"\(\s?(?:n\s?=\s?)?(?P<of>\d{1,4})\s?/\s?(?P<all>\d{1,4})\s?\)|\(\s?n\s?=\s?(?P<n>\d{1,4})\s?\)"
    r"|\(\s?(?P<told>\d{1,4})\s(?:patients?|pts?|cases?)\s?\)|\bin\s(?P<among>\d{1,4})\s(?:patients?|pts?|cases?)\b",
    re.IGNORECASE,
)
# "45/25", "45 Gy/25 F", "45 Gy (25)", "45 (25 fx)", "45 in 25 fractions".
_PARTS = re.compile(
    rf"(?P<total>{_NUMBER})\s?(?P<unit>{_UNIT})?\s?(?:/|\(|,|\bin\b)\s?(?P<count>\d{{1,3}})\s?(?P<noun>{_COUNTED})?\s?\)?", re.IGNORECASE
)
_BRACHYTHERAPY = re.compile(r"\b(?:HDR|LDR|PDR|brachy\w*|seeds?|implants?|interstitial|intracavitary|plaque)\b", re.IGNORECASE)
_ADDED = re.compile(rf"{_UNIT}[^+]*\+[^+]*{_UNIT}|{_UNIT}.*\b(?:and|plus|then|followed)\b.*{_UNIT}", re.IGNORECASE)
_TIMES_EACH = re.compile(rf"(?P<count>\d{{1,2}})\s?[x×*]\s?(?P<each>{_NUMBER}\s?{_UNIT})", re.IGNORECASE)
_EACH_TIMES = re.compile(rf"(?P<each>{_NUMBER}\s?{_UNIT})\s?[x×*]\s?(?P<count>\d{{1,2}})\b", re.IGNORECASE)
# Numbers that belong to a dose without being one: how long it took, how often a day, "3D", energies.
_BESIDE = re.compile(
    r"(?:over|in|during|for|within)?\s?\d{1,3}(?:\.\d)?\s?(?:weeks?|wks?|days?)\b|\b(?:once|twice|thrice|\d)\s?(?:x\s?|times\s|days?\s?|d\s?|fx\s?|fractions\s?)?(?:/|a|per)\s?(?:day|week|d|wk|w)\b"
    r"|\b\d{1,2}\s?(?:mv|mev)\b|\b[34]d(?:-?crt)?\b|\b(?:cobalt|co)-?60\b|\bfractions?/(?:day|week)|\b(?:ir-?192|i-?125|ru-?106|sr-?90)\b",
    re.IGNORECASE,
)
_TWO_WITH_SLASH = re.compile(rf"{_NUMBER}\s?{_UNIT}\s?/\s?{_NUMBER}\s?{_UNIT}", re.IGNORECASE)
_AGAIN = re.compile(
    r"\b(?:twice|thrice)\b(?!\s(?:a\sday|daily|per|weekly))|\b(?:courses|re-?irradiation|re-?rt|again|repeated|second|two|three)\b",
    re.IGNORECASE,
)
_SINGLE = re.compile(r"(?:,\s?|\bin\s|\bas\s)?(?:\ba\s)?\bsingle[-\s](?:fraction|dose|session|shot)\b", re.IGNORECASE)
_COUNT_TIMES = re.compile(rf"(?P<count>\d{{1,2}})\s?[x×*]\s?{_NUMBER}\s?{_UNIT}", re.IGNORECASE)
_TIMES_COUNT = re.compile(rf"{_NUMBER}\s?{_UNIT}\s?[x×*]\s?(?P<count>\d{{1,2}})", re.IGNORECASE)
_COUNT = re.compile(rf"(?P<count>\d{{1,3}})\s?(?:{_COUNTED})?", re.IGNORECASE)
_PLAIN = re.compile(rf"(?P<number>{_NUMBER})\s?(?P<unit>{_UNIT})?\s?(?P<rbe>\(?rbe\)?)?", re.IGNORECASE)
# In gray: no course is of more or of less, and so much in one fraction is for radiosurgery, brachytherapy and the operating room.
_MOST_GY, _MOST_EACH_GY, _LEAST_GY = 199.0, 15.0, 1.0
_FEW_FRACTIONS = frozenset({"SRS", "SBRT", "gamma knife", "IORT", "brachytherapy", "proton", "carbon ion"})


class CellError(ValueError):
    """A cell from which no value is taken; the message says why, in words for the table's reader."""


@dataclass(frozen=True, slots=True)
class Dose:
    """What a cell gives one group of patients. Doses in Gy (Gy(RBE) where `is_rbe_weighted`); None where unsaid.

    `n` is the number of patients that the cell says the dose is of. `remark` is what is doubtful though taken.
    """

    total_dose_gy: float | None
    fractions: int | None = None
    dose_per_fraction_gy: float | None = None
    is_rbe_weighted: bool = False
    technique: str | None = None
    n: int | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The cells of one line that tell of its dose, with their headings; None where the table has no such column.

    `has_unread` where there is a column of fractions whose cell is not understood.
    """

    dose: tuple[str, Heading] | None
    fractions: tuple[str, Heading] | None = None
    each: tuple[str, Heading] | None = None
    technique: str | None = None
    has_unread: bool = False


def has_unit(text: str) -> bool:
    """Return whether words hold a unit of dose: Gy, cGy, rad or their names."""
    return _HAS_UNIT.search(words.plain(text)) is not None


def read(asked: Asked, prose: Prose) -> tuple[Dose, ...]:
    """Return the doses of one line, a group of patients each; () where its cells say that none is reported.

    Raises
    ------
    CellError
        The cells hold something else than plain doses with a unit.
    """
    number, each_dose = count(asked.fractions), each(asked.each)
    if asked.dose is None or _says_none(asked.dose[0]):
        if number and each_dose:
            return (_one(f"{number} fractions of {each_dose}", prose, asked.technique),)
        if number or each_dose:
            raise CellError("fractions or a dose per fraction without a total dose: the total is not computed from one of them")
        return ()
    text, heading = asked.dose
    if heading.is_statistic:
        raise CellError("the heading speaks of a median, mean or range: no dose that a patient had")
    groups = list(_groups(words.plain(text)))
    if len(groups) > 1 and (number or each_dose):
        raise CellError("several doses beside one number of fractions: whose they are is not said")
    is_told = asked.fractions is not None or asked.each is not None or asked.has_unread
    groups = [(_digits(part, heading, is_told), n) for part, n in groups]
    found = tuple(replace(_one(_completed(part, heading, number, each_dose), prose, asked.technique), n=n) for part, n in groups)
    for dose, (part, _) in zip(found, groups, strict=True):
        stated = _stated_gy(part, heading)
        if stated is not None and dose.total_dose_gy is not None and abs(stated - dose.total_dose_gy) > 0.01:
            raise CellError(f"{stated:g} Gy in {dose.fractions} fractions: whether that is the dose in all or of each is not said")
    return found


def _digits(text: str, heading: Heading, is_told: bool) -> str:
    """Return a number without thousands separators ("6,000" cGy), and with a point where a comma can be nothing else.

    "50,4" may be 50 Gy in 4 fractions, but not where fractions have a column of their own (`is_told`).
    """
    if heading.gray in ("cGy", "rad") and _THOUSANDS.fullmatch(text):
        return text.replace(",", "").replace(" ", "")
    return text.replace(",", ".") if is_told and _DECIMAL_COMMA.fullmatch(text) else text


def _stated_gy(text: str, heading: Heading) -> float | None:
    """Return the total that a cell states as a number whose unit stands in the heading, in Gy; None where it is told otherwise."""
    found = _PARTS.fullmatch(text) or _PLAIN.fullmatch(text)
    if found is None or found["unit"]:
        return None
    number = doses.number(found.groupdict().get("total") or found.groupdict().get("number") or "")
    return None if number is None else number / (100 if heading.gray in ("cGy", "rad") else 1)


def _says_none(text: str) -> bool:
    """Return whether a cell says that there was no dose, or that none is reported: "NR", "none", "NR/NR"."""
    parts = text.split("/")
    return words.is_missing(text) or words.concept(text) == words.NO or (len(parts) > 1 and all(map(words.is_missing, parts)))


def _groups(text: str) -> Iterator[tuple[str, int | None]]:
    """Yield the parts of a cell that each say how many patients had them, with the number; the whole cell where none does."""
    at = 0
    for share in _SHARE.finditer(text):
        part = text[at : share.start()].strip(" ,;+")
        if not part:
            raise CellError(f"{share.group()!r} stands behind no dose")
        yield part, int(share["of"] or share["n"] or share["told"] or share["among"])
        at = share.end()
    rest = text[at:].strip(" ,;+.")
    if at and rest:
        raise CellError(f"{rest!r} does not say of how many patients it is, as the doses before it do")
    if not at:
        yield text, None


def _completed(text: str, heading: Heading, number: int | None, each_dose: str | None) -> str:
    """Return a dose with the unit that its heading gives it, and with what other columns say of its fractions."""
    if "fractions" in heading.meanings and "/" in text and words.is_missing(text.rpartition("/")[2]):
        text = text.rpartition("/")[0].strip()
        heading = replace(heading, meanings=("dose",), units=tuple(unit for unit in heading.units if unit != "fractions"))
    _check(text)
    parts = _PARTS.fullmatch(text)
    if parts:
        text = _of_parts(parts, heading, number)
    elif plain := _PLAIN.fullmatch(text):
        if "fractions" in heading.meanings and not plain["unit"]:
            raise CellError(f"{text!r} is one number, wanted a dose and a number of fractions as the heading says")
        if "fractions" in heading.units and not plain["unit"]:
            raise CellError("whether it is the dose in all or of a fraction is not said")
        text = _with_unit(plain["number"], plain["unit"] or "", heading) + (" (RBE)" if plain["rbe"] else "")
    elif not has_unit(text) and heading.gray:
        raise CellError(f"{text!r} is no number of {heading.gray}, nor a dose with a unit of its own")
    text = _SINGLE.sub(" in 1 fraction", _RAD.sub("cGy", _GY.sub(_spelled, text)))
    text = _TIMES_EACH.sub(r"\g<count> fractions of \g<each>", text)
    text = _EACH_TIMES.sub(r"\g<each> × \g<count>", text)
    if not has_unit(text):
        raise CellError("a dose without a unit in cell or heading")
    told = [found for found in doses.find_counts(text) if found.kind == "count"]
    if number and any(int(found.value) != number for found in told):
        raise CellError(f"{number} fractions by their own column, another number in this cell")
    if number and not told:
        text += f" in {number} fractions"
    if each_dose and not any(found.kind == "each" for found in doses.find(text)):
        text += f" of {each_dose} per fraction" if not number else f" of {each_dose}"
    return text


def _spelled(unit: re.Match[str]) -> str:
    """Return a unit as the modules of prose know it: "60 gy", "60 CGY"."""
    return f"{unit['part'].lower()}Gy"


def _of_parts(parts: re.Match[str], heading: Heading, number: int | None) -> str:
    """Return "45/25", "60 Gy/30 F" in words, where cell, heading or the column of fractions say what the second number is."""
    dose = _with_unit(parts["total"], parts["unit"] or "", heading)
    if parts["noun"] or int(parts["count"]) == number or "fractions" in heading.meanings or "fractions" in heading.units:
        return f"{dose} in {parts['count']} fractions"
    raise CellError(f"what {parts['count']} behind the dose is, neither cell nor heading says")


def _with_unit(number: str, unit: str, heading: Heading) -> str:
    """Return a number with its own unit, or else with its heading's."""
    if unit and heading.gray == "Gy(RBE)" and unit.lower() in ("gy", "gray"):
        return f"{number} {unit} (RBE)"
    if unit:
        return f"{number} {unit}"
    if heading.gray is None:
        raise CellError("a number without a unit in cell or heading")
    return f"{number} Gy (RBE)" if heading.gray == "Gy(RBE)" else f"{number} {heading.gray}"


def _check(text: str) -> None:
    """Raise CellError for what is no plain dose."""
    if words.is_date(text) and not has_unit(text):
        raise CellError("a date where a dose was wanted")
    for pattern, reason in (
        (_SPREAD, "a mean with its spread, not the dose of a patient"),
        (_AVERAGE, "an average or range of several patients, not the dose of one"),
        (_OTHER_DOSE, "a biologically effective dose, a dose rate or a dose to a part, not a dose given"),
        (_RANGE, "a range, not one dose"),
        (_TWO_WITH_SLASH, "two doses with a slash between: what the second is, is not said"),
        (_AGAIN, "several courses, not told apart by patients"),
        (_BOUND, "a bound or an estimate, not a dose"),
        (_NOT_GIVEN, "a dose that was planned, refused or given before, or words that deny it"),
    ):
        if pattern.search(text):
            raise CellError(reason)
    if "%" in text:
        raise CellError("a percentage where a dose was wanted")
    if not any(char.isdigit() for char in text):
        raise CellError(f"{text!r} holds no number, wanted a dose")
    if _BRACHYTHERAPY.search(text) and _ADDED.search(text):
        raise CellError("brachytherapy beside another dose: the two are not added")


def _one(text: str, prose: Prose, technique: str | None) -> Dose:
    """Return the one course that the modules of prose read in a dose whose units are all told."""
    _check_numbers(text)
    courses = prose.courses(text)
    if len(courses) != 1:
        raise CellError("several courses, not told apart by patients" if courses else "no dose that the prose modules read")
    course = courses[0]
    if course.total_dose_gy is None:
        raise CellError("no total dose that the prose modules read")
    if not _LEAST_GY <= course.total_dose_gy <= _MOST_GY:
        raise CellError(f"{course.total_dose_gy:g} Gy, wanted {_LEAST_GY:g} to {_MOST_GY:g} Gy")
    if not _is_printed(course.total_dose_gy, text):
        raise CellError(f"{course.total_dose_gy:g} Gy is neither printed nor the sum or product of what is")
    if course.fractions is None and sum(one.kind == "total" for one in doses.find(text)) > 1:
        course = replace(course, dose_per_fraction_gy=None)  # told of one of the parts, not of their sum
    return _judged(course, course.technique or technique)


def _is_printed(total: float, text: str) -> bool:
    """Return whether a total is the greatest dose of a text, the sum of its totals, or a number of fractions times their dose."""
    found = doses.find(text)
    printed = [one.value for one in found if one.kind != "count"]
    counts = [one.value for one in found if one.kind == "count"]
    totals = [one.value for one in found if one.kind == "total"]
    products = [count * each for count in counts for each in printed]
    reachable = [max(printed, default=0.0), sum(totals), sum(products), *products]
    return total + 0.01 >= max(printed, default=0.0) and any(abs(total - value) < 0.01 for value in reachable)


def _judged(course: RadiotherapyCourse, technique: str | None) -> Dose:
    dose = Dose(course.total_dose_gy, course.fractions, course.dose_per_fraction_gy, course.is_rbe_weighted, technique)
    if course.is_contradictory:
        parts = f"{course.fractions} fractions of {course.dose_per_fraction_gy:g} Gy are not {course.total_dose_gy:g} Gy"
        remark = f"{parts}: dose per fraction left out"
        return replace(dose, dose_per_fraction_gy=None, remark=remark)
    each = dose.dose_per_fraction_gy
    if each is not None and each > _MOST_EACH_GY and technique not in _FEW_FRACTIONS:
        return replace(dose, remark=f"{each:g} Gy in a fraction: hardly possible but in radiosurgery or brachytherapy")
    return dose


def _check_numbers(text: str) -> None:
    """Raise CellError where a number of the cell is part of nothing that is read, or a dose is too high to be one."""
    found = doses.find(text)
    spans = [(one.start, one.end) for one in found] + [(one.start, one.end) for one in dosing.find_doses(text)]
    spans += [match.span() for match in _BESIDE.finditer(text)]
    for number in re.finditer(r"\d+(?:[.,]\d+)?", text):
        if not any(start <= number.start() and number.end() <= end for start, end in spans):
            raise CellError(f"what {number.group()} is, is not understood")
    for dose in re.finditer(rf"(?P<number>{_NUMBER})\s?(?P<unit>{_UNIT})", text, re.IGNORECASE):
        value, unit = doses.number(dose["number"]), dose["unit"].lower()
        # The modules of prose take "6,000 Gy" for a misprint of cGy; from a table nothing is guessed.
        if value and value > _MOST_GY and unit.startswith(("gy", "gr", "cge")):
            raise CellError(f"{value:g} Gy, wanted {_LEAST_GY:g} to {_MOST_GY:g} Gy")
    if any(one.role in ("limit", "rate") for one in found):
        raise CellError("a limit or a dose rate, not a dose given")


def count(cell: tuple[str, Heading] | None) -> int | None:
    """Return the number of fractions of their own column, None where it is not reported. Raises CellError for what is no number."""
    if cell is None or words.is_missing(cell[0]):
        return None
    text = words.plain(cell[0])
    found = _COUNT.fullmatch(text) or _COUNT_TIMES.fullmatch(text) or _TIMES_COUNT.fullmatch(text)
    if found is None or cell[1].is_statistic or not 1 <= int(found["count"]) <= 80:
        raise CellError(f"{text!r}: wanted one number of fractions")
    return int(found["count"])


def each(cell: tuple[str, Heading] | None) -> str | None:
    """Return the dose of one fraction of its own column, in words with its unit; None where it is not reported.

    Raises CellError for what is no dose with a unit.
    """
    if cell is None or words.is_missing(cell[0]):
        return None
    text, heading = words.plain(cell[0]), cell[1]
    found = _PLAIN.fullmatch(text)
    if found is None or heading.is_statistic:
        raise CellError(f"{text!r}: wanted one dose per fraction")
    return _with_unit(found["number"], found["unit"] or "", heading)


def described(found: Sequence[Dose]) -> str:
    """Return doses in words: "45 Gy in 25 fractions (6 patients); 30 Gy (1 patient)"."""
    return "; ".join(in_words(asdict(dose) | {"dose_group_n": dose.n, "technique": None}) for dose in found) or "no dose reported"
