"""Surgery: whether the tumour was operated on, and the operations with extent and margin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from extract import resumed, treatment
from extract.reading import NOTHING, Finding, Hit, Mention, Reading, Resolution, Sentence, holds_any
from extract.record import Histology, Site, Surgery

NAME = "surgery"
FIELDS = ("surgery", "surgeries")

# All patterns but `_IS_OPERATION` read the sentence in lower case.
# When an operation was done, where its own words say it.
_TIMINGS = (
    ("after neoadjuvant treatment", re.compile(
        r"\binterval\sdebulking|\b(?:after|following|received|completed|completion\sof)\s[^.;]{0,40}\b(?:neo-?adjuvant|preoperative"
        r"|pre-?operative|induction)\b[^.;]{0,60}")),
    ("of a recurrence", re.compile(
        r"\bsalvage\s(?:surgery|\w*ectomy|resection)|\bre-?(?:resection|excision|operation|operated|excised|resected)\b"
        r"|\brecurren(?:t|ce)\b[^.;]{0,60}\b(?:resect\w+|excis\w+|remov\w+|operat\w+)")),
    ("as first treatment", re.compile(
        r"\b(?:primary|initial|upfront|up-front|first)\s(?:surgery|surgical|operation|resection|debulking|cytoreduc\w+)|\badjuvant\b"
        r"|\bfollowed\sby\s(?:[\w-]+\s){0,4}(?:adjuvant|post-?operative)")),
)  # fmt: skip
_MARGIN = re.compile(
    r"""(?P<r>\br[012]\b)
    |\b(?P<before>negative|clear|tumou?r[-\s]free|disease[-\s]free|free|uninvolved|clean|positive
    |involved)\s(?:(?:surgical|resection|excision|safety|deep|lateral|circumferential|all|and)\s){0,3}(?:margins?
    |borders?)\b
    |\b(?:margins?|borders?)\b(?:(?!\bmargins?)[^.;]){0,60}?\b(?P<after>negative|clear|free|not\s(?:involved
    |infiltrated|invaded)|uninvolved|clean|without|no\sevidence|positive|involved|close|infiltrated)\b""",
    re.VERBOSE,
)
_POSITIVE = ("positive", "involved", "infiltrated")
_EXTENT = re.compile(
    r"\b(?:(?P<subtotal>sub-?total|near[-\s]total|incomplete(?:ly)?|str)|(?P<total>(?:gross\s)?total(?:ly)?"
    r"|complete(?:ly)?|gtr|entire(?:ly)?|in\stoto)|(?P<partial>partial(?:ly)?|piecemeal)"
    r"|(?P<debulking>debulk\w*|cytoreduc\w+)|(?P<en_bloc>en[-\s]bloc)|(?P<wide>wide(?:ly)?))\b",
)
_NOT_THE_TUMOUR = re.compile(r"metasta|catheter|suture|drain|stent|silico|clot")
_AND_ANOTHER = re.compile(r"(?<=[a-z])\s(?:and|with|plus|together\swith|as\swell\sas)\s.*")
_METASTATIC = re.compile(r"(?:(?!\b(?:but|no|without|until|before|(?:tumou?rs?|\d{4})\sand)\b)[^.;,]){0,30}\b(?:metasta\w+)")
_FOR_METASTASIS = re.compile(
    r"metasta\w+\s(?:(?!who\b)\w+\s){0,3}(?:was|were|underwent|treated\s(?:with|by))[^.;]{0,25}$|\bmetasta\w+\s$",
)
_HISTORY = re.compile(
    r"\bhistory\b|\bprevious(?:ly)?\b|\bprior\b|\bearlier\b|\bago\b|\bpast\b|\bstatus\spost\b|\bs/p\b|\bin\schildhood\b",
)
_NO_HISTORY = re.compile(r"\b(?:histor(?:y|ies)|previous|prior|past|additional|further|second|other|immediate)\b")
# A word for an operation in general tells that this tumour was operated on where one of these stands with it.
_OPERATED = re.compile(
    r"\b(?:underwent|undergo\w*|performed|operated\s(?:on|upon|for)|(?:first|second|re-?)\s?operated|operated(?=\sfor\sthe\sfirst)|was\soperated|were\soperated|carried\sout"
    r"|treated\s(?:with|by|surgically)|received|came\sto|followed\sby|after|following|surgery\sand)\b",
)
_NO_REMOVAL = re.compile(
    r"\b(?:biops\w+|hydrocephalus|shunt|fracture|stabili[sz]ation|fixation|fistula|bleeding|drainage|decompress\w+"
    r"|reconstructi\w+|hernia|abscess|perforation|cataract|bypass|palliat\w+)\b",
)
# What an operation or its specimen showed: it was done, although no verb says so.
_REPORTED = re.compile(
    r"\b(?:revealed|showed|confirmed|demonstrated|disclosed|yielded|identified|achieved|found|led|resulted|allowed|enabled"
    r"|involved|verified|proved|measured|weighed|indicated)\b",
)
# "We resected the lesion", "successfully resected": the words are themselves the verb.
_VERB = re.compile(r"\b(?:we|surgeons?|and|then|was|were|\w+ly)\s$")
_COULD = re.compile(r"\bcould\s(?:\w+\s)?be\s(?:\w+ly\s)$")
_DECIDED = re.compile(r"\b(?:decid\w+|whether|if|judged|considered|thought|hoped|that)\b")
# A tumour taken out in words that no vocabulary can list: "the mass in the left flank was totally removed".
_TUMOUR = (
    r"(?:tumou?rs?|primary|primaries|plaques?|mass(?:es)?|lesions?|nodules?|cysts?|polyps?|neoplasms?|growths?|cancers?|lumps?"
    r"|[a-z]{3,20}omas?)"
)
_REMOVED = re.compile(
    rf"\b{_TUMOUR}\b[^.;,:]{{0,50}}?\s(?:was|were|been|being)\s(?:[a-z]+ly\s){{0,2}}(?:removed|taken\sout|cut\sout|peeled\soff|shelled\sout|delivered|dissected\sfree)\b"
    rf"|\bhad\s(?:his|her|the|their)\s(?:[\w-]+\s){{0,3}}?{_TUMOUR}\s(?:[a-z]+ly\s)?(?:removed|taken\sout|peeled\soff|shelled\sout)\b"
    rf"|\bremoval\sof\s(?:(?!metast)[\w-]+\s){{0,4}}?{_TUMOUR}\b(?!\s(?:cells?|antigens?|markers?))",
)
_INTENDED = re.compile(r"\b(?:decided|planned|elected|opted|chose|agreed|consented|scheduled|prepared|intended)\b")
_NOT_DONE = re.compile(
    r"[^.;,]{0,25}?\s(?:was|were|is|had\sbeen|has\sbeen)\s(?:also\s|then\s|initially\s)?(?:recommended,\sbut|advised,\sbut|planned,\sbut|proposed,\sbut"
    r"|offered,\sbut|scheduled,\sbut|reserved|deferred|postponed|kept\sin\sreserve|held\sin\sreserve)",
)
# "Surgery was thought futile", "an excision was out of the question": the text says that it was not done.
_RULED_OUT = re.compile(
    r"(?:(?!\b(?:and|with|margins?|complete(?:ness|ly)?)\b)[^.;,]){0,30}?\s(?:was|were|is|had\sbeen|has\sbeen)\s(?:also\s|then\s|therefore\s|initially\s|clearly\s)?(?:"
    r"(?:deemed|considered|thought|judged|felt|regarded|believed|held)\s(?:to\sbe\s|as\s)?(?:too\s\w+|un(?!event|complic|eventful)\w+|in(?!dicated)\w+|im\w+|futile|hazardous|risky|dangerous"
    r"|contra-?indicated|excessive|disproportionate|not\s(?:to\sbe\s)?(?:feasible|possible|appropriate|indicated|suitable|advisable|reasonable|justified|beneficial|an\soption))"
    r"|out\sof\sthe\squestion|unsuitable|impossible|unfeasible|infeasible|inadvisable|contra-?indicated|futile|ruled\sout|too\s(?:risky|dangerous|hazardous|extensive)"
    r"|not\s(?:an\soption|possible|feasible|indicated|advisable|considered|attempted|pursued|undertaken|contemplated|entertained|wanted|acceptable)|dismissed|turned\sdown|vetoed|called\soff|aborted|abandoned)"
    r"|\s(?:carried|posed|entailed)\s(?:an?\s)?(?:prohibitive|unacceptabl[ey]|excessive|too\s(?:high|great))\s(?:\w+\s)?risk\b",
)
# "considered a hemipelvectomy", "the board discussed resection": talked about.
_TALKED_ABOUT = re.compile(
    r"\b(?:surgeons?|team|board|we|they|physicians?|doctors?|oncologists?|conference|meeting|mdt)\s(?:\w+\s){0,2}?(?:considered|contemplated|debated|discussed|proposed|advised|suggested"
    r"|weighed|offered(?:\s(?:him|her))?)\s(?:(?!the\b)[\w-]+\s){0,3}$"
)
_ADVISED_AGAINST = re.compile(
    r"\b(?:(?:advised|decided|opted|voted|argued|recommended|decision|chose)\sagainst|turned\sdown|dismissed|waived|forewent|in\s(?:lieu|place)\sof"
    r"|in\spreference\sto|(?:preferr?ed|elected|chose|opted\sfor)\s(?:[\w-]+\s){1,4}(?:to|over)|(?:declined|refused|reluctant)\sto\sperform)\s(?:(?!tumou?r\b)[\w-]+\s){0,5}$"
)
_OF_THE_WHOLE = re.compile(r"\b(?:complete|en[-\s]bloc|entire|further|additional|repeat|second|immediate|re-)")
_CHOSE_OTHER = re.compile(
    r"[^.]{0,120}?\b(?:he|she|(?:the\s)?patient|family|parents|it\swas)\s(?:\w+ly\s)?(?:opted\sfor|chose|preferred|elected|decided\son|decided\sfor)\s[^.;]{0,60}?(?:radio\w+|irradiation|chemo\w+|observation"
    r"|proton\w*|brachytherapy|surveillance|conservative)[^.;]{0,20}\b(?:instead|rather)\b"
)
# A note: the operation without a verb at the head of a sentence, "Right hemicolectomy, May 2014: ...".
_NOTE_BEFORE = re.compile(
    r"(?:[\w-]+:\s)?(?:(?:right|left|upper|lower|middle|wide|open|simple|modified|extended|gross|near|en|bloc|completion|debulking|conservative|compartment\w*"
    r"|[a-z-]{3,20}(?:al|ic|ar|ary|ior))\s){0,4}"
)
_NOTE_AFTER = re.compile(
    r"(?:\s(?:with|and|of\sthe|plus|for|by|under|through|via|using|after)\s[^.;:]{0,80})?(?:\s(?:in|on|at)\s[^.;:,]{0,30})?\s?(?:[,;:(]|\.?$|\.\s)"
)
_IS_ARGUMENT = re.compile(
    r"\b(?:is|are|may(?!\s\d)|might|should|can|could|would|must|remains?|option|choice|standard|recommend\w*|planned|proposed|considered|refus\w+|declin\w+|unless|versus|vs|refused|offered)\b"
)
_NOT_YET = re.compile(r"\s(?:evaluation|assessment|planning|candidate|options?)\b")
_REFERENCE = re.compile(r"\b(?:the|this|that|such|after|following|since|before)\s(?:\w+\s)?$")
# "Surgery", said where it was done: "during the operation", "controlled by surgery alone", "surgery was uneventful".
_IN_SURGERY = re.compile(
    r"\b(?:during|at|since|by|time\sof|accept(?:ed|ing)|consented\sto|status\spost|s/p|had|completed)\s"
    r"(?:(?:the|an?|her|his|open|primary|initial|first|last|second|same|two-stage|one-stage)\s){0,2}$",
)
_SURGERY_WAS = re.compile(
    r"\s(?:(?:was|were)\s(?:\w+ly\s)?(?:uneventful|successful|complicated|completed|well\stolerated|performed|done|undertaken"
    r"|conducted|carried)|revealed|showed|confirmed|demonstrated|disclosed|alone)\b",
)
_EXPLORED = re.compile(r"lapar|thorac|explor|vats")
# Words of a time after an operation tell of one on the tumour, unless another operation is spoken of.
_OTHER_SURGERY = re.compile(
    r"\b(?:cardiac|heart|bypass|cataract|hip|knee|dental|bariatric|hernia|orthop\w+|gyn\w+|vascular|valve|c(?:a?e)sarean|shunt"
    r"|stent|fracture|transplant\w*|biops\w+|trauma|appendic\w+|cholecyst\w+|haematoma|hematoma|vitre\w+|tracheos\w+|colostomy)\b",
)
# Of the other operations those whose "postoperative course" a report may tell.
_IS_OPERATION = re.compile(
    r"bypass|CABG|coronary|shunt|stomy\b|tracheotomy|replacement|fixation|nailing|arthroplasty|transplant|section|hernia"
    r"|endarter|embolectomy|thrombectomy|cataract|heart|drainage",
)
_SCAR = re.compile(r"\s(?:changes?|scars?|findings?\son|sequelae|imaging|status)\b")
# An excisional biopsy takes the whole lesion out, unless it is of a lymph node or a lymphoma.
_EXCISIONAL = re.compile(r"excision(?:al)?\b")
_OF_LESION = re.compile(r"[^.;,]{0,40}\b(?:tumou?r|mass|lesion|nodule|lump|swelling|growth)s?\b")
_NODE = re.compile(r"\bnod(?:e|es|al)\b|\blymphaden")
_LYMPHOID = ("959", "96", "97", "98", "99")
# After "we decided to perform a gastrectomy" these tell that it was done.
_AFTERWARDS = re.compile(
    r"\b(?:(?:after|during|following)\s(?:the\s)?(?:surgery|operation|resection)|intra-?operatively|post-?operative(?:ly)?"
    r"|(?:resected|surgical|operative)\s(?:specimen|findings))\b",
)
_NOTE_REACH = 45
_UNREAD = ("references", "other", "table")
# Sites at which an operation on any organ may be an operation on the tumour: regions, soft tissue, unknown.
_ANYWHERE = ("C76", "C80", "C48", "C49", "C77", "C42", "C44", "C41", "C47")


@dataclass(frozen=True, slots=True)
class Told:
    """What one word for an operation says. `kind` is the lexicon's: resection, specimen, general, inoperable, margin ..."""

    kind: str
    procedure: str
    words: str
    standing: str = treatment.GIVEN
    margin: str | None = None
    sites: tuple[str, ...] = ()
    is_past: bool = False  # only looked for where the operation is on organs of its own
    clue: treatment.Clue = treatment.NO_CLUE
    is_reference: bool = False  # "after the resection": of an operation that was named before
    is_plain: bool = True  # a general word ("surgery") with words that tell that it was done; only looked for where it was


