"""Was it given: what the sentence around a treatment says of it, for every field that tells of treatment.

`context` answers whether words are denied or planned; here its answer is read for treatments: what was
planned "and started" was given, and what was given for another, earlier cancer is not the index tumour's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from extract import context
from extract.reading import Hit, Reading, Sentence, holds_any
from extract.record import Histology, Site

GIVEN, PLANNED, DENIED, ARGUED = "given", "planned", "denied", "argued"
# Why a treatment that was given is not the index tumour's.
FOR_ANOTHER = "for another tumour"
_ASSERTIONS = {GIVEN: "present", PLANNED: "planned", DENIED: "absent", ARGUED: "possible"}

# All patterns but `_NOUN` read the sentence in lower case.

_NARRATED = re.compile(
    r"\b(?:administered|given|started|delivered|performed)\b.{0,40}\b(?:the\spatient|him|her|he|she)\b|\b(?:he|she|his"
    r"|her|(?:the|this)\spatient)\b.{0,120}?\b(?:received|underwent|completed|started|switched|developed|treated|given"
    r"|administered|placed|tolerated|admitted|re-?start|continued|responded)\b",
)
_OPENS = re.compile(r"(?:[\w\s]{0,30},\s)?(?:he|she|the\spatient|our\spatient)\s")
_CITED = re.compile(r"\[\s?\d|\(\d{1,3}(?:[,–-]\s?\d{1,3}){0,5}\)|et al|\bpatients\b")
_NARRATING = ("introduction", "body", "abstract", "case", "treatment", "follow_up", "pathology")
# What was planned, scheduled or advised, and then done, in the same sentence.
_DONE = re.compile(
    r"\b(?:and|then|which|was|were)\s(?:(?:was|were|has\sbeen|subsequently|immediately|successfully|then|also)\s){0,2}"
    r"(?:initiated|started|completed|performed|delivered|given|administered|carried\sout|commenced|received|underwent"
    r"|undertaken|instituted|accomplished)\b"
    r"|\bwhich\s(?:(?:the\s)?patient|he|she|they)\s(?:\w+ly\s|then\s|has\s|had\s)?(?:accepted|completed?|received|underwent|undergone|started|began"
    r"|tolerated|finished)\b"
    r"|(?:\b(?:and|to\swhich)|[;,])\s(?:(?:(?:the\s)?patient|he|she|they)\s)?(?:\w+ly\s|then\s)?(?:(?:agreed|accepted|consented)(?!\sto\b)"
    r"|(?:completed|received|underwent|finished)\s?(?:[.;,]|\d|(?:it|this|these|them|all|both|(?:a|the)\s(?:total|full|entire|whole|planned|course|treatment))\b))",
)
# "Radiotherapy is the treatment of choice": argued, where nothing says that it was done to someone.
_MODAL = re.compile(
    r"\b(?:is|are|may|might|should|can|could\sbe|would|will|must|whether|if|role\sof|options?|benefits?\sof|need\sfor"
    r"|indicat\w+\sfor|choice|recommend\w*|suggest\w*)\b",
)
_TOLD = re.compile(
    r"\b(?:was|were|had|received|underwent|undergone|undergoing|receiving|treated|given|administered|complet\w+|started"
    r"|began|initiated|commenced|delivered|performed|continued|responded|tolerated|"
    r"opted|elected|chose|accepted|agreed|consented|ended|finished|benefit?ted\sfrom|got|gave|cycles|despite|he|she|his|her|patient)\b",
)
# "was referred for radiotherapy and completed 60 Gy"
_NOW_DONE = re.compile(
    r"\b(?:and|who|which|then|but|she|he|patient)\s(?:\w+ly\s|then\s){0,2}(?:completed|received|finished|underwent|had|began|got|(?:was|were)\s(?:given|treated\swith))"
    r"\s(?:(?!plan)[\w-]+\s){0,4}$"
)
_INSTEAD = re.compile(r"\b(?:but|however|only|instead|although)\b|;")
_PAST = re.compile(
    r"\b(?:was|were|had|has|have|received?|receiving|underw\w+|undergo\w*|treated|given|administered|followed|complet\w+"
    r"|after|following|during|started|began|initiated|"
    r"commenced|delivered|performed|despite|added|used|applied|continued|included|consisted|comprised|s/p|status\spost"
    r"|benefit?ted|agreed|consented|ended|finished|concluded|(?:is|are|still)\s(?:now\s|still\s|currently\s)?(?:on|under|undergoing|receiving|having)"
    r"|responded|tolerated|opted|elected|chose|accepted|got|subsequent|induced|elicited|prevented|demonstrated|resulted|achieved"
    r"|reduced|relieved|improved|led\sto|failed|"
    r"gave|did|presented|provided|unresponsive|continues|remains|currently|post-?(?:operative|surgical)?|(?:neo-?)?adjuvant)\b",
)
_HISTORY = re.compile(
    r"\bhistory\b|\bhad\s(?:been\streated|received|undergone)\b|\bprevious(?:ly)?\b|\bprior\b|\bearlier\b|\bago\b"
    r"|\bbefore\b|\bpast\b|\bknown\b|\bsurvivor\b|\bpreviously\b|\bin\s(?:19|20)\d\d\b"
    r"|\byears?\safter\b|\bat\s(?:the\s)?age\b|\bat\s\d{1,2}\syears|\bfor\s(?:[\w-]+\s){1,2}(?:treatment|therapy)\b"
    r"|\bdeveloped\b.{0,90}\byears\slater\b|\bfor\s(?:the\s)?treatment\sof\b|\b(?:second|another|separate|unrelated)\sprimary\b",
)
_IN_YEAR = re.compile(r"\bin\s(?:19|20)\d\d\b")
_GOES_ON = re.compile(
    r"\bhad\s(?:also\s)?(?:been|received|undergone|had|completed)\b|^(?:he|she|(?:the|this)\spatient)\b.{0,30}\bsubsequent"
    r"|^in\s(?:19|20)\d\d\b",
)
# How a sentence goes on with the treatment that the one before began to tell of.
_GOES_ON_WITH = re.compile(
    r"^(?:after|following|subsequent(?:ly)?|then|thereafter|afterwards?|adjuvant|post-?operative(?:ly)?|treatment|therapy|as\spart|this|it|she|he|(?:the|this)\spatient)\b",
)
_EARLIER = re.compile(r"\b(?:history\sof|previous(?:ly)?|prior|years?\s(?:ago|before|earlier)|survivor|known\scase)\b")
# With these words the present illness begins: what follows is no longer told of the past one.
_PRESENTS = re.compile(
    r"\b(?:present(?:ed|ing|s|ation)|was\s(?:re)?admitted|was\sreferred|developed|complain\w*|noticed|came\sto|visited|was\sseen|found\sto|was\sdiagnosed|now|recently|currently"
    r"|years?\slater|months?\slater)\b",
)
_NOT_GIVEN = re.compile(
    r"\b(?:not|never)\s(?:been\s)?(?:offered|given|receiv\w+|treated|administered|undergone?|started|have|had)\b[^.;]{0,60}$",
)
# "She was offered radiotherapy": a passive whose object follows.
_ADVISED = re.compile(
    r"\b(?:was|were|is|been|being)\s(?:\w+ly\s)?(?:advised|recommended|offered|suggested|proposed|planned|scheduled"
    r"|considered|discussed|referred|sent|transferred|intended|prepared|counsell?ed)\b"
    r"(?:(?!\b(?:but|and|who|which|however|before|after|received|underwent|started|completed|finished|given|by|where)\b)[^.;]){0,70}$",
)
# What holds of the words before it holds of a treatment: "chemotherapy followed by surgery", "adjuvant treatment (such as ...".
_JOINED = re.compile(
    r"\bfollowed\sby\s(?:[\w-]+\s){0,3}$|\(?\b(?:such\sas|e\.g\.,?|i\.e\.,?|namely)\s(?:[\w-]+,?\s){0,4}$|\bincluding\s(?:[\w-]+,?\s){0,3}$",
)
# "was recommended; however, her family refused", "was offered, which she turned down": what was refused is named before, or not at all.
_PERSON = r"(?:(?:the|his|her|their)\s)?(?:patient|family|parents?|relatives|he|she|they|mother|father|wife|husband|it)"
_TURNED_DOWN = (
    r"(?:refus|declin|reject|turn(?:ed|ing)\s(?:(?:it|this|that|them)\s)?down|oppos|(?:did|could|would|was|were)\snot\s(?:consent|agree|accept|want|wish|willing"
    r"|turn\sup|show\sup|return|come|comply|attend|appear|proceed|pursue|undergo|start|take|keen|able|afford|travel|have\s(?:it|this|any)"
    r"|given|done|performed|started|administered|delivered|accepted|initiated|pursued|undertaken|received)"
    r"|(?:was|were)\s(?:unwilling|unable|reluctant|refused|declined)|never\s(?:came|returned|attended|started|received|underwent|given|took))\w*"
)
_REFUSED_AFTER = re.compile(
    rf"[^.]{{0,110}}?(?:[,;]|\b(?:but|however|although|though|yet|and|which|who)\b),?\s(?:(?:but|however|which|who|and|it),?\s)?(?:{_PERSON}\s)?"
    rf"(?:(?!not\b|never\b|chemo|surg|operat)\w+\s){{0,2}}?{_TURNED_DOWN}(?!\s(?:\w+\s){{0,2}}(?:chemo|surg|operat|resect|hospital|biops))"
    r"|[^.;]{0,60}?\b(?:but|and)\s(?:was\s|were\s)?(?:not|never)\s(?:given|done|performed|administered|delivered|started|initiated"
    r"|pursued|undertaken|accepted)\b"
    rf"|[^.]{{0,80}}?(?:\b(?:but|however)\b|;),?\s(?:{_PERSON}\s)?(?:preferred|opted\sfor|chose|elected)\s(?:to\sbe\s)?(?:\w+\s){{0,3}}?"
    r"(?:observ|surveill|follow|wait|watch|conservative|best\ssupportive|palliative\scare|no\s|not\s|against)",
)
# "Radiotherapy was recommended. The patient declined.": the next sentence, where it names nothing else.
_REFUSED_NEXT = re.compile(
    rf"(?:however|but|unfortunately|nevertheless|yet)?,?\s?{_PERSON}\s(?:\w+ly\s)?{_TURNED_DOWN}"
    r"(?:\s(?:this|it|that|them|any|all|further|the|to|such|these|because|due|for|and|treatments?|therap(?:y|ies)|option|advice|proposal|recommendations?|offer|plan"
    r"|adjuvant|postoperative|personal|financial|reasons|(?:on|of)|by|family|economic|religious|own|his|her|age|old|advanced|fear|side|effects))*\s?[.,;]",
)
# "She was referred for chemotherapy. She has been in remission since.": what was planned had its effect.
_TOOK_EFFECT_NEXT = re.compile(
    rf"(?:then|subsequently|thereafter|afterwards)?,?\s?{_PERSON}\s(?:(?:has|have|had|been|is|was|then|now|subsequently|remains|remained|currently|also)\s){{0,4}}"
    r"(?:(?:in|went\sinto|entered|achieved|attained|reached)\s(?:an?\s)?(?:complete\s|clinical\s|partial\s|full\s|very\sgood\s|first\s){0,2}(?:remission|response)"
    r"|respond(?:ed|ing)\b|tolerat(?:ed|ing)\s(?:it|this|the|all|both|chemo|radio|treatment|therapy)"
    r"|(?:completed|finished)\s(?:it|this|the|all|both|her|his|chemo|radio|treatment|therapy|\d|six|four|three))",
)
# "could not be controlled by radiotherapy", "without evidence of disease by surgery and irradiation": an effect is denied.
_EFFECT = re.compile(
    r"\b(?:controll|improv|reliev|cur|resolv|halt|prevent|eradicat|stopp|suppress|manag|respond|disappear|chang|decreas|shr[iau]nk|regress|affect|eliminat"
    r"|alleviat|stabili[sz]|reduc)\w*\b[^.;]{0,60}$|\b(?:disease|recurrence|tumou?r|symptoms?)\s(?:by|after|following|with)\b[^.;]{0,80}$",
)
# "did not disappear after radiotherapy, further therapy was not given": the denial speaks of what follows the comma.
_SETTING = re.compile(r"\b(?:after|following|despite|during|since)\s(?:[\w-]+\s){0,3}$")
_OPTIONS = re.compile(
    r"\b(?:options?|alternatives?|choices)\b(?:(?!\b(?:received|underwent|chose|chosen|opted|decided|was|were|started|given|elected|selected"
    r"|treated|after|with)\b)[^.;]){0,40}$",
)
_OPTIONS_AFTER = re.compile(r"[^.;,]{0,25}\b(?:as|is|are)\s(?:an?\s)?(?:alternative|option|treatment\soption)")
_DECIDED_AFTER = re.compile(r"[^.;,]{0,30}\b(?:was|were)\s(?:decided|advised|chosen\sas|agreed)\b[^.]{0,80}\b(?:but|however|although)\b")
_INTENDED = re.compile(r"\bintended\s(?:[\w-]+\s)?$|\bplans?\s(?:was|were|is|are)\smade\s(?:for|to)\s(?:[\w-]+\s){0,3}$")
# "not a candidate for radiotherapy", "died before radiotherapy", "radiotherapy was deemed unnecessary": it was not given.
_UNFIT_BEFORE = re.compile(
    r"\b(?:unfit|unsuitable|ineligible|not\s(?:an?\s)?(?:\w+\s)?candidate|not\s(?:eligible|suitable|fit)|no\scandidate)\sfor\s(?:[\w-]+\s){0,3}$"
    r"|\b(?:died|expired|succumbed|passed\saway|lost\sto\sfollow[-\s]?up|absconded|defaulted|disappeared|left)\b[^.;]{0,30}\bbefore\s(?:[\w-]+\s){0,3}$",
)
_DENIED_AFTER = re.compile(
    r"(?:(?!\b(?:and|but|with|for|of|after|which|who)\b)[^.;,()]){0,40}?(?:\b(?:was|were|is)\s(?:\w+\s){0,2}?)?(?:"
    r"\b(?:deemed|considered|thought|felt|judged|regarded|believed)\s(?:to\sbe\s|as\s)?(?:unnecessary|inappropriate|unsuitable|contraindicated|impossible"
    r"|unfeasible|not\s(?:to\sbe\s)?(?:necessary|indicated|appropriate|feasible|suitable|needed|required|beneficial|justified|warranted))"
    r"|\bcould\snot\sbe\s(?:administered|given|started|delivered|offered|initiated|done|applied|commenced)\b"
    r"|\b(?:was|were)\s(?:[\w-]+\s){0,6}(?:and|but)\s(?:was|were)\s(?:\w+\s)?(?:not|never)\s(?:given|administered|delivered|performed|done|started)"
    r"|\b(?:was|were)\s(?:impossible|unfeasible|unnecessary|not\s(?:necessary|attempted|pursued|undertaken|delivered|deemed\s\w+)))",
)
# One of these stands in all that `_NOT_GIVEN`, `_UNFIT_BEFORE` and `_DENIED_AFTER` match, or in what `_ADVISED` does.
_WORDS_OF_DENIAL = (
    "not", "never", "unfit", "unsuitable", "ineligible", "candidate", "before", "unnecessary", "inappropriate", "contraindicated",
    "impossible", "unfeasible",
)  # fmt: skip
_WORDS_OF_ADVICE = (
    "advised", "recommended", "offered", "suggested", "proposed", "planned", "scheduled", "considered", "discussed", "referred", "sent",
    "transferred", "intended", "prepared", "counsel",
)  # fmt: skip
_NO_PLAN = re.compile(r"\s(?:gross|clinical|target|tumou?r|internal|volume|ct|computed|system|organ)")
# A verb between "without" and a treatment begins another thought: "without bone involvement, treated with excision".
_NEW_VERB = re.compile(r"\b(?:treated|underwent|received|performed|given|administered|resected|operated)\b")
_WAS_DONE = re.compile(
    r"[^.;,]{0,40}?\b(?:was|were)\s(?:(?!not|never)\w+\s){0,2}?(?:performed|done|carried\sout|undertaken|given"
    r"|administered|initiated|started|delivered|conducted|applied|accomplished|completed|taken|used|resumed|added)\b",
)
_CLAUSE = re.compile(
    r",[^;]{0,90}?\b(?:(?:was|were)\s(?:(?!not|never)\w+\s){0,2}?(?:initiated|started|treated|given|switched|commenced"
    r"|administered|performed|placed)\b|underwent\b|received\b|performed\b)"
    r"|,[^;]{0,70}\b(?:was|were)\s(?:(?!not|never)\w+\s){0,2}$",
)
_NOUN = re.compile(r"\s(?:in|of)\b")
# What treatment is in general, in the present tense.
_GENERAL = re.compile(
    r"\btreatments?\s(?:of\s[\w\s-]{3,60}?\s)?(?:modalit\w+\s)?(?:is|are|remains?|consists?|includes?|comprises?"
    r"|involves?)\b|\bbest\s(?:managed|treated)\b|\bstandard\s(?:of\scare|treatment)\sis\b"
    r"|\btreatment\sof\schoice\b|\bmainstay\b|\b(?:has|have)\sbeen\s(?:proven|proved|shown|reported|suggested|advocated)\b"
    r"|\bcurrently\savailable\b|\bevidence\s(?:indicat|suggest|show)\w*"
    r"|\d\s?%\sof\s(?:the\s|all\s)?(?:cases|patients|women|men|children)\b|\b(?:rarely|commonly|frequently|often|widely)\sused\b",
)
# One of these stands in all that `_GENERAL` matches.
_WORDS_IN_GENERAL = ("treatment", "been", "best", "standard", "mainstay", "available", "evidence", "%", "used")
# "radiotherapy (50 Gy) for cervical cancer", "chemotherapy to treat her lymphoma"; a metastasis is the index tumour's own.
_PURPOSE = re.compile(
    r"(?:(?!\b(?:(?<!head\s)and|who|which|but|before|after|then|because|due)\b)[^,;.]|\.\d){0,70}?\b(?:for|to\streat)\s"
    r"(?P<tumour>(?:(?P<metastasis>[^,;.]{0,40}\b(?:metasta\w+|residual|recurren\w+|relaps\w+|pain\w*|palliat\w+|control))\b)?[^,;.]{3,60})",
)
# "for bone metastases of breast cancer"
_PURPOSE_ELSEWHERE = re.compile(r"[^;.]{0,90}?\b(?:for|to\streat)\s[^,;.]{0,30}\bmetasta\w+\s(?:of|from|due\sto)\s(?P<tumour>[^,;.]{3,50})")
_HISTORY_OF = re.compile(r"\bhistory\sof\b|\bpreviously\s(?:been\s)?(?:treated|operated|diagnosed)\s(?:on\s)?(?:for|with)\b")
# What stands after such words beside a treatment is told of something else.
_CLAUSE_END = re.compile(
    r"[;,]|\b(?:who|which|that|developed?|presented|diagnosed|diagnosis|before|prior\sto|until|admitted|found|revealed|showed)\b",
)
_YEARS_EARLIER = re.compile(r"\byears?\s(?:ago|before|earlier|prior|previously)\b")
_COMES = re.compile(r"\b(?:presented|presents|admitted|referred|noticed|complain\w*|came|visited|seen|found\sto|developed)\b")
_PAST_HEADING = re.compile(r"\bpast\s(?:illness|medical\shistory|history)|\bprevious\s(?:illness|history)|\bmedical\shistory\b")
_UNDER_HEADING, _LONGEST_HEADING = 12, 45
# So many sentences back a past tumour may have been named.
_CHAIN = 3
# Codes that say "a cancer" and no more: they cannot show that a tumour is another one than the index.
_UNSPECIFIC = ("800", "801", "888", "814", "880")


class Clue(NamedTuple):
    """The tumours that are named with a treatment: ICD-O topography and morphology, three characters each."""

    sites: frozenset[str] = frozenset()
    histologies: frozenset[str] = frozenset()
    is_past: bool = True
    names_cancer: bool = False  # "breast cancer": no sarcoma, no lymphoma
    names_tumour: bool = False
    lineages: frozenset[str] = frozenset()
    names_metastasis: bool = False
    is_purpose: bool = False  # "irradiation for cervical cancer": said of this treatment itself


# ICD-O morphology, by the last code of each lineage.
_LINEAGES = (
    ("858", "epithelial"), ("879", "melanocytic"), ("904", "mesenchymal"), ("905", "mesothelial"), ("910", "germ cell"),
    ("937", "mesenchymal"), ("958", "neural"), ("999", "haematologic"),
)  # fmt: skip

NO_CLUE = Clue()


def is_told(sentence: Sentence) -> bool:
    """Return whether a sentence tells of the authors' patient: by its subject, or because it narrates."""
    if sentence.subject == "patient":
        return True
    if sentence.section not in _NARRATING or sentence.is_heading:
        return False
    if sentence.subject != "general" and not _OPENS.match(sentence.lower):
        return False
    return _narrates(sentence.lower)


