"""Values of corrections: what may stand in which field, in the form of the record's JSON.

Types are those of the record, ranges and lists of words those of the tables: neither is said a second time here.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import MISSING, fields
from functools import cache
from types import MappingProxyType
from typing import Any

from db import schema
from db.records import CLASSES, SINGLE, plain
from db.rows import case_rows
from db.schema import DatabaseError
from extract import lexicon
from extract.record import SCALARS, Case, Phase

CASE, FOLLOW_UP = "case", "follow_up_months"
LISTS = tuple(field for field in CLASSES if field != "events")  # the events are computed from the other values
FIELDS = (*SCALARS, *SINGLE, *LISTS, CASE)

# The vocabularies that give a code its name and a name its code, and which attribute is the code.
_CODES: Mapping[str, tuple[str, str]] = {
    "site": ("site", "topography"), "histology": ("histology", "morphology"), "metastases": ("metastasis_site", "topography"),
}  # fmt: skip
_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟", '"'))
_AMOUNT = re.compile(r"(?P<amount>\d{1,9}(?:\.\d{1,9})?)\s?(?P<unit>[^\d\s.,–-]\S{0,20}(?: [^\W\d]{1,20}){0,3})")
_SHOWN = 60  # characters of a value in a message


class CorrectionError(DatabaseError):
    """A file of corrections, or a line of it, that cannot be used; the message says `file:line: what was found, what was wanted`."""


class Rules:
    """The rules of the tables, asked by trying: a value that the tables would refuse is refused here."""

    __slots__ = ("_connection", "_known")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[Case, str | None] = {}  # most values of a file are said of many cases

    def check(self, case: Case) -> str | None:
        """Return the rule that a case breaks, in the words of the tables; None where it breaks none."""
        if case not in self._known:
            self._known[case] = self._tried(case)
        return self._known[case]

    def _tried(self, case: Case) -> str | None:
        self._connection.execute("savepoint trial")
        try:
            for table, rows in case_rows("r", case):
                for row in rows:
                    self._connection.execute(f"insert into {table} values ({', '.join('?' * len(row))})", row)
        except (sqlite3.Error, UnicodeEncodeError) as error:
            return str(error).removeprefix("CHECK constraint failed: ")
        finally:
            self._connection.execute("rollback to trial")
            self._connection.execute("release trial")
        return None


@contextmanager
def rules() -> Iterator[Rules]:
    """Yield the rules of the tables."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.create(connection)
        connection.execute("begin")
        yield Rules(connection)


# --- from words to a value ---------------------------------------------------------------------


def parsed(field: str, words: str, rules: Rules, *, is_machines: bool = False) -> Any:
    """Return the value that somebody wrote for a field: a number or word plainly, what has several parts as JSON.

    Nothing is filled in where it is to be compared with the machine's (`is_machines`), whose diagnosis may have no code.

    Raises
    ------
    CorrectionError
        It is no value of this field: what was found, what was wanted (without file and line).
    """
    return checked(field, _from_words(field, words), rules, is_machines=is_machines)


def changed(field: str, words: str, there: Any, rules: Rules) -> Any:
    """Return the value that stands after somebody set `words`: of a value with several parts those that are named, null empties one.

    What is computed from a changed part follows it. Raises CorrectionError like `parsed`.
    """
    given = _from_words(field, words)
    if field in SCALARS:
        return checked(field, given, rules)
    given = _completed(field, given)
    if isinstance(given, dict) and isinstance(there, dict):
        given = followed(field, {**there, **given}, given)
    return checked(field, given, rules)