def find(reading: Reading) -> Iterator[Mention]:
    """Yield each word for an operation on a patient of the authors', and what is said of margins."""
    for sentence in reading.sentences:
        if sentence.section in _UNREAD:
            continue
        hits = reading.hits_in("procedure", sentence)
        text = sentence.text
        has_margin = "argin" in text or "border" in text or "R0" in text or "R1" in text or "R2" in text
        removes = holds_any(text, ("remov", "taken out", "cut out", "peeled", "shelled", "delivered", "dissected free"))
        if not (hits or has_margin or removes) or not treatment.is_told(sentence):
            continue
        for hit in hits:
            if hit.id == "other":
                if _IS_OPERATION.search(hit.entry.variant):
                    yield Mention(NAME, hit.start, hit.end, sentence, Told("another operation", hit.entry.preferred, hit.entry.variant))
            elif hit.id != "nodes" and (hit.id != "biopsy" or _EXCISIONAL.match(sentence.lower, hit.start - sentence.start)):
                yield _mention(reading, sentence, hit)
        if removes:
            yield from _removals(reading, sentence, hits)
        if has_margin:
            yield from _margins(sentence)


def _mention(reading: Reading, sentence: Sentence, hit: Hit) -> Mention:
    lower, start, end = sentence.lower, hit.start - sentence.start, hit.end - sentence.start
    before = lower[max(0, start - 80) : start]
    kind = _kind(sentence, hit, before)
    standing = _standing(reading, sentence, hit.start, hit.end, kind)
    is_given = standing == treatment.GIVEN
    sites = tuple(hit.entry.get("sites").split())
    said = Told(
        kind,
        hit.entry.preferred,
        lower[start:end],
        standing,
        None,
        sites,
        bool(sites) and _HISTORY.search(lower[max(0, start - 120) : end + 60]) is not None,
        treatment.clue(reading, sentence, hit.start) if is_given else treatment.NO_CLUE,
        not sites and _REFERENCE.search(before) is not None,
        not is_given or _is_plain(lower, start, end, kind),
    )
    return Mention(NAME, hit.start, hit.end, sentence, said, treatment.assertion(standing), "patient")