# What depends on a sentence alone is asked for each treatment that it names, by one field after the other.
_once = lru_cache(maxsize=512)


@_once
def _narrates(lower: str) -> bool:
    return _NARRATED.search(lower) is not None and _CITED.search(lower) is None


def is_aside(reading: Reading, sentence: Sentence) -> bool:
    """Return whether a sentence only supports what the case tells: a caption, or an argument that does not say "our patient"."""
    if sentence.section in ("caption", "title", "other", "table"):
        return True
    if sentence.section not in ("discussion", "conclusion"):
        return False
    return not any(hit.id == "own" for hit in reading.hits_in("subject", sentence))


def standing(reading: Reading, start: int, end: int, sentence: Sentence, needs_past: bool = False) -> str:
    """Return given, planned, denied, or argued ("radiotherapy is an option") for a treatment at these offsets.

    With `needs_past`, a sentence without any word for something done is argued, too.
    """
    lower = sentence.lower
    before = lower[max(0, start - sentence.start - 90) : start - sentence.start]
    at = end - sentence.start
    cues = _cues(lower)
    if cues.decided and (_DECIDED_AFTER.match(lower, at) or _INTENDED.search(before)):
        return _of_plan(reading, sentence, at)
    if cues.denied and (_NOT_GIVEN.search(before) or _UNFIT_BEFORE.search(before) or _DENIED_AFTER.match(lower, at)):
        return DENIED
    if cues.advised and _ADVISED.search(before):
        return _of_plan(reading, sentence, at)
    if cues.options and (_OPTIONS.search(before) or _OPTIONS_AFTER.match(lower, at)):
        return ARGUED
    joined = _JOINED.search(before) if cues.joined else None
    if joined:
        # "was planned for chemotherapy followed by surgery": what holds of the first holds of the second.
        start = end = start - len(before) + joined.start()
    cue = _cue_of(reading, start, end, sentence)
    if cue is None or cue.id == "family":
        return ARGUED if cue is not None or _is_argued(sentence, start, needs_past) else GIVEN
    between = lower[cue.end - sentence.start : start - sentence.start] if cue.end <= start else ""
    if cue.end <= start and _is_new_clause(between, lower[at:]):
        return GIVEN
    if cue.id == "planned" and _NOW_DONE.search(between):
        return GIVEN
    if cue.id in ("declined", "absent"):
        is_of_effect = _NEW_VERB.search(between, 7) or _EFFECT.search(between)
        is_of_later = cue.start >= end and _SETTING.search(before) and "," in reading.text[end : cue.start]
        return GIVEN if is_of_effect or is_of_later else DENIED
    return _of_plan(reading, sentence, max(cue.end, end) - sentence.start)


