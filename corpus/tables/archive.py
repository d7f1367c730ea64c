"""Office files are zip archives of XML: looked at before any library unpacks them."""

from __future__ import annotations

from corpus import zips
from corpus.report import CorpusError

# The XML of a workbook with the largest table allowed has 10 MB; pictures are larger but are not parsed.
MAX_PARTS = 2_000
MAX_XML_BYTES = 20_000_000
MAX_ALL_BYTES = 100_000_000
# Root of a part to its largest size and what it holds: openpyxl takes a second for 300 kB of formats or 1 MB of texts.
_SLOW_PARTS = {b"styleSheet": (2_000_000, "cell formats"), b"sst": (3_000_000, "texts")}


def check_archive(data: bytes, name: str) -> frozenset[str]:
    """Check a zip archive and give the names of its parts.

    Sizes are those that the archive states: `zipfile` gives no more than the stated size of a part, whatever is packed.

    Raises
    ------
    CorpusError
        The archive is broken, encrypted, too large when unpacked, or holds XML with a document type (entities).
    """
    with zips.opened(data, name, "a whole .xlsx or .docx file", MAX_PARTS) as archive:
        parts = archive.infolist()
        if any(map(zips.is_encrypted, parts)):
            raise CorpusError(f"{name}: protected by a password, wanted a file without one")
        xml = [part for part in parts if part.filename.lower().endswith((".xml", ".rels", ".vml"))]
        for what, size, most in (
            ("XML", sum(part.file_size for part in xml), MAX_XML_BYTES),
            ("contents", sum(part.file_size for part in parts), MAX_ALL_BYTES),
        ):
            if size > most:
                raise CorpusError(f"{name}: {size / 1e6:.0f} MB of {what} when unpacked, wanted at most {most / 1e6:.0f} MB")
        for part in xml:
            _check_xml(archive.read(part), f"{name}: {part.filename[:100]}")
        return frozenset(part.filename for part in parts)


def _check_xml(data: bytes, where: str) -> None:
    """Refuse what no Office program writes and what a parser might expand or fetch."""
    if b"\0" in data[:200]:
        raise CorpusError(f"{where} is not UTF-8, wanted UTF-8")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise CorpusError(f"{where} declares a document type, wanted plain XML")
    for root, (most, what) in _SLOW_PARTS.items():
        if len(data) > most and (b"<" + root in data or b":" + root in data):
            raise CorpusError(
                f"{where} has {len(data) / 1e6:.0f} MB of {what}, wanted at most {most / 1e6:.0f} MB; copy the cells into a new workbook"
            )
