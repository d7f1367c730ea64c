"""What kind of paper a report is: its front matter says so, else its own words decide."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.reading import Reading

WITH_CASES = ("case_report", "case_series", "other", "review")

_GUIDELINE = re.compile(
    r"\b(?:appropriateness criteria|clinical practice guidelines?|consensus (?:statement|guidelines?|recommendations?)|guidelines? (?:for|on|panel)"
    r"|evidence-based guidelines?|expert panel|usually appropriate|recommendations? (?:for|of the) (?:the )?(?:management|panel|committee)|variant \d+:)",
    re.IGNORECASE,
)
_REVIEW = re.compile(r"\b(?:systematic review|meta-analysis|narrative review|this review|we reviewed (?:all|the) (?:published|medical records))\b", re.IGNORECASE)
_OWN_CASE = re.compile(
    r"\b(?:case (?:report|presentation|description)|(?:we|authors?) (?:herein |here )?(?:report|present|describe)s? (?:a|an|the|two|three) |our (?:patient|case)\b"
    r"|the patient (?:was|had|underwent|presented|received)|(?:he|she) (?:was|had|underwent|presented|received)\b)",
    re.IGNORECASE,
)
# How many times per 1,000 words a guideline's own terms stand before they decide.
_GUIDELINE_DENSITY = 1.0
_HEAD = 4000


def judge(reading: Reading, labels: Sequence[str]) -> str:
    """Return the kind of a report: as declared, else case_series, case_report, guideline, review or other."""
    if reading.report.kind:
        return reading.report.kind
    text = reading.text
    own = len(_OWN_CASE.findall(text))
    guideline = len(_GUIDELINE.findall(text))
    words = max(1, text.count(" "))
    if guideline >= 3 and guideline * 1000 / words >= _GUIDELINE_DENSITY and guideline > own:
        return "guideline"
    if len(labels) > 1:
        return "case_series"
    told = sum(1 for sentence in reading.sentences if sentence.subject == "patient")
    if not own and len(_REVIEW.findall(text[:_HEAD])) and told < len(reading.sentences) / 4:
        return "review"
    return "case_report" if told else "other"