def assertion(standing: str) -> str:
    """Return what a mention asserts of a treatment that was given, planned, denied or argued."""
    return _ASSERTIONS[standing]


class _Cues(NamedTuple):
    """Which of the patterns of `standing` may match in a sentence: whether it holds one of the words that they all hold."""

    decided: bool
    denied: bool
    advised: bool
    options: bool
    joined: bool


@_once
def _cues(lower: str) -> _Cues:
    return _Cues(
        holds_any(lower, ("decided", "advised", "chosen", "agreed", "intended", "plan")),
        holds_any(lower, _WORDS_OF_DENIAL),
        holds_any(lower, _WORDS_OF_ADVICE),
        holds_any(lower, ("option", "alternative", "choice")),
        holds_any(lower, ("followed", "such", "e.g", "i.e", "namely", "including")),
    )


def _cue_of(reading: Reading, start: int, end: int, sentence: Sentence) -> Hit | None:
    """Return the cue of denial or of a plan that holds of a treatment, None where words only look like one."""
    cue = context.cue_of(reading, start, end, sentence)
    if cue is None:
        return None
    if cue.id == "declined" and _NOUN.match(reading.text, cue.end):
        # "a decline in renal function"
        return None
    if cue.id == "planned" and cue.entry.variant in ("planning", "planned") and _NO_PLAN.match(sentence.lower, cue.end - sentence.start):
        # "planning target volume"
        return None
    return cue