def _kind(sentence: Sentence, hit: Hit, before: str) -> str:
    """Return what kind of word it is here: an excision may be of a metastasis, an access lead to a mere biopsy."""
    lower, end = sentence.lower, hit.end - sentence.start
    if hit.id in ("resection", "general") and (_METASTATIC.match(lower, end, end + 45) or _FOR_METASTASIS.search(before)):
        return "metastasis"
    if hit.id == "access":
        # Through a craniotomy a tumour is taken out, or only a sample of it.
        return "other" if "biops" in lower else "resection"
    if hit.id == "biopsy":
        is_lesion = _OF_LESION.match(lower, end, end + 60) is not None and not _NODE.search(lower)
        return "excisional biopsy" if is_lesion else "other"
    return hit.id


def _standing(reading: Reading, sentence: Sentence, start: int, end: int, kind: str) -> str:
    """Return given, planned, denied or argued; what a sentence, or the next ones, tell as done was done."""
    lower, at, until = sentence.lower, start - sentence.start, end - sentence.start
    before = lower[max(0, at - 80) : at]
    is_verb = sentence.text[at:until].endswith("ed") and _VERB.search(before) is not None
    needs_past = kind not in ("inoperable", "specimen") and not is_verb and not _reports(lower)
    standing = treatment.standing(reading, start, end, sentence, needs_past)
    if kind in ("resection", "general") and standing != treatment.DENIED and not is_verb:
        after = lower[until : until + 110]
        is_out = holds_any(after, _WORDS_RULING_OUT) and _RULED_OUT.match(after)
        if is_out or (holds_any(before, _WORDS_AGAINST) and _ADVISED_AGAINST.search(before)):
            # Where only the whole could not be taken out, a part may have been.
            return treatment.PLANNED if _OF_THE_WHOLE.search(lower[max(0, at - 14) : until]) else treatment.DENIED
        if standing == treatment.GIVEN and holds_any(before, _WORDS_OF_TALK) and _TALKED_ABOUT.search(before):
            return treatment.DENIED if _CHOSE_OTHER.match(lower, until) else treatment.PLANNED
    if standing == treatment.GIVEN:
        is_undone = _NOT_YET.match(lower, until, until + 20) or (
            kind in ("resection", "general") and _NOT_DONE.match(lower, until, until + 75)
        )
        return treatment.PLANNED if is_undone else standing
    if standing == treatment.ARGUED and kind == "resection" and _is_note(lower, at, until):
        return treatment.GIVEN
    if kind == "inoperable":
        return treatment.GIVEN if standing == treatment.PLANNED else standing
    if kind == "specimen":
        # A specimen is there, whatever was not found in it.
        return treatment.GIVEN if standing == treatment.DENIED else standing
    if standing == treatment.DENIED and _NO_HISTORY.search(before[-40:] + lower[at : until + 12]):
        standing = standing if "without" in sentence.text[max(0, at - 25) : at] else treatment.ARGUED
    if standing in (treatment.DENIED, treatment.PLANNED) and resumed.is_resumed(reading, sentence, start, end):
        return treatment.GIVEN
    is_intended = standing == treatment.PLANNED or (standing == treatment.ARGUED and _INTENDED.search(before) is not None)
    if is_intended and kind == "resection" and _is_done_later(reading, sentence):
        return treatment.GIVEN
    could = _COULD.search(before) if standing != treatment.DENIED else None
    return treatment.GIVEN if could and not _DECIDED.search(before, 0, could.start()) else standing


