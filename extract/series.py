"""Several patients in one report: which of them a sentence speaks of.

Authors tell them apart by number ("Case 1", "the second patient"), or by introducing one after the other by age
and sex ("A 36-year-old woman ...") after saying how many there are ("we report two cases").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from corpus.sections import BODY, Line
from extract.patients import Draft
from extract.reading import holds_any

# The label of what is told of all patients: "both patients", the title, the discussion.
EVERY = "*"
_ONLY = "1"

_STORY = ("case", "pathology", "treatment", "follow_up", BODY)
_FRONT = ("title", "abstract")
_ASIDE = ("caption", "table")
_ORDINALS = {"first": "1", "one": "1", "second": "2", "two": "2", "other": "2", "third": "3", "three": "3", "fourth": "4",
             "four": "4", "fifth": "5", "five": "5", "sixth": "6", "six": "6"}  # fmt: skip
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6", "VII": "7", "VIII": "8"}
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}

# "Observation 1" is how francophone authors number their cases.
_COUNTED = ("case", "patient", "proband", "observation")
_NUMBERED = rf"(?:{'|'.join(_COUNTED)})\s?(?:no\.?\s?|number\s|\#)?"
_ONE = r"(?:case|patient|man|woman|boy|girl|child|infant|sibling|brother|sister|proband|individual)"
_MANY = r"(?:cases|patients|men|women|boys|girls|children|infants|siblings|brothers|sisters|probands|individuals|males|females)"
# "Case 2", "patient no. 3", "Case II", "the second patient"; not "the first case of its kind" nor "patients 1 and 2".
_MARK = re.compile(
    rf"\b{_NUMBERED}(?P<number>\d{{1,2}}|(?-i:[IVX]{{1,4}}|[A-F])|one|two|three|four|five|six)\b"
    rf"(?!\s?(?:[%/]|years?|months?|days?|cm|mm|\.\d))"
    rf"|\b(?:the|our|this)\s(?P<word>first|second|third|fourth|fifth|sixth|other)\s(?:(?:index|male|female)\s)?{_ONE}\b"
    r"(?!\s(?:of|report|describ|in\sthe\s(?:literature|world)|to\s(?:be|our)|ever|with\sthis|series))"
    rf"|^(?P<bare>first|second|third|fourth|fifth|sixth)\s{_ONE}\b(?!\s(?:of|report|series))",
    re.IGNORECASE,
)
# Whatever else is read as the number 2, in lower case.
_SECOND = re.compile(rf"{_NUMBERED}(?:2|ii|b|two)\b")
# Whatever may be read as a number, in lower case.
_MARK_CUE = re.compile(
    rf"{_NUMBERED}(?:\d|(?:[ivx]{{1,4}}|[a-f]|one|two|three|four|five|six)\b)"
    rf"|(?:first|second|third|fourth|fifth|sixth|other)\s(?:(?:index|male|female)\s)?{_ONE}\b"
)
_THE_SECOND = re.compile(r"(?:the|our|this)\s(?:second|other)\s")
_MARK_CUES = (*_COUNTED, "first", "second", "third", "fourth", "fifth", "the other")
# In lower case: it is sought in all of a report's beginning, quickest with the first letter before all else.
_DECLARED = re.compile(
    r"[2-7tfs](?<!\w.)(?:(?<=t)(?:wo|hree)|(?<=f)(?:our|ive)|(?<=s)(?:ix|even)|(?<=\d))\s"
    r"(?!(?:of|out|previous\w*|reported|published|other|more|further)\s)"
    rf"(?:[\w-]{{2,20}}\s){{0,4}}?{_MANY}\b"
)
# How far from the beginning of a report authors still say how many patients it tells of.
_DECLARED_WITHIN = 6000
# "a 64-year-old man": the age is the name of a patient in a report on several.
_INTRODUCED = re.compile(
    r"\b(?:an?|the|this|our)\s(?:[\w-]{2,20},?\s){0,3}?(?P<age>\d{1,3}(?:\.\d)?|[a-z]{3,9}(?:[-\s](?:one|two|three|four|five|six|seven"
    r"|eight|nine))?)[-–\s]{1,2}(?P<unit>years?|yrs?|months?|days?)[-–\s]{1,2}olds?\b(?=(?P<after>[^.;]{0,45}))",
    re.IGNORECASE,
)
_MALE = re.compile(r"\b(?:man|male|boy|gentleman)\b", re.IGNORECASE)
_FEMALE = re.compile(r"\b(?:woman|female|girl|lady)\b", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?:mother|father|brother|sister|son|daughter|uncle|aunt|cousin|niece|nephew|husband|wife|grand\w{3,8}|donor)\b|\b(?:his|her)\s$",
    re.IGNORECASE,
)
_TOGETHER = re.compile(
    rf"\b(?:both|all|each|either|these|the\s(?:two|three|four|five|six))\s(?:of\s)?(?:(?:the|our|these|their|two|three|four|five|six)\s){{0,2}}{_MANY}\b"
    rf"|\b(?:the|our)\s(?:(?:two|three|four|five|six)\s(?:[\w-]{{2,20}}\s){{0,2}}?(?:\w{{3,20}}s|{_MANY})|patients|cases)\b"
    rf"|\b(?:each|either)\s{_ONE}\b|\bin\sboth\b|^(?:they|both)\s(?:were|had|have|received|underwent|are)\b",
    re.IGNORECASE,
)
# What stands between two patients told of in one sentence.
_CLAUSE_REACH = 60
_CONJUNCTION = r"(?:and|but|while|whereas)\b"
_BETWEEN = re.compile(
    rf"(?:,?\s(?={_CONJUNCTION})|,\s)(?P<clause>(?:{_CONJUNCTION}\s)?(?:(?!{_CONJUNCTION})[\w-]{{2,12}}\s){{0,4}})$", re.IGNORECASE
)


def split(text: str, spans: Sequence[tuple[int, int, Line]]) -> list[tuple[int, int, Line]]:
    """Return the sentences of a report; one that goes on to another patient is cut there.

    Only where the report says early on that it tells of several.
    """
    if _declared(text) < 2:
        return list(spans)
    result: list[tuple[int, int, Line]] = []
    for start, end, line in spans:
        begin = start
        for cut in _cuts(text[start:end]):
            result.append((begin, start + cut, line))
            begin = start + cut
        result.append((begin, end, line))
    return result


def _cuts(sentence: str) -> Iterator[int]:
    """Yield where the clause of another patient begins in a sentence."""
    lower = sentence.lower()
    if not ("old" in lower or "case" in lower or "patient" in lower or "other" in lower):
        return
    marks = _MARK.finditer(sentence) if _MARK_CUE.search(lower) else ()
    named: dict[int, str] = {mark.start(): _number(mark) for mark in marks}
    named.update((intro.start(), _signature(intro)) for intro in _introductions(sentence))
    places = sorted(named)
    if len(set(named.values())) > 1 and _DECLARED.search(sentence[: places[0]].lower()):
        yield places[0]  # "We describe two patients with schwannoma,": what stands before the first is said of all
    for previous, place in pairwise(places):
        if named[place] == named[previous] or _is_same_person(sentence, previous, place):
            continue
        semicolon = sentence.find("; ", previous, place)
        if semicolon >= 0:
            yield semicolon + len("; ")
        elif between := _BETWEEN.search(sentence, max(previous, place - _CLAUSE_REACH), place):
            yield between.start("clause")


def _is_same_person(sentence: str, mark: int, intro: int) -> bool:
    """Return whether a number and an age name one patient: "the first patient, a 65-year-old woman", "Case 1 was a 70-year-old man"."""
    kinds = [_MARK.match(sentence, place) is not None for place in (mark, intro)]
    return kinds == [True, False] and ";" not in sentence[mark:intro] and " and " not in sentence[mark:intro]


def labels(drafts: Sequence[Draft], told: Sequence[str]) -> list[str]:
    """Return the label of the patient that each sentence speaks of: "1" throughout unless the report tells of several.

    EVERY stands for what is told of all of them. The labels count from "1" in the order of the authors' own numbers,
    or of the first mention.
    """
    nobody: frozenset[str] = frozenset()
    own = [draft.text for draft, subject in zip(drafts, told, strict=True) if subject == "patient"]
    persons = {_signature(intro) for words in own for intro in _introductions(words)}
    # Without two persons there must be a number 2, which few sentences may name: the other numbers are read where it is found.
    if len(persons) < 2 and not any(
        (subject == "patient" or draft.is_heading) and _may_be_second(draft) and "2" in _marks(draft)
        for draft, subject in zip(drafts, told, strict=True)
    ):
        return [_ONLY] * len(drafts)
    marks = [_marks(draft) if subject == "patient" or draft.is_heading else nobody for draft, subject in zip(drafts, told, strict=True)]
    numbers = {mark for found in marks for mark in found}
    is_counted = "2" in numbers and ("1" in numbers or len(persons) > 1)
    declared = _declared(" ".join(draft.text for draft in drafts))
    if not is_counted and not 2 <= len(persons) <= declared:
        return [_ONLY] * len(drafts)
    # Where patients are counted, whoever has no number is one of them only up to the number declared.
    result = _follow(drafts, told, marks, max(declared, 1) if is_counted else len(persons))
    return result if len(set(result) - {EVERY}) > 1 else [_ONLY] * len(drafts)


def _follow(drafts: Sequence[Draft], told: Sequence[str], marks: Sequence[frozenset[str]], most: int) -> list[str]:
    known: dict[str, str] = {}
    current, part, result = EVERY, "", []
    for draft, subject, found in zip(drafts, told, marks, strict=True):
        here = _part(draft.section)
        if here != part and here != "aside":
            current, part = EVERY, here
        label = _label(draft, subject, found, known, most)
        if label is None:
            label = EVERY if here == "argued" or subject != "patient" or _TOGETHER.search(draft.text) else current
        elif here in ("story", "front") and label != EVERY:
            current = label
        result.append(label)
    return result


def _part(section: str) -> str:
    return "story" if section in _STORY else "front" if section in _FRONT else "aside" if section in _ASIDE else "argued"


def _label(draft: Draft, subject: str, found: frozenset[str], known: dict[str, str], most: int) -> str | None:
    """Return the patient whom a sentence names, by number or by age and sex; None where it names nobody."""
    if len(found) > 1:
        return EVERY
    persons = [_signature(intro) for intro in _introductions(draft.text)] if subject == "patient" else []
    if found:
        (label,) = found
        known.update({person: label for person in persons[:1] if person not in known})
        return label
    for person in persons:
        if person not in known and len(known) < most:
            known[person] = str(len(known) + 1)
        if person in known:
            return known[person]
    return None


def _may_be_second(draft: Draft) -> bool:
    """Return whether a sentence may name a second patient; cheap, since most reports have but one."""
    lower = draft.lower
    if ("second" in lower or "other" in lower) and (lower.startswith("second") or _THE_SECOND.search(lower)):
        return True
    return holds_any(lower, _COUNTED) and _SECOND.search(lower) is not None


def _marks(draft: Draft) -> frozenset[str]:
    """Return the numbers of patients that a sentence names."""
    if not holds_any(draft.lower, _MARK_CUES) or _MARK_CUE.search(draft.lower) is None:
        return frozenset()
    return frozenset(_number(mark) for mark in _MARK.finditer(draft.text))


def _number(mark: re.Match[str]) -> str:
    word = (mark["number"] or mark["word"] or mark["bare"]).lower()
    if word in _ORDINALS:
        return _ORDINALS[word]
    number = word.upper()
    return _ROMAN.get(number) or (str(ord(number) - 64) if number.isalpha() and len(number) == 1 else number)


def _introductions(text: str) -> Iterator[re.Match[str]]:
    if "old" in text:
        for intro in _INTRODUCED.finditer(text):
            if not _RELATIVE.search(text[max(0, intro.start() - 30) : intro.start() + 1]) and not _RELATIVE.search(intro["after"][:25]):
                yield intro


def _signature(intro: re.Match[str]) -> str:
    """Return age and sex as the name of a person."""
    sex = "m" if _MALE.search(intro["after"]) else "f" if _FEMALE.search(intro["after"]) else ""
    return f"{intro['age'].lower()} {intro['unit'][0].lower()} {sex}".strip()


def _declared(text: str) -> int:
    """Return how many patients the beginning of a report says that it tells of, 0 where it says nothing."""
    counts = [match[0].split(maxsplit=1)[0] for match in _DECLARED.finditer(text[:_DECLARED_WITHIN].lower())]
    return max((_COUNTS.get(count) or int(count) for count in counts), default=0)
