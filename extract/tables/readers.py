"""Cells other than doses: patients, age, sex, site, histology, treatment, response and outcome, each by its column.

Each reader gives the values of a table's row by their names there, or raises `CellError` with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from extract.record import STATUSES, Histology
from extract.tables import words
from extract.tables.headings import Heading
from extract.tables.prescriptions import CellError
from extract.tables.prose import Prose, times

Values = Mapping[str, Any]
NOTHING: Values = {}

# "12 (60%)", and "12 (60)" under a heading that speaks of percent: a number, and which part of all it is.
_WITH_PERCENT = re.compile(r"(?P<part>\d{1,4})\s?\(\s?(?P<percent>\d{1,3}(?:\.\d+)?)\s?(?P<sign>%?)\s?\)")
# A percentage may be rounded so far, in points.
_ROUNDED = 1.0
_COUNT = re.compile(r"(?:n\s?=\s?)?(?P<n>\d{1,4})(?:\s(?:patients?|pts?|cases?))?", re.IGNORECASE)
_AGE = r"\d{1,3}(?:\.\d{1,2})?"
_AGE_UNIT = r"(?:years?|yrs?|y/?o?|months?|mos?|mths?|weeks?|wks?|days?|d|m)\.?(?:\sold)?"
_ONE_AGE = re.compile(rf"(?P<number>{_AGE})\s?-?(?P<unit>{_AGE_UNIT})?", re.IGNORECASE)
_AGES = re.compile(
    rf"(?:(?:median|mean)?\s?:?\s?{_AGE}\s?(?:years?|y)?[\s,]?(?=[\[(]|range))?[\[(]?(?:range:?,?\s?)?(?P<low>{_AGE})\s?(?P<low_unit>{_AGE_UNIT})?\s?(?:-|to)\s?"
    rf"(?P<high>{_AGE})\s?(?P<unit>{_AGE_UNIT})?\s?[)\]]?",
    re.IGNORECASE,
)
_OLDEST = 115
_PER_YEAR = {"y": 1.0, "m": 12.0, "w": 52.18, "d": 365.25}
_SEX = r"(?:males?|females?|men|man|women|woman|boys?|girls?|m|f|♂|♀)"
_COUNTED_SEX = re.compile(rf"(?:(?P<n>\d{{1,4}})\s?(?P<sex>{_SEX})(?![a-z])|(?P<sex2>{_SEX})\s?[:=]?\s?(?P<n2>\d{{1,4}}))", re.IGNORECASE)
_TWO_COUNTS = re.compile(r"(?P<first>\d{1,4})\s?[/:]\s?(?P<second>\d{1,4})")
_PERCENT = re.compile(r"%|\bpercent\b")
_SHARE = re.compile(r"(?P<part>\d{1,4})\s?/\s?(?P<all>\d{1,4})(?:\s?\(\s?\d{1,3}(?:\.\d+)?\s?%\s?\))?")
_RANGE = re.compile(r"\d\s?(?:-|to)\s?\d")
_SPREAD = re.compile(r"±|\+/-")
_PLAIN_TIME = re.compile(r"(?P<bound>[<>≤≥≦≧~≈]=?\s?)?(?P<number>\d{1,4}(?:\.\d{1,2})?)\s?(?P<more>\+)?")
_TIME = re.compile(
    r"(?P<bound>[<>≤≥≦≧~≈]=?\s?)?(?P<number>\d{1,4}(?:\.\d{1,2})?)(?P<more>\+)?\s?-?(?P<unit>years?|yrs?|y|months?|mos?|mths?|m|weeks?|wks?|w|days?|d)(?![a-z])\.?(?P<after>\+)?",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:PFS|OS|DFS|RFS|EFS|LC|FU|follow-?up|median|alive|NED|disease[-\s]free)\s?[:=,]?\s?(?:of\s|for\s|at\s)?)+", re.IGNORECASE
)
_AROUND = " ,;:()[]/"
_AT = re.compile(r"^(?:at|after|for)\b|\b(?:at|after|for)$", re.IGNORECASE)
_SHORT_UNITS = {"y": "years", "m": "months", "w": "weeks", "d": "days"}
# A share of patients behind a word: "surgery (7/8)".
_PART_OF_PATIENTS = re.compile(r"\(\s?\d{1,4}\s?/\s?\d{1,4}\s?\)|\(\s?n\s?=|%")
_RECURRED = re.compile(r"\b(?:recur|relaps)\w*", re.IGNORECASE)
_NOT_RECURRED = re.compile(
    r"\b(?:without|no|free\s(?:of|from)|no\sevidence\sof)\s(?:\w+\s)?(?:recurrence|relapse)|\b(?:recurrence|relapse)-free", re.IGNORECASE
)
_BEFORE_TIME = re.compile(r"[,(;]|\s(?:at|after)\s")
_EITHER = re.compile(r"\bor\b|\bvs\b|\?|/|\band\b|,", re.IGNORECASE)
# What was offered or planned was not done, as far as a cell can tell.
_NOT_DONE = re.compile(
    r"\b(?:planned|refus\w+|declin\w+|recommended|considered|offered|inoperable|unresectable|not\sresect\w+)\b", re.IGNORECASE
)
_LONGEST_MONTHS = 1200.0


def n(text: str, heading: Heading) -> Values:
    """Return `n_patients`."""
    plain = words.plain(text)
    found = _COUNT.fullmatch(str(part) if (part := _counted(plain, heading, None)) is not None else plain)
    if found is None or int(found["n"]) < 1:
        raise CellError(_percent(text) or "wanted a number of patients")
    return {"n_patients": int(found["n"])}


def _counted(plain: str, heading: Heading, of: int | None) -> int | None:
    """Return the number before its percentage, None where a cell is no such pair. Raises CellError where the two contradict."""
    found = _WITH_PERCENT.fullmatch(plain)
    if found is None or not (found["sign"] or "%" in heading.text):
        return None
    part, percent = int(found["part"]), float(found["percent"])
    if of and abs(100 * part / of - percent) > _ROUNDED:
        raise CellError(f"{part} of {of} patients are not {percent:g}%")
    return part


def age(text: str, heading: Heading, n_patients: int | None = None) -> Values:
    """Return `age_years` of one patient, or `age_min_years` and `age_max_years` of several. Without a unit ages are years."""
    plain = words.plain(text)
    if n_patients and n_patients > 1 and len(each := _listed(plain)) == n_patients and all(map(re.compile(_AGE).fullmatch, each)):
        years = [_years(one, None, heading) for one in each]
        return {"age_min_years": min(years), "age_max_years": max(years)}
    if reason := _percent(text):
        raise CellError(reason)
    if _SPREAD.search(plain):
        raise CellError("a mean with its spread, not an age")
    if (several := _AGES.fullmatch(plain)) is not None:
        unit = several["unit"] or several["low_unit"]
        low, high = _years(several["low"], several["low_unit"] or unit, heading), _years(several["high"], unit, heading)
        if low > high:
            raise CellError("the lower age stands behind the higher, wanted it first")
        return {"age_min_years": low, "age_max_years": high}
    one = _ONE_AGE.fullmatch(plain)
    if one is None:
        raise CellError("wanted an age, or a lowest and a highest")
    if heading.is_statistic:
        raise CellError("a median or mean of several patients, not the age of one")
    return {"age_years": _years(one["number"], one["unit"], heading)}


def _listed(plain: str) -> list[str]:
    """Return the parts of a list: "34, 56 and 60"."""
    return [part for part in re.split(r"\s?(?:,|;|/|&|\band\b)\s?", plain) if part]


def _years(number: str, unit: str | None, heading: Heading) -> float:
    letter = (unit or heading.time or "years")[0].lower()
    if unit and letter == "m" and unit.lower().rstrip(".") == "m":
        raise CellError(f"{unit!r} behind an age is a sex or months")
    years = round(float(number) / _PER_YEAR[letter], 2)
    if years > _OLDEST:
        raise CellError(f"{years:g} years, wanted at most {_OLDEST}")
    return years


def sex(text: str, heading: Heading, n_patients: int | None = None) -> Values:
    """Return `n_male` and `n_female` of the row."""
    plain = words.plain(text)
    each = [words.concept(part) for part in _listed(plain)]
    if n_patients and len(each) == n_patients > 1 and set(each) <= set(words.SEXES):
        return {f"n_{name}": each.count(name) for name in words.SEXES}
    if reason := _percent(text):
        raise CellError(reason)
    if (one := words.concept(plain)) in words.SEXES:
        return {"n_male": int(one == "male"), "n_female": int(one == "female")}
    if (two := _TWO_COUNTS.fullmatch(plain)) is not None:
        if heading.order is None:
            raise CellError("which of the two numbers is of men, the heading does not say")
        counts = [int(two["first"]), int(two["second"])]
        return dict(zip(("n_male", "n_female") if heading.order == "male" else ("n_female", "n_male"), counts, strict=True))
    counted = [(words.concept(found["sex"] or found["sex2"]), int(found["n"] or found["n2"])) for found in _COUNTED_SEX.finditer(plain)]
    rest = _COUNTED_SEX.sub("", plain).strip(" ,;/:+&-").lower()
    if not counted or rest not in ("", "and") or len({name for name, _ in counted}) != len(counted):
        raise CellError("wanted a sex, or how many of each")
    told = dict(counted)
    return {f"n_{name}": told.get(name, 0) for name in words.SEXES}


def age_and_sex(text: str, heading: Heading) -> Values:
    """Return age and sex of a cell that holds both: "54/M", "F, 26"."""
    parts = [part for part in re.split(r"[/,;\s]+", words.plain(text)) if part]
    sexes = [part for part in parts if words.concept(part) in words.SEXES]
    if len(parts) == 1 and (glued := re.fullmatch(rf"(?P<age>{_AGE})(?P<sex>[MFmf])", parts[0])):
        parts, sexes = [glued["age"], glued["sex"]], [glued["sex"]]
    ages = [part for part in parts if part not in sexes]
    if len(sexes) != 1 or not ages:
        raise CellError("wanted an age and a sex")
    return {**age(" ".join(ages), heading), **sex(sexes[0], heading)}


def histology(text: str, prose: Prose) -> Values:
    """Return `histology` and `morphology` (ICD-O-3)."""
    if _EITHER.search(text) and len(prose.tumours(text)) > 1:
        raise CellError("several tumours, or one of them")
    found = prose.histology(text)
    if found is None or found.morphology is None:
        raise CellError("no tumour that the vocabulary of histologies knows")
    return {"histology": found.name, "morphology": found.morphology}


def site(text: str, prose: Prose, diagnosis: Histology | None) -> Values:
    """Return `site_topography` (ICD-O-3)."""
    _check(text)
    if "metasta" in text.lower():
        raise CellError("a metastasis in the cell: where the primary tumour is, is not told apart")
    found = prose.site(re.sub(r"^(?P<side>[LR])(?:t|eft|ight)?\.?\s", _side, text), diagnosis)
    if found is None:
        raise CellError("no site that the vocabulary of sites knows")
    return {"site_topography": found.topography}


def _check(text: str) -> None:
    """Raise CellError for words that are not of every patient of a row, or not of something done."""
    if _PART_OF_PATIENTS.search(text):
        raise CellError("told of parts of the patients, kept as printed")
    if _NOT_DONE.search(text):
        raise CellError("something planned, offered or refused, kept as printed")


def _side(match: re.Match[str]) -> str:
    return "left " if match["side"] == "L" else "right "


def technique(text: str, prose: Prose) -> Values:
    """Return `technique` of the radiotherapy."""
    _check(text)
    found = prose.technique(text)
    if found is None:
        raise CellError("no technique that the vocabulary of radiotherapy knows")
    return {"technique": found}


def drugs(text: str, prose: Prose) -> Values:
    """Return `drugs`: the names in printed order, separated by semicolons."""
    if words.concept(text) in (words.NO, words.YES):
        return NOTHING
    _check(text)
    found = list(dict.fromkeys(drug.name for drug in prose.drugs(text)))
    if not found:
        raise CellError("no drug against tumours that the vocabulary of drugs knows")
    return {"drugs": "; ".join(found)}


def surgery(text: str, prose: Prose) -> Values:
    """Return `surgery`: whether the tumour was operated on."""
    if words.concept(text) in (words.NO, words.YES):
        return {"surgery": words.concept(text) == words.YES}
    _check(text)
    found = prose.surgery(text)
    if found is None:
        raise CellError("no operation on a tumour that the vocabulary of operations knows")
    return {"surgery": found}


def treatment(text: str, prose: Prose) -> Values:
    """Return what a column of treatments tells of operation, technique and drugs."""
    _check(text)
    found = {
        "surgery": prose.surgery(text),
        "technique": prose.technique(text),
        "drugs": "; ".join(dict.fromkeys(drug.name for drug in prose.drugs(text))) or None,
    }
    values = {name: value for name, value in found.items() if value is not None}
    if not values and not prose.names_radiotherapy(text):
        raise CellError("no operation, technique or drug that the vocabularies know")
    return values


def response(text: str) -> Values:
    """Return `response`: CR, PR, SD or PD."""
    found = words.concept(text)
    if found not in words.RESPONSES:
        raise CellError("wanted CR, PR, SD or PD")
    return {"response": found}


def recurrence(text: str, heading: Heading, n_patients: int | None) -> Values:
    """Return `recurrence` and `n_recurred`; of one patient also `recurrence_months`, where a time is told."""
    plain = words.plain(text)
    if plain in ("-", "--", "+"):
        raise CellError("whether the sign means no recurrence or nothing known is not said")
    if "control" in heading.text.lower() or re.search(r"\blc\b", heading.text, re.IGNORECASE):
        raise CellError("local control, not recurrence: kept as printed")
    if (share := _SHARE.fullmatch(plain)) is not None:
        return {"recurrence": int(share["part"]) > 0, "n_recurred": int(share["part"])}
    if (part := _counted(plain, heading, n_patients)) is not None:
        return {"recurrence": part > 0, "n_recurred": part}
    if reason := _percent(text):
        raise CellError(reason)
    if n_patients is not None and n_patients > 1:
        if plain.isdigit() and int(plain) <= n_patients:
            return {"recurrence": int(plain) > 0, "n_recurred": int(plain)}
        raise CellError(f"wanted how many of the {n_patients} patients had a recurrence")
    found = words.concept(_BEFORE_TIME.split(plain)[0])
    if found == words.NO:
        return {"recurrence": False, "n_recurred": 0}
    if found == words.YES or _RECURRED.match(plain):
        told = _TIME.search(plain)
        values: dict[str, Any] = {"recurrence": True, "n_recurred": 1}
        return values | ({"recurrence_months": _months(plain, None, "recurred {} later")[0]} if told else {})
    raise CellError("wanted yes or no")


def recurrence_time(text: str, heading: Heading) -> Values:
    """Return `recurrence_months`, and with it that there was a recurrence."""
    months, is_minimum = _months(words.plain(text), heading)
    if is_minimum:
        raise CellError("a lower bound: no recurrence until then, or one after it")
    return {"recurrence": True, "recurrence_months": months}


def follow_up(text: str, heading: Heading) -> Values:
    """Return `follow_up_months` and `follow_up_is_minimum`; a time without recurrence that is a bound tells of none.

    Where the cell says how the patient was then ("24 months, NED"), also `status`.
    """
    plain = words.plain(text)
    state = words.concept(_AT.sub("", _TIME.sub("", plain).strip(_AROUND)).strip(_AROUND))
    told: dict[str, Any] = {"status": state} if state in STATUSES else {}
    if told and not any(char.isdigit() for char in plain):
        return told
    if reason := _percent(text):
        raise CellError(reason)
    if heading.is_statistic:
        raise CellError("a median, mean or range of several patients, not the follow-up of one")
    if _RECURRED.search(plain):
        raise CellError("a time and a recurrence in one cell: which is told of which is not said")
    months, is_minimum = _months(_LEAD.sub("", plain), heading)
    values: dict[str, Any] = {"follow_up_months": months, "follow_up_is_minimum": is_minimum}
    is_free = re.match(r"(?:PFS|DFS|RFS|EFS)\b", plain, re.IGNORECASE) or heading.is_until_event
    if is_free and not is_minimum:
        # Whether the time ended with a progression or with the last visit is not said: followed for at least so long.
        values["follow_up_is_minimum"] = True
    # Free of progression for more than that: it had not come back.
    return values | told | ({"recurrence": False, "n_recurred": 0} if is_free and is_minimum else {})


def _months(plain: str, heading: Heading | None, frame: str = "followed up for {}") -> tuple[float, bool]:
    """Return the one time of some words in months, and whether it is a lower bound; `times` turns units into months."""
    if _SPREAD.search(plain):
        raise CellError("a mean with its spread, not the time of a patient")
    if words.is_date(plain):
        raise CellError("a date, not a time since the diagnosis or treatment")
    if _RANGE.search(plain):
        raise CellError("a range, not one time")
    bare = _PLAIN_TIME.fullmatch(plain)
    if bare:
        if heading is None or heading.time is None:
            raise CellError("a number without a unit of time in cell or heading")
        number, unit, sign = bare["number"], heading.time, bare["bound"] or (">" if bare["more"] else "")
    else:
        found = list(_TIME.finditer(plain))
        if len(found) != 1 or len(re.findall(r"\d+(?:\.\d+)?", plain)) != 1:
            raise CellError("wanted one time with its unit")
        one = found[0]
        number, sign = one["number"], one["bound"] or (">" if one["more"] or one["after"] else "")
        unit = _SHORT_UNITS[one["unit"][0].lower()]
    if sign.strip().startswith(("<", "≤", "≦", "~", "≈")):
        raise CellError("an upper bound or an estimate, not a time")
    read = times(f"{'≥' if sign else ''}{number} {unit}", frame)
    if len(read) != 1 or not 0 <= read[0].months < _LONGEST_MONTHS:
        raise CellError("no time that the module of times reads")
    return round(read[0].months, 1), read[0].is_minimum or bool(sign)


def status(text: str, heading: Heading, prose: Prose) -> Values:
    """Return `status` of one patient; with it the follow-up and freedom from recurrence where the same cell tells them."""
    plain = words.plain(text)
    if _PART_OF_PATIENTS.search(plain):
        raise CellError("told of parts of the patients, kept as printed")
    found, rest = _status(plain, prose)
    if found is None:
        raise CellError("no outcome that the module of the status reads")
    values: dict[str, Any] = {"status": found}
    if any(char.isdigit() for char in rest):
        if _RECURRED.search(_NOT_RECURRED.sub("", plain)):
            raise CellError("a time and a recurrence in one cell: which is told of which is not said")
        inner = rest.strip(" ,;:()[]/")
        months, is_minimum = _months(_LEAD.sub("", re.sub(r"^(?:at|after|for)\s", "", inner)), heading)
        values |= {"follow_up_months": months, "follow_up_is_minimum": is_minimum}
    return values


def _status(plain: str, prose: Prose) -> tuple[str | None, str]:
    """Return the status that a cell's words tell, and what is left of it: the part with numbers."""
    head = re.split(r"[\d(\[<>≥≤]", plain, maxsplit=1)[0]
    wordy = re.sub(r"\b(?:at|after|for)\s*$", "", head.strip(" ,;:/-")).strip(" ,;:/-")
    found = words.concept(wordy) if wordy else None
    if found in STATUSES:
        return found, plain[len(head) :]
    tail = re.split(r"[,;(]\s?", plain)[-1].strip(" )")
    if not wordy and words.concept(tail) in STATUSES:  # "24 months, NED"
        return words.concept(tail), plain[: plain.rindex(tail)]
    return prose.status(wordy or plain), plain[len(head) :]


def _percent(text: str) -> str | None:
    return "a percentage where a number was wanted" if _PERCENT.search(text) else None
