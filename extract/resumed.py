"""What was done all the same: how a sentence goes on after a plan, a doubt or a refusal.

"He declined surgery and was started on sorafenib", "After two cycles of cisplatin a resection was planned":
the words that deny or plan stand in the sentence, but not over this treatment.
"""

from __future__ import annotations

import re

from extract import context
from extract.reading import Reading, Sentence

_ACTOR = r"(?:(?:he|she|we|it|they|treatment|therapy|(?:the|our|this)\s\w{3,20})\s)?"
_HELP = (
    r"(?:(?:was|were|has|had|have|been|is|then|also|therefore|instead|thereafter|afterwards|currently|finally|immediately"
    r"|subsequently|successfully|eventually|surgically|completely|totally|later)\s){0,4}"
)
_DONE = (
    r"(?:continu(?:ed|es)|remain(?:s|ed)|received|experienced|started|initiated|switched|changed|underwent|performed|treated"
    r"|administered|gave|given|responded|maintained|commenced|placed|began|introduced|added|achieved|completed|got|took|used"
    r"|enucleated|excised|resected|removed|extirpated)"
)
_GOES_ON = re.compile(rf"(?:[,;)]|\b(?:and|but|then|who|which|however))\s{_ACTOR}{_HELP}{_DONE}\b", re.IGNORECASE)
# The verb itself is the treatment: "we suspected a melanoma and enucleated the eye".
_VERB = re.compile(rf"(?:[,;)]|\b(?:and|but|then))\s{_ACTOR}{_HELP}$", re.IGNORECASE)
_DENIES = re.compile(r"\b(?:no|not|never|without|neither|nor|refus\w+|declin\w+)\b", re.IGNORECASE)
# "After chemotherapy with A and B, radiotherapy was planned": what the time is counted from was done.
_AFTER = re.compile(
    r"\b(?:after|following|despite|during|since|complet(?:ed|ing|ion\sof)|finished)\s(?!discuss|consult|consider)[^.;,]{0,70}$",
    re.IGNORECASE,
)
_REACH = 120


def is_resumed(reading: Reading, sentence: Sentence, start: int, end: int) -> bool:
    """Return whether a sentence tells that the treatment at these offsets was given, although it holds a denial or a plan."""
    cue = context.cue_of(reading, start, end, sentence)
    if cue is None:
        return False
    if cue.end <= start:
        between = reading.text[cue.end : start]
        goes_on = _GOES_ON.search(between)
        if goes_on:
            return _DENIES.search(between, goes_on.end()) is None
        return reading.text[start:end].endswith("ed") and _VERB.search(between) is not None
    before = sentence.text[max(0, start - sentence.start - _REACH) : start - sentence.start]
    # The list that stands after "following" may have commas: "after cisplatin (75 mg), etoposide and bleomycin, surgery was planned".
    after = _AFTER.search(before) or _AFTER.search(re.sub(r"\s?\([^)]{0,40}\)|,", "", before))
    return after is not None and "," in reading.text[end : cue.start] and _DENIES.search(after.group()) is None