def _of_plan(reading: Reading, sentence: Sentence, start: int) -> str:
    """Return what became of a plan by the rest of its sentence: given, denied where it was refused, then or in the next, else planned."""
    lower = sentence.lower
    if is_done(lower, start):
        return GIVEN
    if _REFUSED_AFTER.match(lower, start):
        return DENIED
    following = reading.sentences[sentence.index + 1] if sentence.index + 1 < len(reading.sentences) else None
    if following is None or following.patient != sentence.patient:
        return PLANNED
    if _REFUSED_NEXT.match(following.lower):
        return DENIED
    return GIVEN if _TOOK_EFFECT_NEXT.match(following.lower) else PLANNED


def is_done(text: str, start: int) -> bool:
    """Return whether the rest of a sentence tells that what was planned was done, and not something else instead."""
    done = _DONE.search(text, start)
    return done is not None and _INSTEAD.search(text, start, done.start()) is None


def _is_new_clause(between: str, after: str) -> bool:
    """Return whether a clause that tells of something done begins between a cue and a treatment."""
    if "," not in between:
        return False
    return _WAS_DONE.match(after) is not None or _CLAUSE.search(between) is not None


def _is_argued(sentence: Sentence, start: int, needs_past: bool) -> bool:
    """Return whether a sentence argues about a treatment in the present tense and tells nothing that was done."""
    if (needs_past and not _tells_past(sentence.lower)) or _is_general(sentence.lower):
        return True
    at = start - sentence.start
    near = sentence.lower[max(0, at - 140) : at + 120]
    return _TOLD.search(near) is None and _MODAL.search(near) is not None


