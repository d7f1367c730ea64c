"""What kind of paper a report is: its front matter says so, else its own words decide."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.reading import Reading, holds_any

WITH_CASES = ("case_report", "case_series")

_TYPE_CASE = re.compile(r"\bcase[-\s](?:reports?|series|study|studies|presentation)\b|\bclinical[-\s]case\b", re.IGNORECASE)
_TYPE_GUIDELINE = re.compile(r"\bguidelines?\b|\bconsensus\b", re.IGNORECASE)
_TYPE_RESEARCH = re.compile(r"\bresearch\b", re.IGNORECASE)
_TYPE_REVIEW = re.compile(r"\breviews?\b", re.IGNORECASE)
# What stands in a journal beside its papers.
_TYPE_ASIDE = re.compile(
    r"^(?:editorial|correction|erratum|corrigendum|retraction|book-review|product-review|news|obituary|announcement|addendum"
    r"|expression-of-concern|in-brief|calendar|collection|introduction|abstracts?-collection|meeting-report)\b",
    re.IGNORECASE,
)
_SOME = r"(?:an?|two|three|four|five|six|\d)\s(?:\w+\s){0,3}?"
_TITLE_CASE = re.compile(
    r"\bcase\s(?:reports?|series|presentation|study|studies)\b"
    rf"|\breports?\sof\s{_SOME}cases?\b|\b{_SOME}cases?\s(?:of|with)\b|\bin\san?\s\d{{1,3}}[-\s]year[-\s]old\b",
    re.IGNORECASE,
)
_TITLE_GUIDELINE = re.compile(
    r"\b(?:guidelines?|consensus (?:statement|recommendations?)|appropriateness criteria|recommendations? (?:of|from) the)\b", re.IGNORECASE
)
_TITLE_REVIEW = re.compile(r"\b(?:systematic|scoping|narrative|umbrella) review\b|\bmeta-?analys[ie]s\b", re.IGNORECASE)

# In lower case: it is sought in the whole text.
_GUIDELINE = re.compile(
    r"\b(?:appropriateness criteria|clinical practice guidelines?|consensus (?:statement|guidelines?|recommendations?)"
    r"|guidelines? (?:for|on|panel)"
    r"|evidence-based guidelines?|expert panel|usually appropriate|recommendations? (?:for|of the) (?:the )?(?:management"
    r"|panel|committee)|variant \d+:)"
)
_REVIEW = re.compile(
    r"\b(?:systematic review|meta-analysis|narrative review|this review|we reviewed (?:all|the) (?:published"
    r"|medical records))\b",
    re.IGNORECASE,
)
_OWN_CASE = re.compile(
    r"\b(?:case (?:report|presentation|description)|(?:we|authors?) (?:herein |here )?(?:report|present|describe)s? (?:a"
    r"|an|the|two|three) |our (?:patient|case)\b"
    r"|the patient (?:was|had|underwent|presented|received|died|is)|(?:he|she) (?:was|had|underwent|presented|received|is)\b)",
    re.IGNORECASE,
)
_ONE_PERSON = re.compile(
    r"\b(?:an?|this|the|our)\s(?:(?!(?:mean|median|average|under|over|age|patients|cohort|group|most)\s)[\w-]+\s){0,3}?(?:\d{1,3}|[a-z]+(?:[-\s][a-z]+)?)[-–\s](?:years?|yrs?|months?"
    r"|days?)[-–\s]olds?\b|\baged\s\d{1,3}\b(?!\s?(?:[-–]|to|and|or)\s?\d)"
    r"|\b(?:\d{1,2}|[a-z]{3,5}ty(?:[-\s][a-z]{3,5})?|[a-z]{3,5}teen)[-\s]?(?:y/?o|years?[-\s]{1,2}old)\s(?:\w+\s)?(?:man"
    r"|woman|male|female|boy|girl|patient|lady|gentleman)\b|\b(?:an?|the)\s(?:man|woman|boy|girl|infant|child)\b"
    r"|\b(?:man|woman|boy|girl|lady|gentleman)\s(?:of|aged)\s\d{1,2}\b(?!\s?(?:[-–]|to|and|or|%|[ck]m|kg)\b)"
    # "a male, 55 years of age", "a former bricklayer, 81 years old", "patient of 36 years", "68 years, male"
    r"|\b(?:man|woman|male|female|boy|girl|patient|lady|gentleman)(?:,?\s(?:male|female))?,?\s(?:aged\s|of\s)?\d{1,3}\s(?:years?|yrs?)\b"
    r"|\ban?\s(?:[a-z-]+\s){0,3}[a-z-]+,\s(?:aged\s)?\d{1,3}\syears\s(?:old|of\sage)\b|\b\d{1,3}\s(?:years?|yrs?),\s(?:male|female|man|woman)\b",
    re.IGNORECASE,
)
# How most are told; all that it matches, the other matches, too, and takes far longer for.
_PLAIN_PERSON = re.compile(
    r"\b[Aa]n?\s(?:(?!(?:mean|median|average|under|over|age|patients|cohort|group|most)\s)[a-z-]+\s){0,3}\d{1,3}-year-old\b"
)
# What befalls one person; two such sentences are a story.
_BEFELL = re.compile(
    r"\b(?:[Hh]e|[Ss]he|[Tt]he\s(?:patient|child|boy|girl|man|woman|infant|lady|gentleman))\s(?:\w+ly\s|then\s|also\s)?(?:was|had|has|is|underwent|got|took"
    r"|[a-z]{3,10}ed|chose|did|remains)\b"
)
_STORY = 2
# What is only said of many: statistics, and how many there were.
_COHORT = re.compile(
    r"\b(?:(?:mean|median|average)\s(?:\w+\s){0,2}?(?:age|survival|follow)|(?:[6-9]|[1-9]\d|\d{3,4})\s(?:[a-z]+\s){0,3}?(?:patients|cases|women|men)"
    r"|univariate|multivariate|cohort|hazard\sratio|retrospective(?:ly)?)\b",
    re.IGNORECASE,
)
# A study speaks of "patients" this often, and oftener than of any one person.
_MANY = 12
_GUIDELINE_WORDS = ("uideline", "ppropriate", "onsensus", "ecommendation", "xpert panel")
# How many of a guideline's own terms decide, and how many per 1,000 words.
_LEAST_GUIDELINE = 3
_GUIDELINE_DENSITY = 1.0
_HEAD = 4000


def judge(reading: Reading, labels: Sequence[str]) -> str:
    """Return the kind of a report: as declared, else case_series, case_report, guideline, review or other.

    The publisher's own word for it and the title go before what the text alone would tell, where they are clear.
    """
    report = reading.report
    if report.kind:
        return report.kind
    if told := _told(report.article_type or "", report.title or "", len(labels)):
        return told
    text = reading.text
    words = max(1, text.count(" "))
    guideline = _guideline_terms(text, words)
    if guideline >= _LEAST_GUIDELINE and guideline * 1000 / words >= _GUIDELINE_DENSITY and guideline > _own(reading):
        return "guideline"
    if len(labels) > 1:
        return "case_series"
    if _tells_of_one(reading):
        return "case_report"
    if _TYPE_REVIEW.search(report.article_type or ""):
        return "review"
    persons = sum(1 for hit in reading.hits["subject"] if hit.id == "person")
    is_cohort = (many := text.count("patients")) > _MANY and many > persons + 2 * _own(reading)
    has_statistics = _COHORT.search(text, 0, _HEAD) is not None
    tells = _tells_story(reading) or (not has_statistics and _own(reading) > 0)
    introduces = _ONE_PERSON.search(text) is not None
    # What its publisher calls research is a case report only where a person is introduced.
    is_research = _TYPE_RESEARCH.search(report.article_type or "") is not None
    if not is_cohort and ((introduces and (tells or not has_statistics)) if is_research else (introduces or tells)):
        return "case_report"
    return "review" if _REVIEW.search(text[:_HEAD]) else "other"


def _told(article_type: str, title: str, patients: int) -> str | None:
    """Return the kind that a publisher's word for an article or its title tells; None where they tell none, or not that alone."""
    is_case = _TYPE_CASE.search(article_type) is not None or _TITLE_CASE.search(title) is not None
    if is_case:
        return "case_series" if patients > 1 else "case_report"
    if _TYPE_ASIDE.search(article_type):
        return "other"
    if _TYPE_GUIDELINE.search(article_type) or _TITLE_GUIDELINE.search(title):
        return "guideline"
    return "review" if _TITLE_REVIEW.search(title) else None


