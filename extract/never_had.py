"""Drugs that are named and were never had: not to be got, put off until too late, only weighed or asked for, or given to others in a trial.

All patterns read the sentence in lower case.
"""

from __future__ import annotations

import re

from extract.reading import holds_any

_BE = r"(?:was|were|is|are|had\sbeen|has\sbeen|have\sbeen|being|been)"
# What stands between a drug's name and the verb: "(Glivec) therapy", "and docetaxel in combination".
_REST = r"[®™)]?,?\s?(?:(?:[®™]|\([^()]{0,50}\)|and|or|[a-z0-9/+–-]{4,25}),?\s){0,6}?"
_GOT = (
    r"(?:available|approved|reimbursed|covered|funded|licen[sc]ed|affordable|accessible|obtained|obtainable|procured|bought|purchased"
    r"|supplied|on\sthe\smarket|financed|granted|authori[sz]ed|started|begun|commenced|initiated|given|administered|used|tried|prescribed"
    r"|offered|attempted|had)\b"
)
_BEGUN = r"(?:started|begun|given|administered|commenced|initiated)\b"
# "was not yet available in our country", "was too expensive", "could not be bought", "will be started".
_NOT_GOT = (
    rf"{_BE}\s(?:\w+\s){{0,3}}?(?:not|never|neither)\s(?:(?:yet|then|even|be|been|at|that|time|in|our|country|\w+ly)\s){{0,3}}?{_GOT}"
    rf"|{_BE}\s(?:\w+\s){{0,2}}?(?:unavailable|unaffordable|unobtainable|unlicen[sc]ed|too\s(?:expensive|costly|dear))\b"
    rf"|(?:could|would|can)\s(?:not|never|no\slonger)\s(?:\w+ly\s)?be\s(?:\w+ly\s)?(?:afforded\b|{_GOT})"
    rf"|(?:will|shall)\s(?:\w+\s){{0,2}}?be\s{_GOT}"
)
# "was suggested; ... so never begun", "was under discussion", "held in reserve", "thought too toxic", "having been discussed and rejected".
_WEIGHED_ONLY = (
    rf"{_BE}\s(?:(?:still|also|then|only|at|one|time|first|\w+ly)\s){{0,3}}?(?:under\s(?:discussion|consideration)"
    r"|(?:discussed|considered|suggested|proposed|requested|sought|applied\sfor|planned|recommended|offered)\s?"
    r"(?:by\s(?:the\s)?(?:[\w-]+\s){1,4})?(?:[,;:]|\b(?:but|and|when|though|although|however|as)\b).{0,70}?"
    r"\b(?:never|not|no|reject\w*|declin\w*|refus\w*|dismiss\w*|discard\w*|died|fatal|dropped|too)\b"
    r"|(?:held|kept)\s(?:in\sreserve|for\slater)|reserved\sfor|left\sout|rejected|dismissed|discarded|ruled\sout|precluded"
    r"|contraindicated|declined|refused|for(?:e)?gone"
    r"|(?:thought|felt|deemed|judged|considered|regarded)\s(?:to\sbe\s|as\s)?(?:too|dispropor\w+|excessive|unsuitable|inappropriate"
    r"|unsafe|unwise|contraindicated|impractical|futile|risky|not)\b)"
    r"|having\sbeen\s(?:discussed|considered|proposed|offered|suggested)\sand\s(?:\w+ly\s)?"
    r"(?:rejected|declined|refused|dismissed|discarded|abandoned)"
)
# "had been requested, but he died before it could be started", "was requested by the family, and we did not agree".
_TOO_LATE = (
    r"(?:had|has|have)\sbeen\s(?:requested|sought|applied\sfor|ordered).{0,80}?\bbefore\s(?:it|this|treatment|therapy|they)"
    r"\s(?:could|was|were)"
    rf"|[^.;]{{0,60}}?\bbefore\s(?:it|this|they|these)\s(?:could\sbe|was|were|had\sbeen)\s{_BEGUN}"
    r"|.{0,90}?\b(?:requested|asked\sfor|suggested|wished\sfor)\sby\s(?:the\s)?(?:patient|family|parents?|relatives)\s(?:and|but)\s"
    r"(?:we|not|it\swas\s(?:not|refused|declined)|refused|declined)"
)
_AFTER = re.compile(rf"{_REST}(?:{_NOT_GOT}|{_WEIGHED_ONLY}|{_TOO_LATE})")
_REACH = 200
# One of these stands in all that `_AFTER` matches.
_WORDS_AFTER = (
    "not", "never", "neither", "no longer", "unavail", "unafford", "unobt", "unlic", "too ", "will ", "shall ", "discuss",
    "consider", "suggest", "propos", "request", "sought", "applied for", "plan", "recommend", "offer", "reserve", "left out",
    "reject", "dismiss", "discard", "ruled out", "preclu", "contraind", "declin", "refus", "forgone", "foregone", "thought",
    "felt", "deemed", "judged", "regarded", "before", "asked for",
)  # fmt: skip
# Before the name: "access to ... was refused", "an application for ... failed".
_SOUGHT = re.compile(
    r"\b(?:(?:access|right)\sto|(?:bid|applications?|requests?|waiting)\sfor|(?:approval|funding|reimbursement|availability)\s(?:of|for))"
    r"\s(?:[\w-]+\s){0,3}$",
)
_FAILED = re.compile(
    r"[^.;]{0,80}?\b(?:failed|refused|denied|declined|rejected|unsuccessful|not\s(?:granted|approved|possible|available)|requested|sought"
    r"|pending|awaited|was\sbeing)\b",
)
# "Options considered were ...", "the board indicated ...".
_OPTIONS = re.compile(
    r"\b(?:options?|alternatives?|possibilities)\s(?:that\s|which\s)?(?:(?:were|was|being|had\sbeen)\s)?"
    r"(?:considered|discussed|available|weighed|offered|entertained|mentioned)"
    r"(?:(?!\b(?:received|chose|chosen|opted|decided|started|given|elected|selected|treated|underwent|began)\b)[^.;]){0,160}$"
    r"|\b(?:board|team|group|conference|committee|meeting|oncologists?)\s(?:\w+ly\s)?(?:indicated|favou?red)\b[^.;]{0,60}$",
)
_WORDS_OF_OPTIONS = ("option", "alternative", "possibilit", "indicated", "favo")
# What others found: trials, approvals, figures of groups; not where the sentence also names the patient.
_OF_TRIALS = re.compile(
    r"\bplacebo\b|\bhazard\sratio|\bmedian\s(?:overall|progression|survival|pfs|os)\b|\b(?:response|survival)\srates?\sof\b"
    r"|\binvestigators\b|\brandomi[sz]ed\b|\bin\sa\s(?:single|previous|recent|published|similar)\scase\sreport"
    r"|\bphase\s(?:i{1,3}|[123])[ab]?\s(?:trial|study)\b|%\sof\s(?:cases|patients)\b"
    r"|\bapproved\s(?:by\s(?:the\s)?(?:u\.?s|fda|ema|food|european)|for\b)|\bco-?workers\b|\bcolleagues\b",
)
_WORDS_OF_TRIALS = (
    "placebo", "hazard", "median ", "rate", "investigators", "randomi", "case report", "phase ", "% of", "approved", "workers",
    "colleagues",
)  # fmt: skip
_NAMES_PATIENT = re.compile(r"\b(?:he|she|his|her|him|patient|(?:the|our|this)\s(?:case|child|boy|girl|man|woman)|we)\b")


def is_never_had(lower: str, start: int, end: int) -> bool:
    """Return whether a sentence tells that the drug at these offsets was only sought, weighed or spoken of, or could not be had."""
    if holds_any(lower, _WORDS_AFTER) and _AFTER.match(lower, end, end + _REACH):
        return True
    before = lower[:start]
    if _SOUGHT.search(before, max(0, start - 60)) and _FAILED.match(lower, end, end + 100):
        return True
    return holds_any(before, _WORDS_OF_OPTIONS) and _OPTIONS.search(before) is not None


def is_of_trials(lower: str) -> bool:
    """Return whether a sentence tells of trials, approvals or groups of patients, and not of the patient."""
    return holds_any(lower, _WORDS_OF_TRIALS) and _OF_TRIALS.search(lower) is not None and _NAMES_PATIENT.search(lower) is None