@_once
def _tells_past(lower: str) -> bool:
    return _PAST.search(lower) is not None


@_once
def _is_general(lower: str) -> bool:
    return holds_any(lower, _WORDS_IN_GENERAL) and _GENERAL.search(lower) is not None


def clue(reading: Reading, sentence: Sentence, start: int) -> Clue:
    """Return which tumours are named with a treatment: in its sentence, or in those before, where it goes on with their past."""
    if past := _under_past_heading(reading, sentence):
        return past
    here = sentence
    is_loose = False
    for _ in range(_CHAIN):
        # Where a treatment's own sentence names no tumour, none is found in it, past or not.
        is_past = (here is not sentence or _names_tumours(reading, here)) and _is_past(reading, here)
        if is_past or here is sentence:
            named = _named(reading, here, start if here is sentence else here.end, is_past)
            if is_loose and (is_past is False or _EARLIER.search(here.lower) is None):
                return NO_CLUE
            if (
                named.is_purpose
                or named.histologies
                or (is_past and (named.names_cancer or (named.sites and (named.names_tumour or not is_loose))))
            ):
                return named
        if not here.index:
            return NO_CLUE
        before = reading.sentences[here.index - 1]
        goes_on = _goes_on(here.lower) or (here is not sentence and is_past)
        if not goes_on and (not _GOES_ON_WITH.match(here.lower) or _presents(here.lower) or _begins_anew(before.lower)):
            return NO_CLUE
        is_loose = is_loose or not goes_on
        here = before
        if here.patient != sentence.patient or here.section != sentence.section:
            return NO_CLUE
    return NO_CLUE