def _is_note(lower: str, at: int, until: int) -> bool:
    """Return whether a sentence, or a clause after a colon, begins with the operation as a note does, and nothing in it argues."""
    begin = max(lower.rfind(": ", 0, at), lower.rfind("; ", 0, at)) + 1
    begin += begin > 0
    return (
        at - begin < _NOTE_REACH
        and _NOTE_BEFORE.fullmatch(lower, begin, at) is not None
        and _NOTE_AFTER.match(lower, until) is not None
        and _IS_ARGUMENT.search(lower) is None
    )


# One of these stands in all that `_RULED_OUT`, `_ADVISED_AGAINST` or `_TALKED_ABOUT` match.
_WORDS_RULING_OUT = (
    " not ", "unsuit", "unfeas", "infeas", "inadvis", "imposs", "deemed", "considered", "thought", "judged", " felt ", "regarded",
    "believed", " held ", "futile", "too ", "ruled", "contra", "question", "dismiss", "turned", "veto", "called off", "abort", "abandon",
    "risk",
)  # fmt: skip
_WORDS_AGAINST = (
    "against", "turned", "dismiss", "waived", "forewent", "lieu", "place of", "prefer", "elected", "chose", "opted", "to perform",
)  # fmt: skip
_WORDS_OF_TALK = ("consider", "contempl", "debat", "discuss", "propos", "advis", "suggest", "weigh", "offer")


