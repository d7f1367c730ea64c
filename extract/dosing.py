"""Doses of drugs, schedules and cycles: "75 mg/m2", "AUC 5", "every 3 weeks", "six cycles"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from extract.doses import COUNT, number
from extract.reading import holds_any

_AMOUNT = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,3}(?:\s\d{3}){2,3}|\d{1,2}\s000|\d{1,6}(?:[.,·]\d{1,3})?"
# Times a million: "3 x 10^6 IU", "9×10(6) units".
_MILLION = r"[x×*]\s?10\s?(?:\^|\*\*|\(|e)?\s?(?:6|⁶)\)?\s?(?:IU|international\sunits?|units?|U)"
# A route of giving, printed without a space: "80 mgiv".
_ROUTE = r"(?:i\.?v|p\.?o|i\.?m|s\.?c|bid|tid|qd|daily)"
_MASS = r"mg|mcg|µg|μg|ug|microg|milligrams?|grams?|gm|g|million\s(?:international\s)?units?|million\sIU|[Mm]IU|MU|IU|units?|U"
# "7.7 mg/dL", "22.9 μg/ml" are measured in blood.
_CONCENTRATION = r"\s?(?:/|per)\s?(?:[dm]?[lL]\b|mmol|litre|liter|g\b|cm|24)"
_DOSE = re.compile(
    rf"""
    (?:(?<![\w.,/-])|(?<=\d/))(?:\d\s?[x×]\s?)?(?:(?:{_AMOUNT})\s?(?:-|–|to)\s?)?(?P<number>{_AMOUNT})[\s-]?(?P<mass>{_MASS})(?:(?![A-Za-zµ])|(?={_ROUTE}\b))(?!{_CONCENTRATION})
      (?P<per>\s?(?:/|per)\s?(?:m\s?(?:2|²|\^2)|mq|sqm|m\[2\]|m\ssq|sq\.?\sm|square\smet(?:er|re)|body\ssurface(?:\sarea)?|kg|kilogram|body
      |m\(2\)|m(?![\w/])))?
    | (?<![\w.,/-])(?P<millions>{_AMOUNT})\s?{_MILLION}(?![A-Za-z])(?P<per_million>\s?(?:/|per)\s?(?:m\s?(?:2|²|\^2)|m\(2\)|kg))?
    | \b(?:AUC|area[-\s]under[-\s]the[-\s](?:(?:plasma\s)?concentration[-–\s](?:versus\s)?time[-–\s])?curve)\s?(?:[(\[]AUC[)\]]\s?)?
      (?:value\s|dose\s)?(?:of|=|:|-|,|\()?
      \s?(?P<auc>\d{{1,2}}(?:\.\d)?)(?!\d|\s?(?:cycles|courses))
    | (?<![\w.,/-])(?P<auc_after>\d(?:\.\d)?)\s?AUC\b
    """,
    re.VERBOSE,
)
_MONTHS = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
# What may stand between a drug and its dose, before or after: salts, routes, schedules, verbs of giving.
_WORDS = (
    r"days?\s\d{1,2}(?:\s?(?:,|and|to|-|–|&)\s?\d{1,2}){0,5}|d\d{1,2}(?:\s?-\s?d?\d{1,2})?|\d{1,2}(?:st|nd|rd|th)?(?:-(?:day|week|hour)(?:ly)?)?"
    r"|at|with|in|by|for|as|on|over|to|via|first|second|third|fourth|fifth|sixth|(?:pre|post)?-?operative|same|next|based|cycles?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|other"
    r"|a|an|the|of|was|were|is|be|been|being|had|has|which|that|and|given|begun|put|taken|later|again|restart|half|one-half|maximum|minimum|fixed|flat|mean"
    rf"|loading|induction|previous|usual|same|respective|patient|this|our|her|his|him|them|child|girl|boy|{_MONTHS}|(?:19|20)\d\d"
    r"|(?!elevat|associat|induc|relat|complicat|premedicat|follow|combin|excret|replac|switch|chang|reveal|show|measur|exceed|alternat|reach|cover"
    r"|exposed|protect|treat)[a-z-]{2,20}ed"
    r"|intravenous(?:ly)?|infusions?|injections?|oral(?:ly)?|tablets?|capsules?|tabs?|pills?|formulation|caps|iv|i\.v\.?|IV|p\.?o\.?|po"
    r"|per\sos|sc|s\.c\.?|im|i\.m\.?|subcutaneous(?:ly)?|intramuscular(?:ly)?|total|cumulative|initial|starting|single|daily|weekly"
    r"|monthly|standard|full|reduced|[a-z]{2,20}ly|dosed?|doses?|dosage|dosing|treatment|therapy|chemotherapy|monotherapy|maintenance"
    r"|regimen|alone|bolus|continuous|(?!dur)[a-z]{2,20}ing|twice|once|days?|weeks?|months?|hours?|hrs?|h|min(?:utes?)?|per|every|each"
    r"|q\d{0,2}[wd]|hydrochloride|sulfate|sulphate|acetate|mesylate|tosylate|maleate|phosphate|[a-z]{2,20}ium|autogel|depot|suspension"
    r"|LAR|d"
)
_FILL = rf"(?:(?:{_WORDS})(?!\w)|[®™:=,;([/x×])"
# A drug's own brackets: its brand or maker, closed before the dose, or left open around it.
_CLOSED = r"(?:[^()]{0,50}\)|\s?[(\[][^()\[\]]{0,90}[)\]]|,\s(?:an?|the)\s[^,;.()]{3,70},)"
_OPENED = r"[®™]?\s?(?:(?:therapy|treatment|chemotherapy|monotherapy|hydrochloride|mesylate|acetate)\s)?[(\[][^()\[\]]{0,60}"
_AFTER = re.compile(
    rf"{_OPENED}$|(?:\s(?:hydrochloride|mesylate|acetate|tosylate|injection|therapy|treatment))?{_CLOSED}?[\s-]{{0,2}}[®™]?\)?\s?(?:{_FILL}[\s,]{{0,3}}){{0,14}}$",
    re.IGNORECASE,
)
# Between a drug and its dose never more than this.
_AFTER_REACH = 110
_BEFORE = re.compile(
    r"\s?(?:(?:/|per|a)\s?(?:day|d|week)\b|daily|weekly|twice[-\s](?:daily|a\sday)|once[-\s](?:daily|a\sday)|b\.?i\.?d\.?)?\s?(?:,\s)?"
    r"(?:of\s(?:[a-z-]{3,20}\s){0,2}$)?(?:(?:of"
    r"|doses?|daily|weekly|oral|high-dose|low-dose|intravenous|iv|i\.v\.|IV|total|a|the|systemic|each|per\sday"
    r"|adjuvant)\s?){0,3}$",
    re.IGNORECASE,
)
_THEN = re.compile(
    r"[^.;]{0,60}\bbolus\b[^.;)]{0,25}\b(?:followed\sby|and|then|plus)\s(?:an?\s)?(?:[\w-]+\s(?:infusion\s)?(?:of\s)?){0,2}$", re.IGNORECASE
)
_SCHEDULE = re.compile(
    rf"\b(?:every|each)\s(?:{COUNT}[\s-])?(?:other\s)?(?:days?|weeks?|months?)\b|\b(?:once|twice|thrice"
    rf"|three\stimes)[\s-](?:a\s|per\s|every\s)?(?:daily|weekly|monthly|day|week|month)\b"
    r"|\b(?:bi|tri)?-?weekly\b|\bdaily\b|\bmonthly\b|\b(?:q\d{1,2}w|qw|qd|bid|tid|q3w)\b|\bdays?\s\d{1,2}(?:\s?(?:,|and"
    r"|to|-|–)\s?\d{1,2}){0,5}\b|/(?:day|d|week)\b|\bper\s(?:day|week)\b|\b\d{1,2}-(?:day|week)ly\b",
    re.IGNORECASE,
)
_CYCLES = re.compile(
    rf"(?<![\w.,/-])(?P<number>{COUNT})(?:\s?(?:-|–|to)\s?\d{{1,2}}|\s(?:out\s)?of\s(?:the\s|his\s|her\s)?(?:\w+\s)?{COUNT})?[\s-]"
    rf"(?:(?!fraction|week|day|month|year|{COUNT}\s)[\w-]+\s){{0,3}}?(?:cycles?"
    rf"|courses?|rounds?|series|cures|blocks|cycled)\b(?!\sof\s(?:\w+\s)?(?:radi|irradi|antibio))"
    rf"|\b(?:cycles?|courses?)\s?(?:\(n\s?=\s?|[x×]\s?)(?P<named>\d{{1,2}})\b"
    rf"|(?:(?<=[a-z)])|(?<=\w,\s))(?<!day)(?<!days)(?<!/d)\s?[x×]\s?(?P<times>\d{{1,2}})\b(?!\s?(?:\d|mm|cm|Gy|mg|10|d\b|days?\b|doses?\b|weeks?\b|wks?\b|months?\b|times))",
    re.IGNORECASE,
)
# One of these, or "x 3", stands in all that `_CYCLES` matches; a dose has a digit.
_WORDS_OF_CYCLES = ("cycle", "course", "round", "series", "cures", "blocks")
_TIMES = re.compile(r"[xX×]\s?\d")
# One of these stands in all that `_SCHEDULE` matches.
_WORDS_OF_SCHEDULE = ("day", "daily", "week", "month", "q", "bid", "tid", "/d")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose as printed, in normal form: value and unit ("75", "mg/m2"), with its place in the sentence."""

    value: float
    unit: str
    start: int
    end: int

    @property
    def shown(self) -> str:
        """The dose as the record shows it: "75 mg/m2", "AUC 5"."""
        value = int(self.value) if self.value.is_integer() else self.value
        return f"AUC {value}" if self.unit == "AUC" else f"{value} {self.unit}"


@dataclass(frozen=True, slots=True)
class Cycles:
    """A number of cycles and its place in the sentence."""

    number: int
    start: int
    end: int


def find_doses(text: str) -> list[Dose]:
    """Return the doses of a sentence, in order."""
    if not _DIGIT.search(text):
        return []
    found = []
    for match in _DOSE.finditer(text):
        printed = match["number"] or match["millions"] or match["auc"] or match["auc_after"]
        value = number(re.sub(r"\s", "", printed))
        if value:
            unit = "AUC"
            if match["number"]:
                unit = _unit(match["mass"], match["per"])
            elif match["millions"]:
                unit = _unit("MU", match["per_million"])
            found.append(Dose(value, unit, match.start(), match.end()))
    return found


def _unit(mass: str, per: str | None) -> str:
    lower = mass.lower()
    if (lower.startswith("mill") and "unit" in lower) or lower in ("miu", "mu", "million iu"):
        name = "MU"
    elif lower in ("iu",) or (lower.startswith("u") and lower != "ug"):
        name = "IU" if lower == "iu" else "units"
    elif lower in ("mcg", "µg", "μg", "ug", "microg"):
        name = "µg"
    else:
        name = "mg" if lower.startswith(("mg", "milli")) else "g"
    if not per:
        return name
    return f"{name}/kg" if "k" in per.lower() else name if "body" in per.lower() and "surface" not in per.lower() else f"{name}/m2"


_OF_NEXT = re.compile(r"\s(?:of\s)?")
# A dose before the name is the drug's own, unless one stands as near after it.
_NEAR = 12
_JOINS = re.compile(r"\s?(?:,\s)?(?:and|plus|with|&|\+)\s")
# A dose by surface, by weight or by area under the curve is a drug's, whatever words part it from the name; these tell of something else.
_OF_DRUG = ("/m2", "/kg", "AUC")
_LOOSE = re.compile(
    r"(?:(?!\b(?:follow(?:ed|ing)|then|premedic|creatinin|clearance|protein|h(?:a)?emoglobin|weight|replac|switch|chang|instead|without|exceed|antiemetic"
    r"|mesna|irradiat|hydrat|fluid|transfus|immunoglobulin|steroid|antibiotic|inhibitor\b)|\band\b|\bplus\b|\+)(?:[^.;:]|(?<=\d)\.(?=\d))){0,90}$",
    re.IGNORECASE,
)


def dose_of(text: str, found: list[Dose], start: int, end: int, upto: int, back: int) -> tuple[Dose, ...]:
    """Return the dose that belongs to a drug's name, or two ("400 mg/m2 as a bolus followed by 2400 mg/m2").

    `start` and `end` are the name's place, `upto` where the next drug's name begins, `back` where the one
    before it ended: a dose beyond them is another drug's.
    """
    before = next(
        (dose for dose in reversed(found) if back <= dose.start and dose.end <= start and _BEFORE.match(text[dose.end : start])), None
    )
    for number_, dose in enumerate(found):
        if before is not None and upto < len(text) and _OF_NEXT.fullmatch(text, dose.end, max(dose.end, upto)):
            break  # "200 mg A with 120 mg B": the second is of B
        if not end <= dose.start <= min(upto, end + _AFTER_REACH):
            continue
        between = text[end : dose.start]
        if before is not None and len(between) > _NEAR and "," not in text[before.end : start]:
            break  # "1000 mg A for three days, continued with 1 mg/kg"
        if upto < len(text) and _JOINS.match(between) and _BEFORE.match(text[dose.end : upto]) and "," not in text[dose.end : upto]:
            break  # "A and 1000 mg/m2 of B"
        if _AFTER.match(between) or (before is None and dose.unit.endswith(_OF_DRUG) and _LOOSE.match(between)):
            rest = found[number_ + 1 : number_ + 2]
            if rest and rest[0].end <= upto and rest[0].unit == dose.unit and _THEN.match(text[dose.end : rest[0].start]):
                return (dose, rest[0])
            return (dose,)
    return (before,) if before is not None else ()


# "A and B (75 mg/m2, 100 mg/m2)", "A and B at doses of 75 mg/m2 and 100 mg/m2, respectively", "A + B (AUC 5 + 175 mg/m2)".
_LISTED = r"\s?(?:,|/|\+|and|plus|&|–|-|;|,\sand|combined\swith|with)\s?"
_NEXT_NAME = re.compile(rf"{_LISTED}(?:\w+\s)?$", re.IGNORECASE)
_NEXT_DOSE = re.compile(
    rf"(?:/(?:day|d|week)|\s(?:daily|weekly))?(?:[\s,]{{1,2}}\(?(?:(?:on|from|for|over|days?|weeks?|d|to|every|once|twice|a|per|iv|i\.v\.|orally)\b"
    rf"|d?\d{{1,2}}(?:\s?[-–,&]\s?d?\d{{1,2}}){{0,4}}\b)){{0,8}}\)?{_LISTED}$",
    re.IGNORECASE,
)
_TO_DOSES = re.compile(
    rf"(?:\s(?:combination|chemotherapy|regimen|therapy|treatment))?[\s,]{{0,2}}(?:{_FILL}[\s,]{{0,2}}){{0,8}}$", re.IGNORECASE
)


# "A, B and C at 750, 50 and 1.4 mg/m2", "(750/50/1.4 mg/m2)": the unit is printed once, after the last.
_SHARED_UNIT = re.compile(
    rf"(?<![\w.,/-])(?<!day\s)(?<!days\s)(?<!week\s)(?<!\d\s)(?<!\d,\s)(?<!\d\sand\s)(?<!-\s)(?P<numbers>(?:(?:{_AMOUNT})\s?(?:,\sand|,|/|and|\+)\s?){{1,5}})(?={_AMOUNT}\s?(?:{_MASS}))",
)
_NUMBER = re.compile(_AMOUNT)
_EACH = re.compile(r"\s?(?:/d(?:ay)?|daily|weekly)?\s?(?:,\s)?(?:of\s)?each\b|\s(?:for|of)\s(?:both|each)\b")


def _with_shared_units(text: str, found: Sequence[Dose]) -> list[Dose]:
    """Return the doses with those before them that share their unit."""
    result: list[Dose] = []
    for dose in found:
        shared = next(
            (match for match in _SHARED_UNIT.finditer(text, max(0, dose.start - 60), dose.end) if match.end() == dose.start), None
        )
        if shared and dose.unit != "AUC":
            numbers = _NUMBER.finditer(text, shared.start(), shared.end())
            result.extend(Dose(value, dose.unit, match.start(), match.end()) for match in numbers if (value := number(match.group())))
        result.append(dose)
    return result


def parallel_doses(text: str, found: list[Dose], spans: Sequence[tuple[int, int]]) -> dict[int, Dose]:
    """Return the doses by the number of the drug where a list of drugs is followed by a list of as many doses."""
    pairs: dict[int, Dose] = {}
    runs = _runs(text, spans, _NEXT_NAME)
    if all(first == last for first, last in runs):
        return pairs
    for doses in (found, shared) if len(shared := _with_shared_units(text, found)) > len(found) else (found,):
        for at, dose in _pair(text, doses, spans, runs).items():
            pairs.setdefault(at, dose)
    return pairs


def _pair(text: str, found: Sequence[Dose], spans: Sequence[tuple[int, int]], runs: Sequence[tuple[int, int]]) -> dict[int, Dose]:
    """Return the doses of the lists of drugs, where a list of as many doses follows, or one dose of "each"."""
    pairs: dict[int, Dose] = {}
    dose_runs = _runs(text, [(dose.start, dose.end) for dose in found], _NEXT_DOSE)
    for first, last in runs:
        end = spans[last][1]
        for dose in found:
            if last > first and dose.start >= end and _EACH.match(text, dose.end) and _TO_DOSES.match(text[end : dose.start][:90]):
                pairs.update(dict.fromkeys(range(first, last + 1), dose))
        for first_dose, last_dose in dose_runs:
            if last == first or last - first != last_dose - first_dose:
                continue
            if found[first_dose].start >= end and _TO_DOSES.match(text[end : found[first_dose].start][:90]):
                pairs.update({first + step: found[first_dose + step] for step in range(last - first + 1)})
    return pairs


def _runs(text: str, spans: Sequence[tuple[int, int]], joins: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return the first and last number of each list: spans with nothing between them but what joins a list."""
    runs: list[tuple[int, int]] = []
    for number_, (start, _) in enumerate(spans):
        if number_ and joins.match(text, spans[number_ - 1][1], start):
            runs[-1] = (runs[-1][0], number_)
        else:
            runs.append((number_, number_))
    return runs


def schedule_after(text: str, start: int, end: int) -> str | None:
    """Return the schedule named between two places of a sentence ("weekly", "every 3 weeks"), None where none is."""
    if not holds_any(text[start:end].lower(), _WORDS_OF_SCHEDULE):
        return None
    match = _SCHEDULE.search(text, start, end)
    return match.group().lstrip("/") if match else None


def find_cycles(text: str) -> list[Cycles]:
    """Return the numbers of cycles in a sentence, in order; "3 courses of radiotherapy" are none."""
    if not (holds_any(text.lower(), _WORDS_OF_CYCLES) or _TIMES.search(text)):
        return []
    found = []
    for match in _CYCLES.finditer(text):
        value = number(match["number"] or match["named"] or match["times"])
        if value and value <= 60:
            found.append(Cycles(int(value), match.start(), match.end()))
    return found