def _is_past(reading: Reading, sentence: Sentence) -> bool:
    """Return whether a sentence tells of the past; a year alone only beside a tumour, or where the past was spoken of just before."""
    if not _is_history(sentence.lower):
        return False
    if not _is_by_year(sentence.lower) or reading.hits_in("histology", sentence):
        return True
    before = reading.sentences[max(0, sentence.index - _CHAIN) : sentence.index]
    return any(here.patient == sentence.patient and (_EARLIER.search(here.lower) or "history" in here.lower) for here in before)


@_once
def _is_by_year(lower: str) -> bool:
    return _HISTORY.search(_IN_YEAR.sub("", lower)) is None


@_once
def _is_history(lower: str) -> bool:
    return _HISTORY.search(lower) is not None


@_once
def _goes_on(lower: str) -> bool:
    return ("had" in lower or "subsequent" in lower or lower.startswith("in")) and _GOES_ON.search(lower) is not None


@_once
def _presents(lower: str) -> bool:
    return _PRESENTS.search(lower) is not None


def _begins_anew(lower: str) -> bool:
    """Return whether a sentence leads from the past to the present illness; "years earlier, she was diagnosed with ..." does not."""
    earlier = _YEARS_EARLIER.search(lower) if "year" in lower else None
    if earlier is None or _COMES.search(lower, earlier.end()):
        return _presents(lower)
    return False