@lru_cache(maxsize=256)
def _reports(lower: str) -> bool:
    return _REPORTED.search(lower) is not None


def _is_done_later(reading: Reading, sentence: Sentence) -> bool:
    """Return whether one of the next sentences on the same patient looks back on the operation."""
    for other in reading.sentences[sentence.index + 1 : sentence.index + 4]:
        if other.patient != sentence.patient or other.section != sentence.section or "refus" in other.lower or "declin" in other.lower:
            return False
        if _AFTERWARDS.search(other.lower) and treatment.is_told(other):
            return True
    return False


def _is_plain(lower: str, start: int, end: int, kind: str) -> bool:
    """Return whether the words tell that the tumour was operated on: those for an operation in general need others beside them."""
    if kind == "later":
        return not (_OTHER_SURGERY.search(lower) or _SCAR.match(lower, end, end + 30) or _NO_REMOVAL.search(lower))
    if kind != "general":
        return True
    if _NO_REMOVAL.search(lower):
        return False
    if _OPERATED.search(lower[max(0, start - 60) : end + 40]):
        return True
    if _EXPLORED.search(lower, start, end) or _OTHER_SURGERY.search(lower):
        return False
    return _IN_SURGERY.search(lower[max(0, start - 40) : start]) is not None or _SURGERY_WAS.match(lower, end, end + 40) is not None