def followed(field: str, value: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value whose computed parts follow from those that were given; a part that was emptied on purpose stays empty."""
    if field == "drugs" and "dose" in given and "dose_value" not in given:
        number = _AMOUNT.fullmatch(str(given["dose"] or ""))
        return {**value, "dose_value": float(number["amount"]) if number else None, "dose_unit": number["unit"] if number else None}
    if field == "radiotherapy" and any(name in given for name in _DOSE):
        value = {**value, **{name: None for name in value.get("computed", ()) if name not in given}, "is_contradictory": None}
        missing = [name for name in _DOSE if value.get(name) is None]
        computed = [name for name in value.get("computed", ()) if name not in _DOSE]
        if (
            len(missing) == 1
            and missing[0] not in given
            and all(isinstance(value[name], (int, float)) for name in _DOSE if name != missing[0])
        ):
            value[missing[0]] = _third(missing[0], *(value.get(name) for name in _DOSE))
            computed += missing if value[missing[0]] is not None else []
        value["computed"] = computed
    return value


_DOSE = ("total_dose_gy", "fractions", "dose_per_fraction_gy")


def _third(missing: str, total: Any, number: Any, each: Any) -> float | int | None:
    """Return the part of a dose that follows from the two others, None where it is no whole number of fractions."""
    if missing == "total_dose_gy":
        return round(float(number * each), 2)
    if missing == "dose_per_fraction_gy":
        return round(float(total / number), 3) if number else None
    found = round(total / each) if each else 0
    return found if found and abs(found * each - total) < 0.05 * each else None


def written(value: Any) -> str:
    """Return a value as the file holds it: `parsed` gives it back."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(_bare(value), ensure_ascii=False)


def checked(field: str, value: Any, rules: Rules, *, is_machines: bool = False) -> Any:
    """Return a value in the record's form, a missing name or code filled in; raise CorrectionError where it is none."""
    if field in SCALARS:
        value = _scalar(field, value)
        case = Case("1", **_scalars(field, value))
    else:
        kind = {**SINGLE, **CLASSES}[field]
        value = _object(field, kind, value if is_machines and isinstance(value, dict) else _completed(field, value), "")
        made = fact(field, value)
        attributes: dict[str, Any] = {field: made if field in SINGLE else (made,)}
        case = Case("1", **attributes)
    if problem := rules.check(case) or _unknown_code(field, value):
        raise CorrectionError(f"found {_short(value)} for {field}, wanted {problem}")
    return value


def fact(field: str, value: Mapping[str, Any], evidence: tuple[int, ...] = ()) -> Any:
    """Return the fact of a record that a value says, resting on evidence."""
    parts = {name: tuple(part) if isinstance(part, list) else part for name, part in value.items()}
    if "phases" in parts:
        parts["phases"] = tuple(Phase(**phase) for phase in parts["phases"])
    kind = {**SINGLE, **CLASSES}[field]
    absent = {x.name: None for x in fields(kind) if x.default is MISSING and x.name not in parts}
    return kind(**absent, **parts, evidence=evidence)


def of_case(case: Case, field: str) -> list[Any]:
    """Return what a case says in a field: each value in the form of a correction, an empty list for none."""
    found = getattr(case, field)
    if field == FOLLOW_UP and found is not None and case.follow_up_is_minimum:
        return [f">{written(found)}"]
    if field in SCALARS or field in SINGLE:
        return [] if found is None else [_told(found)]
    return [_told(x) for x in found]


def _told(value: Any) -> Any:
    """Return a value as JSON without its evidence."""
    found = plain(value)
    return {name: part for name, part in found.items() if name != "evidence"} if isinstance(found, dict) else found


def scalars(field: str, value: Any) -> dict[str, Any]:
    """Return the attributes of a case that a single value sets; a follow-up of ">24" months is a lower bound."""
    return _scalars(field, value)


def _scalars(field: str, value: Any) -> dict[str, Any]:
    if field != FOLLOW_UP:
        return {field: value}
    if isinstance(value, str):
        return {field: float(value[1:]), "follow_up_is_minimum": True}
    return {field: value, "follow_up_is_minimum": None}


def _from_words(field: str, words: str) -> Any:
    if field not in SCALARS and not words.startswith(("{", "[", '"')):
        return words
    if type_of(Case, field) == "str" and not words.startswith('"'):
        return words
    if field == FOLLOW_UP and words.startswith(">"):
        return words
    said = words.lower() if words.lower() in ("true", "false") else words
    for told in (said, said.translate(_STRAIGHT)):  # as a spreadsheet may have put the quotes
        try:
            return json.loads(told, parse_constant=_no_number)
        except (ValueError, RecursionError):
            pass
    raise CorrectionError(f"found {_short(words)} for {field}, wanted {_form(field)}")


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _form(field: str) -> str:
    """Return how a value of a field is written, for a message."""
    if field in SCALARS:
        return {"float": "a number", "bool": "true or false"}.get(type_of(Case, field), "a word")
    return 'JSON like {"name": "value"}'


def type_of(kind: type, name: str) -> str:
    """Return the type of an attribute, without "or None"."""
    return str(kind.__dataclass_fields__[name].type).removesuffix(" | None")  # type: ignore[attr-defined]


def _scalar(field: str, value: Any) -> Any:
    if field == FOLLOW_UP and isinstance(value, str):
        try:
            return f">{written(_typed('float', json.loads(value.removeprefix('>').removeprefix('=')), field))}"
        except ValueError:
            raise CorrectionError(f"found {_short(value)} for {field}, wanted months as a number, with > for a lower bound") from None
    return _typed(type_of(Case, field), value, field)


def _typed(wanted: str, value: Any, where: str) -> Any:
    """Return a value of one of the record's simple types; a whole number will do for any number."""
    if wanted == "float" and isinstance(value, (int, float)) and not isinstance(value, bool):
        with _too_large(where, value):
            if math.isfinite(number := float(value)):
                return number
    if wanted == "int" and isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer():
        return int(value)
    if wanted == "bool" and isinstance(value, bool):
        return value
    if wanted == "str" and isinstance(value, str) and value.strip():
        return " ".join(value.split())
    if wanted == "tuple[str, ...]" and isinstance(value, (list, tuple)):
        return [_typed("str", item, where) for item in value]
    named = {"float": "a number", "int": "a whole number", "bool": "true or false", "str": "a word", "tuple[str, ...]": "a list of words"}
    raise CorrectionError(f"found {_short(value)} for {where}, wanted {named[wanted]}")


@contextmanager
def _too_large(where: str, value: Any) -> Iterator[None]:
    try:
        yield
    except OverflowError:
        raise CorrectionError(f"found {_short(value)} for {where}, wanted a smaller number") from None


def _object(field: str, kind: type, value: Any, path: str) -> dict[str, Any]:
    """Return a value with several parts, each of the type that the record wants; parts that are None are left out."""
    if not isinstance(value, dict):
        raise CorrectionError(f"found {_short(value)} for {field}, wanted {_form(field)}")
    known = [x for x in fields(kind) if x.name != "evidence"]
    if wrong := sorted(set(value) - {x.name for x in known}):
        raise CorrectionError(f"found {', '.join(map(_short, wrong))} in {field}, wanted only: {', '.join(x.name for x in known)}")
    found: dict[str, Any] = {}
    for x in known:
        given = value.get(x.name)
        if given is None:
            if x.default is MISSING and "None" not in str(x.type):
                raise CorrectionError(f"found no {path}{x.name} in {field}, wanted one")
            if x.name == "morphology" and x.name in value:
                found[x.name] = None  # said on purpose: no neoplasm
        elif x.name == "phases":
            if not isinstance(given, (list, tuple)):
                raise CorrectionError(f"found {_short(given)} for phases, wanted a list of phases")
            found[x.name] = [_object(field, Phase, phase, "phases.") for phase in given]
        else:
            found[x.name] = _typed(type_of(kind, x.name), given, f"{path}{x.name} in {field}")
    bare: dict[str, Any] = _bare(found)
    return bare


def _bare(value: Any) -> Any:
    """Return a value without parts that are empty or as ever, as the record's JSON leaves them out, and whole numbers without a point."""
    if isinstance(value, dict):
        return {k: _bare(x) for k, x in value.items() if not (x == [] or (x is False and k.startswith("is_")))}
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return value


def _short(value: Any) -> str:
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return repr(words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…")


# --- names and codes ---------------------------------------------------------------------------


@cache
def _vocabulary(name: str) -> tuple[Mapping[str, str], Mapping[str, frozenset[str]], Mapping[str, str]]:
    """Return of a vocabulary: code to its usual name (the only one, or the first), words to their codes, words to the usual name."""
    usual: dict[str, str] = {}
    codes: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for entry in lexicon.load(name):
        usual.setdefault(entry.concept_id, entry.preferred)
        for words in (entry.preferred, entry.variant):
            codes.setdefault(words.casefold(), set()).add(entry.concept_id)
            names.setdefault(words.casefold(), entry.preferred)
    return MappingProxyType(usual), MappingProxyType({k: frozenset(v) for k, v in codes.items()}), MappingProxyType(names)


def _completed(field: str, value: Any) -> Any:
    """Fill in the usual name of a code, or the code of a name that has just one; a plain word is either."""
    if field not in _CODES:
        return value
    lexicon_name, code_name = _CODES[field]
    usual, codes, names = _vocabulary(lexicon_name)
    if isinstance(value, str):
        value = {code_name: value.upper()} if value.upper() in usual else {"name": value}
    if not isinstance(value, dict):
        return value
    name, code = value.get("name"), value.get(code_name)
    if isinstance(code, str) and not name and code in usual:
        return {"name": usual[code], **value}
    # A diagnosis that is no neoplasm has no code: None that is written down stays.
    if isinstance(name, str) and not code and code_name not in value:
        found = codes.get(name.casefold(), frozenset())
        if len(found) == 1:
            return {**value, "name": names[name.casefold()], code_name: min(found)}
        problem = f"means {', '.join(sorted(found))}" if found else "is in no vocabulary"
        raise CorrectionError(f'found {_short(name)} for {field}, which {problem}; wanted its code with it: {{"{code_name}": "..."}}')
    return value


@cache
def _organs() -> frozenset[str]:
    """Return the topographies of three characters that the vocabularies know."""
    return frozenset(code[:3] for name in ("site", "metastasis_site") for code in _vocabulary(name)[0])


def _unknown_code(field: str, value: Any) -> str | None:
    """Return what is wanted where a topography has no organ of ICD-O-3."""
    if field not in ("site", "metastases"):
        return None
    return None if value["topography"][:3] in _organs() else "a topography of ICD-O-3 (C00-C80)"


def short(value: Any) -> str:
    """Return a value in the short form in which evidence lists show it: a list's name and result, else the value."""
    if not isinstance(value, dict):
        return written(value)
    names = ("marker", "gene", "name", "procedure", "total_dose_gy")
    shown = next((written(value[name]) for name in names if name in value), written(value))
    return f"{shown} {value['result']}" if "result" in value else shown
