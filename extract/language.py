"""How text is cut into words: spaCy's tokenizer with infixes for pathology, and one spelling for all.

`SMA(+)`, `50Gy/25F` and `ALK-negative` split at their marks, and every token carries a NORM in which
British and American spelling, plural and singular, and the many dashes of publishers are the same. The
lexicons are matched on that NORM, so they list each name once.
"""

from __future__ import annotations

import re

import spacy
from spacy.attrs import NORM
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

from extract.reading import holds_any

# A word that starts so is a key of ours in spaCy's string store, not a word of a text.
KEY_MARK = "\x00"
_DASHES = "-‐‑‒–—−"
_HYPHENS = re.escape(_DASHES)
_MARKS = rf"""\[\](){{}}<>"'“”‘’«»,;:!?/\\+*×=≥≤≧≦±~≈&|·•%^#@_⁺⁻{_HYPHENS}"""

_PREFIXES = (rf"[{_MARKS}.]", r"\$")
_SUFFIXES = (r"['’]s", rf"[{_MARKS}.]", r"\$")
# The last: the mark of a citation glued to the stop ("lymphoma.14,15", "carcinoma.[2]").
_INFIXES = (rf"[{_MARKS}]", r"(?<=[a-z0-9])\.(?=[A-Z])", r"(?<=[a-z]{4})\.(?=[\d\[(])")

# British to American, on whole lower-cased words; order matters only within a word.
_SPELLING = (
    (re.compile(r"tumour"), "tumor"),
    (re.compile(r"haem(?=[aio])"), "hem"),
    (re.compile(r"aemi"), "emi"),  # leukaemia, glycaemia
    (re.compile(r"oesoph"), "esoph"),
    (re.compile(r"oedem"), "edem"),
    (re.compile(r"oestr"), "estr"),
    (re.compile(r"\bfoet"), "fet"),
    (re.compile(r"gynaec"), "gynec"),
    (re.compile(r"paediat"), "pediat"),
    (re.compile(r"(?<=an)aem"), "em"),  # anaemia, anaemic
    (re.compile(r"caec"), "cec"),
    (re.compile(r"faec"), "fec"),
    (re.compile(r"ischaem"), "ischem"),
    (re.compile(r"grey\b"), "gray"),
    (re.compile(r"neurone\b"), "neuron"),
    (re.compile(r"fibre"), "fiber"),
    (re.compile(r"centre"), "center"),
    (re.compile(r"behaviour"), "behavior"),
    (re.compile(r"sulph"), "sulf"),
    (re.compile(r"colour"), "color"),
    (re.compile(r"labell"), "label"),
    (re.compile(r"aetiolog"), "etiolog"),
    (re.compile(r"naev"), "nev"),
    (re.compile(r"(?<=[a-z]{4})is(?=(?:ing|ed)$)"), "iz"),  # localised, hyalinising
)
# Letters of which a word holds some wherever one of these patterns is in it.
_BRITISH_LETTERS = ("ae", "oe", "our", "grey", "neurone", "fibre", "centre", "sulph", "labell", "ising", "ised")
_LETTERS = str.maketrans(
    {"é": "e", "ö": "o", "ü": "u", "ï": "i", "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "λ": "lambda", "π": "pi"}
)
_SINGULAR = (
    (re.compile(r"(?<=[a-z]{3})ies$"), "y"),
    (re.compile(r"(?<=[a-z]{3}[aeio])ses$"), "sis"),  # metastases, prostheses
    (re.compile(r"(?<=[a-z]om)ata$"), "a"),
    (re.compile(r"(?<=[a-z]{3})(?<![siu])s$"), ""),
    (re.compile(r"vertebrae$"), "vertebra"),
)


_REMEMBERED_WORDS = 150_000


def normal_form(word: str) -> str:
    """Return the spelling under which a word is looked up: lower case, American, singular, plain dash."""
    if word.startswith(KEY_MARK):
        return word
    if word in _DASHES:
        return "-"
    lower = word.lower() if word.isascii() else word.lower().translate(_LETTERS)
    if len(lower) < 4:
        return lower
    if holds_any(lower, _BRITISH_LETTERS):
        for pattern, replacement in _SPELLING:
            lower = pattern.sub(replacement, lower)
    if lower[-1] in "sae":
        for pattern, replacement in _SINGULAR:
            found, count = pattern.subn(replacement, lower)
            if count:
                return found
    return lower


# Longer runs without a space are no words; cutting at their marks would take the square of their length.
_LONG = 400
_LONG_RUN = re.compile(rf"\S{{{_LONG},}}")
_PIECE = 100
# As long as the longest report that a reader takes, in characters.
_LONGEST_TEXT = 5_000_000


def tokenize(nlp: Language, text: str) -> Doc:
    """Return the text as tokens. Runs of 400 and more characters without a space are cut into pieces, unread."""
    if not _may_hold_long_run(text):
        return nlp.make_doc(text)
    words: list[str] = []
    spaces: list[bool] = []
    done = 0
    for run in _LONG_RUN.finditer(text):
        _add(words, spaces, nlp.make_doc(text[done : run.start()]))
        pieces = [text[at : min(at + _PIECE, run.end())] for at in range(run.start(), run.end(), _PIECE)]
        words += pieces
        spaces += [False] * len(pieces)
        done = run.end()
    _add(words, spaces, nlp.make_doc(text[done:]))
    return Doc(nlp.vocab, words=words, spaces=spaces)


def _may_hold_long_run(text: str) -> bool:
    """Return whether a text has a stretch of 400 characters without a space; cheap, from one space to the farthest within reach."""
    at = -1
    while at + _LONG < len(text):
        at = text.rfind(" ", at + 1, at + 1 + _LONG)
        if at < 0:
            return max(map(len, text.split()), default=0) >= _LONG
    return False


def _add(words: list[str], spaces: list[bool], doc: Doc) -> None:
    words += [token.text for token in doc]
    spaces += [bool(token.whitespace_) for token in doc]


def blank_english() -> Language:
    """Return a spaCy English pipeline without components: our infixes, our NORM, no URL matching."""
    nlp = spacy.blank("en")
    nlp.max_length = _LONGEST_TEXT
    # Of all that spaCy computes of a new word we use its normal form alone; the rest would cost most of the start.
    nlp.vocab.lex_attr_getters = {NORM: normal_form}  # type: ignore[attr-defined]  # missing from spaCy's stubs
    nlp.tokenizer = Tokenizer(
        nlp.vocab,
        prefix_search=compile_prefix_regex(_PREFIXES).search,
        suffix_search=compile_suffix_regex(_SUFFIXES).search,
        infix_finditer=compile_infix_regex(_INFIXES).finditer,
        # The vocabularies alone would fill spaCy's usual 10,000 remembered words, and leave none for the texts.
        max_cache_size=_REMEMBERED_WORDS,
    )
    return nlp