def _removals(reading: Reading, sentence: Sentence, hits: Sequence[Hit]) -> Iterator[Mention]:
    """Yield the tumours that are said to have been taken out where no operation of the vocabulary is named."""
    for match in _REMOVED.finditer(sentence.lower):
        start, end = sentence.start + match.start(), sentence.start + match.end()
        if any(hit.start < end and start < hit.end for hit in hits) or _NOT_THE_TUMOUR.search(_AND_ANOTHER.sub("", match.group())):
            continue
        standing = _standing(reading, sentence, start, end, "resection")
        if standing == treatment.DENIED and " not " not in sentence.text[match.start() : match.end()]:
            standing = treatment.ARGUED
        said = Told(
            "resection",
            "removal of the tumor",
            "removal of the tumor",
            standing,
            clue=treatment.clue(reading, sentence, end) if standing == treatment.GIVEN else treatment.NO_CLUE,
        )
        yield Mention(NAME, start, end, sentence, said, treatment.assertion(standing), "patient")


# "A subtotal gastrectomy and resection of the spleen": the extent is of the first operation.
_OTHER_ORGAN = re.compile(r"\b(?:and|with)\b|,|ectomy|resection|excision")
_FEARED = re.compile(r"\b(?:possib\w+|risk|concern|suspic\w+|fear|if|avoid)\b[^.;]{0,30}$")


def _extent(mention: Mention) -> str | None:
    """Return how much was taken out, of the words of the operation or those just before it."""
    lower, start, end = mention.sentence.lower, mention.start - mention.sentence.start, mention.end - mention.sentence.start
    found = None
    for match in _EXTENT.finditer(lower, max(0, start - 25), min(len(lower), end + 14)):
        between = lower[match.end() : start] if match.end() <= start else lower[end : match.start()]
        if not _OTHER_ORGAN.search(between):
            found = match.lastgroup
    return found.replace("_", " ") if found else None


def _timing(mention: Mention) -> str | None:
    """Return when an operation was done relative to the other treatment, None where its own words do not say so."""
    lower, offset = mention.sentence.lower, mention.sentence.start
    near = lower[max(0, mention.start - offset - 110) : mention.end - offset + 60]
    for name, pattern in _TIMINGS:
        if pattern.search(near):
            return name
    return None


def _margins(sentence: Sentence) -> Iterator[Mention]:
    for match in _MARGIN.finditer(sentence.lower):
        word = match["before"] or match["after"] or ""
        margin = match["r"] or ("positive" if word in _POSITIVE else "negative")
        if word == "close" or _FEARED.search(sentence.lower, max(0, match.start() - 50), match.start()):
            continue
        said = Told("margin", "", sentence.text[match.start() : match.end()], margin=margin.upper() if match["r"] else margin)
        yield Mention(NAME, sentence.start + match.start(), sentence.start + match.end(), sentence, said)