def _tells_story(reading: Reading) -> bool:
    """Return whether sentence after sentence tells what befell one person, however that person was introduced."""
    told = 0
    for sentence in reading.sentences:
        if sentence.section not in ("references", "other") and sentence.subject != "literature" and _BEFELL.search(sentence.text):
            told += 1
    return told >= _STORY


def _own(reading: Reading) -> int:
    """Return how often a report speaks of its own case."""
    return sum(1 for hit in reading.hits["subject"] if hit.id == "own") or len(_OWN_CASE.findall(reading.text, 0, _HEAD))


def _guideline_terms(text: str, words: int) -> int:
    """Return how often a guideline's own terms stand in a text of so many words; 0 where theirs are too few for them to decide."""
    if not holds_any(text, _GUIDELINE_WORDS):
        return 0
    lower = text.lower()
    most = lower.count("variant") + sum(lower.count(word) for word in _GUIDELINE_WORDS)
    if most < _LEAST_GUIDELINE or most * 1000 / words < _GUIDELINE_DENSITY:
        return 0
    return len(_GUIDELINE.findall(lower))


def _tells_of_one(reading: Reading) -> bool:
    """Return whether a report says that it presents one person, whatever it says of patients at large.

    "We report a 47-year-old woman"; or a section on the case that introduces one.
    """
    own = {hit.sentence for hit in reading.hits["subject"] if hit.id == "own"}
    return any(
        (sentence.index in own or sentence.section == "case")
        and "old" in sentence.lower
        and sentence.subject == "patient"
        and (_PLAIN_PERSON.search(sentence.text) is not None or _ONE_PERSON.search(sentence.text) is not None)
        for sentence in reading.sentences
    )