def _under_past_heading(reading: Reading, sentence: Sentence) -> Clue | None:
    """Return the tumours that are named under a heading such as "History of past illness", up to a treatment told there."""
    if not reading.layer(_has_past_heading):
        return None
    heading = _heading_above(reading, sentence)
    if heading is None or _PAST_HEADING.search(heading.lower) is None:
        return None
    found = [_tumours(reading, here, here.start, here.end, True) for here in reading.sentences[heading.index : sentence.index + 1]]
    if not any(one.names_tumour for one in found):
        return None
    return Clue(
        frozenset[str]().union(*(one.sites for one in found)),
        frozenset[str]().union(*(one.histologies for one in found)),
        True,
        any(one.names_cancer for one in found),
        True,
        lineages=frozenset[str]().union(*(one.lineages for one in found)),
    )


def _has_past_heading(reading: Reading) -> bool:
    """Return whether any sentence of a report is a heading such as "History of past illness"."""
    return any(
        ("illness" in here.lower or "history" in here.lower) and _is_like_heading(here) and _PAST_HEADING.search(here.lower) is not None
        for here in reading.sentences
    )


def _is_like_heading(sentence: Sentence) -> bool:
    """Return whether a sentence is a heading; a short line without a stop counts as one."""
    return sentence.is_heading or (len(sentence.text) < _LONGEST_HEADING and sentence.text[-1:].isalpha())


def _heading_above(reading: Reading, sentence: Sentence) -> Sentence | None:
    """Return the nearest heading above a sentence, None where none stands near."""
    for at in range(sentence.index, max(-1, sentence.index - _UNDER_HEADING), -1):
        here = reading.sentences[at]
        if here.patient != sentence.patient:
            return None
        if _is_like_heading(here):
            return here
    return None


def _names_tumours(reading: Reading, sentence: Sentence) -> bool:
    """Return whether the vocabularies find a tumour or a site in a sentence."""
    return bool(reading.hits_in("histology", sentence) or reading.hits_in("site", sentence))


def _named(reading: Reading, sentence: Sentence, start: int, is_past: bool) -> Clue:
    """Return the tumours that a treatment is said to be for ("irradiation for cervical cancer"), else those named before or beside it."""
    if not _names_tumours(reading, sentence):
        return Clue(is_past=is_past)
    offset, lower = sentence.start, sentence.lower
    at = start - offset
    if reading.hits_in("histology", sentence):
        purpose = _PURPOSE.match(lower, at, at + 110)
        purpose = None if purpose and purpose["metastasis"] else purpose
        # A metastasis is the index tumour's, unless it is said of which it is.
        purpose = purpose or _PURPOSE_ELSEWHERE.match(lower, at, at + 180)
        if purpose:
            found = _tumours(reading, sentence, offset + purpose.start("tumour"), offset + purpose.end("tumour"), True)
            if found.names_tumour:
                return found._replace(is_purpose=True)
    beside = _CLAUSE_END.search(lower, at, at + 70)
    end = offset + beside.start() if beside else start + 70
    # "Angiosarcoma in a woman with a history of breast cancer treated with ...": what the history names was treated.
    begun = [match.end() for match in _HISTORY_OF.finditer(lower, 0, at)] if is_past else []
    if begun and (found := _tumours(reading, sentence, offset + begun[-1], end, is_past)).names_tumour:
        return found
    return _tumours(reading, sentence, offset, end, is_past)