_OTHER_REASONS = ("metastasis", treatment.FOR_ANOTHER, "another operation")
# Words that tell of an operation without naming it, the plainest first.
_WEAK_KINDS = ("general", "excisional biopsy", "later")


def resolve(mentions: Sequence[Mention], so_far: object) -> Resolution:
    """Return whether the tumour was operated on (None where unsaid or only planned), and the operations."""
    if not mentions:
        return NOTHING
    known: Mapping[str, object] = so_far if isinstance(so_far, Mapping) else {}
    judged = [(mention, _reason(_told(mention), known)) for mention in mentions]
    done = [mention for mention, reason in judged if reason is None]
    passed = tuple((mention, reason) for mention, reason in judged if reason not in (None, "margin"))
    strong = [mention for mention in done if _told(mention).kind == "resection"]
    denied = [mention for mention, reason in judged if reason == "not operated on"]
    proof = strong
    is_unsure = any(reason in _OTHER_REASONS for _, reason in judged) or _is_lymphoid(known.get("histology"))
    for kind in ("specimen", *(() if denied else _WEAK_KINDS[:2] if is_unsure else _WEAK_KINDS)):
        proof = proof or [mention for mention in done if _told(mention).kind == kind]
    if proof:
        margins = [mention for mention, reason in judged if reason == "margin"]
        surgeries = _surgeries(strong, margins)
        return Resolution({"surgery": Finding(True, tuple(proof[:6]))}, {"surgeries": surgeries} if surgeries else {}, passed)
    if denied:
        return Resolution({"surgery": Finding(False, tuple(denied))}, {}, tuple(pair for pair in passed if pair[0] not in denied))
    return Resolution({}, {}, passed)


def _told(mention: Mention) -> Told:
    assert isinstance(mention.value, Told)
    return mention.value


def _reason(said: Told, known: Mapping[str, object]) -> str | None:
    """Return why a mention is no operation on this tumour, None where it is one."""
    site = known.get("site")
    if said.kind in ("margin", "metastasis", "another operation"):
        return said.kind
    if said.kind == "inoperable":
        return "not operated on" if said.standing in (treatment.GIVEN, treatment.DENIED) else said.standing
    if said.standing == treatment.DENIED and said.kind in ("resection", "general"):
        return "not operated on"
    if said.standing != treatment.GIVEN:
        return said.standing
    if treatment.is_other_tumour(said.clue, site, known.get("histology")):
        return treatment.FOR_ANOTHER
    if said.sites and isinstance(site, Site) and not (site.topography[:3] in said.sites or site.topography[:3] in _ANYWHERE):
        return "on another organ"
    if said.sites and said.is_past and isinstance(site, Site) and site.topography[:3] not in said.sites:
        return "in the past, on another organ"
    if not said.is_plain:
        return "no operation named"
    if said.kind == "excisional biopsy" and (known.get("histology") is None or _is_lymphoid(known.get("histology"))):
        return "a biopsy"
    return None


def _is_lymphoid(histology: object) -> bool:
    code = histology.morphology if isinstance(histology, Histology) else None
    return code is not None and code.startswith(_LYMPHOID)


def _surgeries(strong: Sequence[Mention], margins: Sequence[Mention]) -> list[Finding]:
    """Return each operation once, with the extent that is said and the first margin told after it."""
    groups: dict[str, list[Mention]] = {}
    for mention in strong:
        said = _told(mention)
        known = next(reversed(groups), None) if said.is_reference else None
        groups.setdefault(known or said.procedure, []).append(mention)
    facts: list[Finding] = []
    for group in groups.values():
        words = max((_told(mention).words for mention in group), key=len)
        extent = next((extent for mention in group if (extent := _extent(mention))), None)
        when = next((timing for mention in group if (timing := _timing(mention))), None)
        facts.append(Finding(Surgery(words, extent, timing=when), tuple(group)))
    for margin in margins:
        before = [number for number, fact in enumerate(facts) if fact.proof[0].start <= margin.end]
        if not before:
            continue
        last = max(before, key=lambda number: facts[number].proof[0].start)
        value = facts[last].value
        assert isinstance(value, Surgery)
        if value.margin is None:
            facts[last] = Finding(replace(value, margin=_told(margin).margin), (*facts[last].proof, margin))
    return facts
