"""A number of a spreadsheet as the sheet shows it: 0.45 in a cell of per cent is "45%"."""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal

# [Red], [$-409], [>5]; a space as wide as the next character; a character repeated to fill the cell.
_UNSEEN = re.compile(r"\[(?:[A-Za-z]{3,10}|Color\s?[0-9]{1,2}|\$-[0-9A-Fa-f]{1,8})\]|_.|\*.")
_NUMBER = re.compile(
    r"(?P<integer>[#0?][#0?,]{0,30}|(?=\.[0#?]))(?:\.(?P<decimals>[0#?]{0,30}))?(?P<exponent>[eE][+-]0{1,3})?(?P<scale>,{0,4})"
)
_LITERAL = re.compile(r'"([^"]{0,100})"|\\(.)|([^"\\])', re.DOTALL)
_DATE_PART = re.compile(
    r'(?P<quoted>"[^"]{0,100}"|\\.)|(?P<part>y{1,4}|m{1,5}|d{1,4}|h{1,2}|s{1,2}|AM/PM|A/P)|(?P<other>.)', re.IGNORECASE | re.DOTALL
)
_LOCALE_DATES = frozenset({"mm-dd-yy", "m/d/yy", "m/d/yyyy", "m/d/yy h:mm", "m/d/yyyy h:mm"})


def show(value: object, number_format: str) -> tuple[str, bool]:
    """Give the text of a cell's value.

    Parameters
    ----------
    value
        As openpyxl gives it.
    number_format
        Excel's format code: "0.0%", '0" Gy"', "mmm-yy".

    Returns
    -------
    tuple[str, bool]
        The text, and whether the format was understood: a number in a format that was not (fractions, conditions) is
        given as it is stored. Dates in the format of the reader's country are given as 2019-03-05.
    """
    if value is None:
        return "", True
    if isinstance(value, bool):
        return str(value).upper(), True
    if isinstance(value, datetime.datetime | datetime.date):
        return _date(value, number_format), True
    if isinstance(value, datetime.time | datetime.timedelta):
        return str(value), True
    if isinstance(value, int | float):
        shown = _number(Decimal(repr(value)), number_format)
        return (_general(Decimal(repr(value))), False) if shown is None else (shown, True)
    return str(value), True


def _general(value: Decimal) -> str:
    """Excel's General: no needless zeros, eleven significant digits; whole numbers with all that the file stores."""
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value() and abs(value) < Decimal(10) ** 15:
        return str(int(value))
    mantissa, _, exponent = f"{value:.11g}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}E{exponent}" if exponent else mantissa


def _number(value: Decimal, code: str) -> str | None:
    """Format a number; None where the code is not understood."""
    if not value.is_finite():
        return str(value)
    sections = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code[:300])
    if code[:300].strip().lower() in ("general", "@", ""):
        return _general(value)
    section = sections[0]
    if value < 0 and len(sections) > 1:
        section, value = sections[1], abs(value)
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    section = _UNSEEN.sub("", section)
    if "[" in section or "/" in re.sub(r'"[^"]*"', "", section):
        return None
    bare = re.sub(r'"[^"]*"|\\.', lambda match: "\0" * len(match[0]), section)
    if bare.strip("\0 ").lower() == "general":
        start = bare.lower().index("general")
        return _literal(section[:start]) + _general(value) + _literal(section[start + 7 :])
    numbers = [match for match in _NUMBER.finditer(bare) if match[0]]
    if len(numbers) != 1:
        return _literal(section) if not numbers and "%" not in bare else None
    match = numbers[0]
    before, after = section[: match.start()], section[match.end() :]
    percents = bare.count("%")
    value = value * Decimal(100) ** percents / Decimal(1000) ** len(match["scale"] or "")
    sign = "-" if value < 0 else ""
    digits = _digits(abs(value), match)
    if not digits.strip("0.,"):
        sign = ""
    return f"{sign}{_literal(before)}{digits}{_literal(after)}"


def _digits(value: Decimal, match: re.Match[str]) -> str:
    """Round to the decimals that the format gives, halves away from zero as Excel does."""
    decimals = match["decimals"] or ""
    if match["exponent"]:
        exponent = value.adjusted() if value else 0
        mantissa = _round(value.scaleb(-exponent), len(decimals))
        if mantissa >= 10:
            mantissa, exponent = _round(mantissa / 10, len(decimals)), exponent + 1
        return f"{mantissa}E{'-' if exponent < 0 else '+' if '+' in match['exponent'] else ''}{abs(exponent):02d}"
    text = str(_round(value, len(decimals)))
    whole, _, fraction = text.partition(".")
    whole = whole.zfill(match["integer"].count("0"))
    if "," in match["integer"]:
        whole = f"{int(whole):,}"
    if "0" not in match["integer"] and whole == "0" and fraction:
        whole = ""
    least = len(decimals.rstrip("#?"))
    while len(fraction) > least and fraction.endswith("0"):
        fraction = fraction[:-1]
    return f"{whole}.{fraction}" if fraction else whole


def _round(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _literal(code: str) -> str:
    """Give the characters of a format that stand for themselves: quoted, escaped, or signs such as % and ( ."""
    return "".join(match[1] or match[2] or (match[3] or "") for match in _LITERAL.finditer(code))


def _date(value: datetime.datetime | datetime.date, code: str) -> str:
    """Format a date; ISO where the format is that of the reader's country or names no part of a date."""
    section = _UNSEEN.sub("", code.split(";")[0][:100])
    parts = list(_DATE_PART.finditer(section))
    if section.lower() in _LOCALE_DATES or not any(match["part"] for match in parts):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00") if isinstance(value, datetime.datetime) else value.isoformat()
    is_noon_clock = any((match["part"] or "").upper() in ("AM/PM", "A/P") for match in parts)
    moment = value if isinstance(value, datetime.datetime) else datetime.datetime.combine(value, datetime.time())
    shown: list[str] = []
    for index, match in enumerate(parts):
        if part := match["part"]:
            shown.append(_date_part(moment, part.lower(), _is_minute(parts, index), is_noon_clock))
        else:
            shown.append(_literal(match["quoted"] or match["other"]))
    return "".join(shown)


def _is_minute(parts: list[re.Match[str]], index: int) -> bool:
    """Whether an "m" means minutes: it stands behind hours or before seconds."""
    before = [match["part"].lower() for match in parts[:index] if match["part"]]
    after = [match["part"].lower() for match in parts[index + 1 :] if match["part"]]
    return bool((before and before[-1][0] == "h") or (after and after[0][0] == "s"))


def _date_part(moment: datetime.datetime, part: str, is_minute: bool, is_noon_clock: bool) -> str:
    """One part of a date, in English as the workbook's format codes are."""
    if part in ("am/pm", "a/p"):
        return f"{moment:%p}"
    if part[0] == "m" and is_minute:
        return f"{moment.minute:0{len(part)}d}"
    hour = (moment.hour % 12 or 12) if is_noon_clock else moment.hour
    month = _MONTHS[moment.month - 1]
    day = _DAYS[moment.weekday()]
    shown = {
        "y": (f"{moment.year % 100:02d}",) * 2 + (f"{moment.year:04d}",) * 2,
        "m": (str(moment.month), f"{moment.month:02d}", month[:3], month, month[0]),
        "d": (str(moment.day), f"{moment.day:02d}", day[:3], day),
        "h": (str(hour), f"{hour:02d}"),
        "s": (str(moment.second), f"{moment.second:02d}"),
    }
    return shown[part[0]][len(part) - 1]


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