def _tumours(reading: Reading, sentence: Sentence, start: int, end: int, is_past: bool) -> Clue:
    """Return the tumours that are named between two offsets of a sentence."""
    hits = [hit for hit in reading.hits_in("histology", sentence) if start <= hit.start < end and hit.id[:1].isdigit()]
    # "anaplastic lymphoma kinase" is a gene.
    hits = [hit for hit in hits if not reading.text.startswith((" kinase", "-kinase"), hit.end)]
    histologies = frozenset(hit.id[:3] for hit in hits)
    places = (hit for hit in reading.hits_in("site", sentence) if start <= hit.start < end and hit.entry.get("kind") != "procedure")
    names_cancer = any("cancer" in hit.entry.variant for hit in hits)
    return Clue(
        frozenset(hit.id[:3] for hit in places),
        frozenset(code for code in histologies if code not in _UNSPECIFIC),
        is_past,
        names_cancer,
        bool(hits),
        frozenset(lineage for hit in hits if (lineage := _lineage(hit.id[:3])) is not None),
        "metasta" in sentence.lower,
    )


def named_ahead(reading: Reading, sentence: Sentence) -> Clue:
    """Return the tumours that a sentence and the two after it name: what a lesion turned out to be."""
    found = [
        _tumours(reading, here, here.start, here.end, False)
        for here in reading.sentences[sentence.index : sentence.index + 3]
        if here.patient == sentence.patient and here.subject == "patient"
    ]
    return Clue(
        histologies=frozenset[str]().union(*(one.histologies for one in found)),
        is_past=False,
        names_tumour=any(one.names_tumour for one in found),
        lineages=frozenset[str]().union(*(one.lineages for one in found)),
    )


def is_other_tumour(found: Clue, site: object, histology: object) -> bool:
    """Return whether a clue names another tumour than the index: of another lineage, another histology, or another site."""
    own = histology.morphology[:3] if isinstance(histology, Histology) and histology.morphology else None
    own_site = site.topography[:3] if isinstance(site, Site) else None
    lineage = _lineage(own)
    if lineage is not None and found.histologies:
        others = {_lineage(code) for code in found.histologies}
        if None not in others and lineage not in others:
            return True
    if found.is_purpose and lineage is not None and found.lineages and lineage not in found.lineages:
        return True
    if not found.is_past and not found.is_purpose:
        return False
    if own is not None and found.histologies and own not in _UNSPECIFIC:
        if own in found.histologies:
            return False
        # A sarcoma in the breast that was irradiated for a carcinoma is another tumour, at the same site.
        is_kin = any(own[:2] == other[:2] for other in found.histologies)
        return not (own_site and own_site in found.sites and is_kin)
    if found.names_cancer and not found.histologies and lineage not in (None, "epithelial", "germ cell"):
        return True
    if found.names_metastasis and not found.histologies:
        # "radiotherapy of bone metastases": a place of the same tumour.
        return False
    return bool(found.sites) and own_site is not None and own_site not in found.sites and not _is_near(own_site, found.sites)


def is_surely_other(found: Clue, site: object, histology: object) -> bool:
    """Return whether a clue names another tumour than the index.

    Where the index is "cancer" and no more, its site may be that of a metastasis and proves nothing.
    """
    is_vague = not isinstance(histology, Histology) or histology.morphology is None or histology.morphology[:3] in ("800", "801")
    return found.names_tumour and is_other_tumour(found, None if is_vague else site, histology)


def is_same_tumour(found: Clue, site: object, histology: object) -> bool:
    """Return whether a clue names the index tumour: its histology, or a tumour of its site that is no other."""
    if is_other_tumour(found, site, histology):
        return False
    own = histology.morphology[:3] if isinstance(histology, Histology) and histology.morphology else None
    if own in found.histologies and own not in _UNSPECIFIC:
        return True
    return found.names_tumour and isinstance(site, Site) and found.sites == {site.topography[:3]}


def _lineage(code: str | None) -> str | None:
    """Return the lineage of a three-digit morphology code, None where it says none or a mixed one."""
    if code is None or not code.isdigit() or code == "800" or "859" <= code <= "871" or "893" <= code <= "898":
        return None
    for last, name in _LINEAGES:
        if code <= last:
            return name
    return None


def _is_near(own: str, others: frozenset[str]) -> bool:
    """Return whether a code of the same system is among others: "C49" and "C76" are both places of soft tissue."""
    vague = ("C76", "C80", "C77", "C44", "C49", "C41", "C40", "C48")
    return own in vague and any(other in vague for other in others)
