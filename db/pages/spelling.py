"""British and American spelling: the other way to write what is looked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from types import MappingProxyType

# Stems, British and American. "^": only where a word begins, so that "hemo" is not found in "chemotherapy". The American stems are long
# enough to stand in no other word: "colorectal" is not "colourectal", "literature" not "litreature", and "anemone" has no "anemi".
_STEMS = """
tumour tumor          oedema edema            ^oesophag ^esophag       gastro-oesophag gastroesophag
^haemat ^hemat        ^haemo ^hemo            haemangi hemangi         haematuri hematuri       haemorrh hemorrh
haemoglob hemoglob    haemosid hemosid        leukaem leukem           ischaem ischem           anaemi anemi
glycaemi glycemi      calcaemi calcemi        kalaemi kalemi           natraemi natremi         volaemi volemi
lipidaemi lipidemi    lipaemi lipemi          uraemi uremi             uricaemi uricemi         phosphataemi phosphatemi
linaemi linemi        binaemi binemi          cythaemi cythemi         bacteraemi bacteremi     septicaemi septicemi
viraemi viremi        toxaemi toxemi          acidaemi acidemi         hyperaemi hyperemi       hypoxaemi hypoxemi
paediatr pediatr      orthopaed orthoped      gynaec gynec             anaesth anesth           aetiolog etiolog
oestrogen estrogen    oestradiol estradiol    rrhoea rrhea             foetal fetal             foetus fetus
foeto feto            faecal fecal            faeces feces             caecal cecal             caecum cecum
caeco ceco            coeliac celiac          phaeochromo pheochromo   palaeo paleo             ^naevus ^nevus
^naevi ^nevi          ^naevo ^nevo            titre titer
fibre fiber           centred centered        centre center            goitre goiter            calibre caliber
centimetre centimeter millimetre millimeter   behaviour behavior       favour favor             discolour discolor
sulph sulf            manoeuvr maneuver       calise calize           nalise nalize           ralise ralize
talise talize         ualise ualize           alisation alization     alising alizing         embolise embolize
embolisa emboliza     metastasise metastasize metastasising metastasizing
"""
# Of more words of two spellings, a phrase is looked for as written, all British and all American.
_MOST_MIXED = 3


def spellings(words: str) -> tuple[str, ...]:
    """Return words as they are, and with each of them spelt the British and the American way; of a single word at most two forms."""
    forms = [(word, *_other(word)) for word in words.split()]
    if sum(len(form) > 1 for form in forms) <= _MOST_MIXED:
        return tuple(" ".join(form) for form in product(*forms))
    both = (" ".join(_to(side, word) for word in words.split()) for side in (0, 1))
    return tuple(dict.fromkeys((" ".join(words.split()), *both)))


def american(words: str) -> str:
    """Return words in American spelling."""
    return _to(1, words)


def _other(word: str) -> tuple[str, ...]:
    """Return the other spelling of a word; () where it has one only."""
    # British first: "oedema" holds "edema".
    other = american(word)
    if other == word:
        other = _to(0, word)
    return (other,) if other != word else ()


def _to(side: int, word: str) -> str:
    """Return a word in British (0) or American (1) spelling."""
    if side == 0 and _STEM_OF[1].search(word):
        return word  # it is British
    stems = _OTHER_STEM[side]
    return _STEM_OF[side].sub(lambda found: stems[found[0].casefold()], word)


def _pairs() -> tuple[tuple[str, str], ...]:
    stems = _STEMS.split()
    return tuple(zip(stems[::2], stems[1::2], strict=True))


def _pattern(stems: list[str]) -> re.Pattern[str]:
    """Return what finds any of the stems, the longest first."""
    wanted = (r"(?<!\w)" * stem.startswith("^") + re.escape(stem.lstrip("^")) for stem in sorted(stems, key=len, reverse=True))
    return re.compile("|".join(wanted), re.IGNORECASE)


# For each side, to which a word is brought: what finds the stems of the other side, and what stands in their place.
_STEM_OF = (_pattern([american for _, american in _pairs()]), _pattern([british for british, _ in _pairs()]))
_OTHER_STEM: tuple[Mapping[str, str], Mapping[str, str]] = (
    MappingProxyType({american.lstrip("^"): british.lstrip("^") for british, american in _pairs()}),
    MappingProxyType({british.lstrip("^"): american.lstrip("^") for british, american in _pairs()}),
)
