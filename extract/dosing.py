"""Doses of drugs, schedules and cycles: "75 mg/m2", "AUC 5", "every 3 weeks", "six cycles"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extract.doses import COUNT, number

_AMOUNT = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,6}(?:[.,]\d{1,3})?"
_MASS = r"mg|mcg|µg|μg|ug|microg|milligrams?|grams?|gm|g|million\s(?:international\s)?units?|million\sIU|MIU|MU|IU|units?|U"
_DOSE = re.compile(
    rf"""
    (?<![\w.,/-])(?:(?:{_AMOUNT})\s?(?:-|–|to)\s?)?(?P<number>{_AMOUNT})[\s-]?(?P<mass>{_MASS})(?![A-Za-zµ])
      (?P<per>\s?(?:/|per)\s?(?:m\s?(?:2|²|\^2)|mq|sqm|m\[2\]|m\ssq|square\smeter|body\ssurface(?:\sarea)?|kg|kilogram|body|m\(2\)))?
    | \b(?:AUC|area\sunder\sthe\s(?:concentration[-\s]time\s)?curve)\s?(?:\(AUC\)\s?)?(?:of|=|:|-)?\s?(?P<auc>\d{{1,2}}(?:\.\d)?)
    """,
    re.VERBOSE,
)
# What may stand between a drug and its dose, before or after.
_FILL = (
    r"(?:at|with|in|by|for|cycles?|\d{1,2}-day|(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)|a|an|the|of"
    r"|was|were|is|given|administered|started|initiated|commenced|intravenous(?:ly)?|infusions?|injections?|oral(?:ly)?"
    r"|tablets?|capsules?|tab|iv|i\.v\.|"
    r"IV|p\.?o\.?|per\sos|subcutaneous(?:ly)?|intramuscular(?:ly)?|total|cumulative|initial|starting|single|daily|weekly"
    r"|standard|full|reduced|[a-z]+ly|dosed?|doses?|dosage|dosing|treatment|"
    r"therapy|chemotherapy|monotherapy|bolus|continuous|\w+ing|twice|once|day|per|every|each|hydrochloride|sulfate"
    r"|acetate|mesylate|[a-z]+ium|®|™|:|=|,|;|\(|\[|/d)"
)
_AFTER = re.compile(rf"(?:[^()]{{0,50}}\))?[\s-]{{0,2}}[®™]?\)?\s?(?:{_FILL}[\s,]{{0,2}}){{0,10}}$", re.IGNORECASE)
_BEFORE = re.compile(
    r"\s?(?:(?:/|per|a)\s?(?:day|d|week)\b|daily|weekly|twice\s(?:daily|a\sday)|once[-\s](?:daily|a\sday))?\s?(?:,\s)?(?:(?:of"
    r"|doses?|daily|weekly|oral|high-dose|low-dose|intravenous|iv|i\.v\.|IV|total|a|the|systemic|each|per\sday"
    r"|adjuvant)\s?){0,3}$",
    re.IGNORECASE,
)
_THEN = re.compile(r"[^.;]{0,60}\bbolus\b[^.;)]{0,25}\b(?:followed\sby|and|then|plus)\s(?:a\s)?$", re.IGNORECASE)
_SCHEDULE = re.compile(
    rf"\b(?:every|each)\s(?:{COUNT}[\s-])?(?:other\s)?(?:days?|weeks?|months?)\b|\b(?:once|twice|thrice"
    rf"|three\stimes)[\s-](?:a\s|per\s|every\s)?(?:daily|weekly|monthly|day|week|month)\b"
    r"|\b(?:bi|tri)?-?weekly\b|\bdaily\b|\bmonthly\b|\b(?:q\d{1,2}w|qw|qd|bid|tid|q3w)\b|\bdays?\s\d{1,2}(?:\s?(?:,|and"
    r"|to|-|–)\s?\d{1,2}){0,5}\b|/(?:day|d|week)\b|\bper\s(?:day|week)\b|\b\d{1,2}-(?:day|week)ly\b",
    re.IGNORECASE,
)
_CYCLES = re.compile(
    rf"(?<![\w.,/-])(?P<number>{COUNT})(?:\s?(?:-|–|to)\s?\d{{1,2}})?[\s-](?:(?!fraction)[\w-]+\s){{0,3}}?(?:cycles?"
    rf"|courses?|rounds?|series|cures|blocks|cycled)\b(?!\sof\s(?:\w+\s)?(?:radi|irradi|antibio))"
    rf"|\b(?:cycles?|courses?)\s?(?:\(n\s?=\s?|[x×]\s?)(?P<named>\d{{1,2}})\b"
    rf"|(?<=[a-z)])\s?[x×]\s?(?P<times>\d{{1,2}})\b(?!\s?(?:\d|mm|cm|Gy|mg|10))",
    re.IGNORECASE,
)


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
    found = []
    for match in _DOSE.finditer(text):
        value = number(match["number"] or match["auc"])
        if value:
            found.append(Dose(value, "AUC" if match["auc"] else _unit(match["mass"], match["per"]), match.start(), match.end()))
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


def dose_of(text: str, found: list[Dose], start: int, end: int, upto: int, back: int) -> tuple[Dose, ...]:
    """Return the dose that belongs to a drug's name, or two ("400 mg/m2 as a bolus followed by 2400 mg/m2").

    `start` and `end` are the name's place, `upto` where the next drug's name begins, `back` where the one
    before it ended: a dose beyond them is another drug's.
    """
    for number_, dose in enumerate(found):
        if end <= dose.start <= upto and _AFTER.match(text[end : dose.start]):
            rest = found[number_ + 1 : number_ + 2]
            if rest and rest[0].end <= upto and rest[0].unit == dose.unit and _THEN.match(text[dose.end : rest[0].start]):
                return (dose, rest[0])
            return (dose,)
    for dose in reversed(found):
        if back <= dose.start and dose.end <= start and _BEFORE.match(text[dose.end : start]):
            return (dose,)
    return ()


def schedule_after(text: str, start: int, end: int) -> str | None:
    """Return the schedule named between two places of a sentence ("weekly", "every 3 weeks"), None where none is."""
    match = _SCHEDULE.search(text, start, end)
    return match.group().lstrip("/") if match else None


def find_cycles(text: str) -> list[Cycles]:
    """Return the numbers of cycles in a sentence, in order; "3 courses of radiotherapy" are none."""
    found = []
    for match in _CYCLES.finditer(text):
        value = number(match["number"] or match["named"] or match["times"])
        if value and value <= 60:
            found.append(Cycles(int(value), match.start(), match.end()))
    return found
