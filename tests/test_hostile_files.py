"""Files made to do harm, each through `casebook add`: stored well or refused in one line, in bounded time and memory."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import re
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

import casebook
from db import load
from db.draft import open_readonly
from tests.invented_reports import invented
from tests.report_writers import docx as write_docx

# What the issue grants one file. The processor's time, not the clock's: other programs of the machine do not count.
MOST_SECONDS = 10
MOST_BYTES = 500_000_000

STORY = "A 54-year-old man had a leiomyosarcoma of the left thigh."
SECRET = "Queen Beatrice"  # stands in files beside the hostile one, which nothing may open

# What runs the command and tells of it: what it cost is asked of a process that has not grown itself, as pytest has.
_MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
told = [text.decode("utf-8", "backslashreplace") for text in (done.stdout, done.stderr)]
print(json.dumps([done.returncode, *told, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
"""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did and cost; the memory is that of its largest process."""

    code: int
    out: str
    err: str
    seconds: float
    most_bytes: int


def run(*arguments: str | Path) -> Done:
    command = [sys.executable, "-c", _MEASURE, sys.executable, casebook.__file__, *map(str, arguments)]
    return Done(*json.loads(subprocess.run(command, capture_output=True, timeout=120, check=True).stdout))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a report, to which the hostile files are added."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "good.txt").write_text("A 60-year-old woman had an adenocarcinoma of the lung.")
    assert run("add", folder / "good.txt", "--database", folder / "x.db").code == 0
    return folder / "x.db"


def stored(database: Path) -> list[str]:
    """Return all that is stored but the ledgers, which note what could not be used."""
    with closing(open_readonly(database)) as connection:
        return list(load.dump(connection))


# --- how they are made -----------------------------------------------------------------------------


def jats(body: str = f"<p>{STORY}</p>", before: str = "", title: str = "A case") -> bytes:
    front = f"<front><article-meta><title-group><article-title>{title}</article-title></title-group></article-meta></front>"
    return f"{before}<article>{front}<body>{body}</body></article>".encode()


def html(body: str = f"<p>{STORY}</p>", head: str = "") -> bytes:
    return f"<!doctype html><html><head><title>A case</title>{head}</head><body><article><h1>A case</h1>{body}</article></body></html>".encode()


def bioc(text: str, more: str = "") -> bytes:
    return f'{{"documents": [{{"id": "1", "passages": [{{"offset": 0, "infons": {{}}, "text": {text}}}{more}]}}]}}'.encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(*members: tuple[str, bytes, bytes], content: bytes = b"") -> bytes:
    """Members by name, type and target; the regular ones have the content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target.decode()
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def tar_with_size(size: bytes) -> bytes:
    """A tar file whose member claims a size, as the twelve bytes of the header."""
    data = bytearray(tarred(("a.txt", tarfile.REGTYPE, b""), content=STORY.encode()))
    data[124:136] = size
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


def docx(parts: Mapping[str, bytes] | None = None, old: bytes = b"", new: bytes = b"") -> bytes:
    """A Word document with other parts in it, and other words in the main one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(write_docx(invented(7)[0]))) as whole, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in whole.namelist():
            data = (parts or {}).get(name, whole.read(name))
            assert name != "word/document.xml" or old in data
            archive.writestr(name, data.replace(old, new, 1) if old and name == "word/document.xml" else data)
        for name, data in (parts or {}).items():
            if name not in whole.namelist():
                archive.writestr(name, data)
    return buffer.getvalue()


def overlapping(count: int = 1000) -> bytes:
    """A zip archive whose directory names one packed megabyte many times (Fifield's bomb)."""
    body = zipped({"a.txt": b"a" * 1_000_000})
    end = body.index(b"PK\x05\x06")
    start = body.index(b"PK\x01\x02")
    entry = body[start:end]
    entries = b"".join(entry[:-5] + f"{number:05}"[-5:].encode() for number in range(count))
    return body[:start] + entries + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0)


def zip_with_huge_claims() -> bytes:
    """A zip archive that claims, in the fields of zip64, 8 EB for a member."""
    data = bytearray(zipped({"a.txt": STORY.encode()}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = b"\xff" * 4
    extra = struct.pack("<HHQ", 1, 8, 2**63 - 1)
    data[at + 30 : at + 32] = struct.pack("<H", len(extra))
    name_end = at + 46 + 5
    data[name_end:name_end] = extra
    end = data.index(b"PK\x05\x06")
    data[end + 12 : end + 16] = struct.pack("<L", end - at)
    return bytes(data)


def pdf(objects: list[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of objects, the first of which is the catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, table, len(objects) + 1, trailer, len(out),
    )  # fmt: skip


def stream(content: bytes, about: bytes = b"") -> bytes:
    return b"<< /Length %d %s>>\nstream\n%s\nendstream" % (len(content), about, content)


FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
WORDS = stream(b"BT /F 12 Tf 72 700 Td (%s) Tj ET" % STORY.encode())


def pdf_page(catalog: bytes = b"", words: bytes = WORDS, trailer: bytes = b"") -> bytes:
    return pdf([b"<< /Type /Catalog /Pages 2 0 R %s>>" % catalog, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE, words, FONT], trailer)


def many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % (number + 5) for number in range(count))
    pages = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", pages, b"null", WORDS, *([PAGE] * count)])


def laughs(depth: int, width: int) -> str:
    """Entities of entities."""
    rows = [f'<!ENTITY e0 "{"ha" * 5}">', *(f'<!ENTITY e{n} "{f"&e{n - 1};" * width}">' for n in range(1, depth))]
    return f"<!DOCTYPE article [{''.join(rows)}]>"


# --- what is refused -------------------------------------------------------------------------------

NESTED = "nested|depth"
# Name of the file, its bytes, and what the one line must say.
REFUSED: list[tuple[str, Callable[[], bytes], str]] = [
    ("entities.xml", lambda: jats("<p>&e1;</p>", "<!DOCTYPE article [<!ENTITY e1 SYSTEM 'secret.txt'>]>"), "entity &e1; is unknown"),
    ("deep.xml", lambda: jats("<sec>" * 10_000 + "</sec>" * 10_000), NESTED),
    ("elements.xml", lambda: jats("<p>a</p>" * 2_400_000), "needed more than 500 MB|elements"),
    ("cells.xml", lambda: jats(f"<p>{STORY}</p><table-wrap><table><tr>" + "<td/>" * 250_000 + "<td>a</td>" + "</tr></table></table-wrap>"), "cells"),
    ("sections.xml", lambda: jats(f"<p>{STORY}</p>" + "<sec><title>aa</title></sec>" * 110_000), "characters|took longer"),
    ("title.xml", lambda: jats(title="A tumour " * 500_000), "characters"),
    ("utf7.xml", lambda: jats("+ADw-p+AD4-Words+ADw-/p+AD4-", "<?xml version='1.0' encoding='UTF-7'?>", "+AGE-"), "no patient"),
    ("declared.xml", lambda: jats(f"<p>{STORY} é</p>", "<?xml version='1.0' encoding='GB2312'?>").replace("é".encode(), b"\xff"), "gb2312"),
    ("laughs.xml", lambda: jats(f"<p>{STORY} It was &e8; long.</p>", laughs(9, 10)), "well-formed|entity"),
    ("quadratic.xml", lambda: jats(f"<p>{STORY}" + "&a;" * 50_000 + "</p>", f'<!DOCTYPE article [<!ENTITY a "{"ha" * 9_000}">]>'), "well-formed|entity"),
    ("macro.docx", lambda: docx({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(9_000), "word/embeddings/oleObject1.bin": bytes(9_000)}), "macros"),
    ("external.xml", lambda: jats(f"<p>{STORY}&a;</p>", "<!DOCTYPE article [<!ENTITY a SYSTEM 'secret.txt'>]>"), "entity &a; is unknown"),
    ("unknown-entity.xml", lambda: jats("<p>&e5;</p>", laughs(3, 3)), "well-formed|entity"),
    ("gzip.txt.gz", lambda: gzip.compress(gzip.compress(gzip.compress(b"a" * 5_000_000))), "archive in an archive in an archive|times its size"),
    ("zeros.txt.gz", lambda: gzip.compress(bytes(300_000_000), 1), "times its size|MB unpacked"),
    ("zeros.txt.bz2", lambda: bz2.compress(bytes(50_000_000)), "times its size"),
    ("zeros.txt.xz", lambda: lzma.compress(bytes(50_000_000), preset=0), "times its size"),
    ("bomb.zip", lambda: zipped({"a.txt": bytes(100_000_000)}), "times its size"),
    ("overlap.zip", overlapping, "overlap"),
    ("claims.zip", zip_with_huge_claims, "times its size"),
    ("empty-members.zip", lambda: zipped({f"{number}": b"" for number in range(100_000)}), "100000 parts"),
    ("many-members.zip", lambda: zipped({f"{number}.txt": b"" for number in range(30_000)}), "30000 parts"),
    ("deep.zip", lambda: zipped({"a.zip": zipped({"b.zip": zipped({"c.txt": STORY.encode()})})}), "archive in an archive"),
    ("huge.tar", lambda: tar_with_size(b"00071070000\0"), "broken or truncated|MB unpacked"),
    ("negative.tar", lambda: tar_with_size(b"\xff" * 12), "broken or truncated"),
    ("sparse.tar", lambda: tarred(("a.txt", tarfile.GNUTYPE_SPARSE, b"")), "holes|broken"),
    ("hard-link.tar", lambda: tarred(("a.txt", tarfile.LNKTYPE, b"/etc/passwd")), "a link, wanted a file"),
    ("link.tar", lambda: tarred(("a.txt", tarfile.SYMTYPE, b"../secret.txt")), "a link, wanted a file"),
    ("device.tar", lambda: tarred(("a.txt", tarfile.CHRTYPE, b"")), "a device or pipe"),
    ("part.docx", lambda: docx({"word/document.xml": b"<w:document>" + b" " * 1_000_000_000}), "unpack|MB"),
    ("entities.docx", lambda: docx(old=b"<w:document", new=b"<!DOCTYPE x [<!ENTITY a SYSTEM 'secret.txt'>]><w:document"), "document type"),
    ("deep.html", lambda: html("<div>" * 100_000 + STORY), NESTED),
    ("attribute.xml", lambda: jats(f"<p id='{'a' * 12_000_000}'>{STORY}</p>"), "well-formed"),
    ("deep.json", lambda: b'{"documents": [{"passages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]}", NESTED),
    ("digits.json", lambda: bioc('"x"', ', {"offset": ' + "9" * 1_000_000 + "}"), "digits"),
    ("anchors.md", lambda: b"---\na: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n---\n" + STORY.encode(), "unknown key 'a'"),
    ("object.md", lambda: b"---\ntitle: !!python/object/apply:os.system ['touch secret-made']\n---\n" + STORY.encode(), "title is a"),
    ("front.md", lambda: b"---\ntitle: " + b"a" * 1_000_000 + b"\n---\n" + STORY.encode(), "front matter without an end"),
    ("line.txt", lambda: (STORY + " It did not recur. " * 300_000).encode()[:4_999_999], "5.0 MB of plain text"),
    ("long.txt", lambda: (STORY + " It did not recur." * 100_000).encode(), "characters, wanted at most 400000"),
    ("letter.md", lambda: STORY.encode() + b"a" * 1_900_000, "characters, wanted at most 400000"),
    ("nul.txt", lambda: b"\0" * 1_000_000, "NUL|binary"),
    ("nul-inside.txt", lambda: f"{STORY}\0{STORY}".encode(), "NUL byte at offset"),
    ("marks.txt", lambda: "\u202e\u2066\u200f".encode() * 100_000, "no visible character"),
    ("scan.pdf", lambda: pdf_page(words=stream(b"0 0 612 792 re f")), "scan|no text|no words"),
    ("cut.pdf", lambda: pdf_page()[:250], "PDF"),
    ("loop.pdf", lambda: pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"]), "PDF|page|text"),
    ("locked.pdf", lambda: pdf_page(trailer=b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [<00> <00>] " % ((b"ab" * 32,) * 2)), "password"),
    ("pages.pdf", lambda: many_pages(10_000), "pages"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "reason"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_a_hostile_file_is_refused_in_one_line(name: str, make: Callable[[], bytes], reason: str, database: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(make())
    (tmp_path / "secret.txt").write_text(f"{STORY} {SECRET}")
    before = stored(database)
    done = run("add", tmp_path / name, "--database", database)
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert line.startswith(f"casebook: {tmp_path / name}")
    assert re.search(reason, line.partition(name)[2]), line
    assert len(line) < len(str(tmp_path)) + 400
    assert "Error" not in line
    assert "CASEBOOK_DEBUG" not in line
    assert done.seconds < MOST_SECONDS
    assert done.most_bytes < MOST_BYTES + 20_000_000  # what is mapped counts here: the limit of the worker is that on what is written
    assert stored(database) == before
    assert sorted(path.name for path in database.parent.iterdir()) == ["good.txt", "x.db", "x.history.db"]


# --- what is stored ----------------------------------------------------------------------------------

WORST = "He had x-\n"
REPEATED = ("line.txt", "worst.txt")  # they say one thing more often than is read
TOO_MANY = r"casebook: [^\n]*: more than 1500 mentions; those from offset \d+ on are not read[^\n]*\n"
# Name, bytes, and words that stand or do not stand (with "!") in the text that is stored.
STORED: list[tuple[str, Callable[[], bytes], tuple[str, ...]]] = [
    ("network.xml", lambda: jats(f"<p>{STORY}</p>", "<!DOCTYPE article SYSTEM 'http://127.0.0.1:9/a.dtd'>"), (STORY,)),
    ("include.xml", lambda: jats(f"<p>{STORY}</p><p xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='secret.txt' parse='text'/></p>"), (f"!{SECRET}",)),
    ("attributes.xml", lambda: jats(f"<p {' '.join(f'a{n}={chr(34)}x{chr(34)}' for n in range(200_000))}>{STORY}</p>"), (STORY,)),
    ("wide.xml", lambda: jats(before="<?xml version='1.0' encoding='UTF-16'?>").decode().encode("utf-16"), (STORY,)),
    ("external.docx", lambda: docx({"word/_rels/settings.xml.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="http://127.0.0.1:9/x.dotm" TargetMode="External"/></Relationships>'}), ()),
    ("inside.zip", lambda: zipped({"../../../etc/a.docx": docx()}), ()),
    ("names.zip", lambda: zipped({"/abs/\x1b[31m\u202ered.txt": STORY.encode()}), (STORY,)),
    ("attribute.html", lambda: html(f"<p title='{'a' * 1_000_000}'>{STORY}</p>"), (STORY, "!aaaa")),
    ("refresh.html", lambda: html(f"<p>{STORY}</p><img src='data:text/html,{SECRET}'>", f"<meta http-equiv=refresh content='0;url=file:///{SECRET}'><base href='http://127.0.0.1:9/'>"), (STORY, f"!{SECRET}")),
    ("script.html", lambda: html(f"<p>{STORY}</p><script>alert('{SECRET}')</script><style>{SECRET}</style>"), (STORY, f"!{SECRET}")),
    ("nan.json", lambda: bioc(f'"{STORY}"', ', {"offset": NaN, "infons": {"a": Infinity}, "text": "It was removed."}'), (STORY, "It was removed.")),
    ("twice.json", lambda: bioc(f'"x", "text": "{STORY}"'), (STORY,)),
    ("surrogate.json", lambda: bioc(f'"{STORY} \\ud800 It was removed."'), (STORY,)),
    ("letter.txt", lambda: f"{STORY} ".encode() + b"a" * 390_000, (STORY,)),
    ("line.txt", lambda: (STORY + " It did not recur." * 20_000).encode(), (STORY,)),
    ("worst.txt", lambda: f"{STORY}\n\n{WORST * (390_000 // len(WORST))}".encode(), (STORY,)),
    ("combining.txt", lambda: (STORY + " a" + "\u0301\u0323" * 190_000).encode(), (STORY,)),
    ("bidi.txt", lambda: (STORY + "\u202e\u2066 gnul eht \u2069" * 30_000).encode(), (STORY, "!\u202e", "!\u2066")),
    ("script.pdf", lambda: pdf_page(b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> "), (STORY, "!alert")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "words"), STORED, ids=[name for name, _, _ in STORED])
def test_a_hostile_file_is_stored_without_harm(name: str, make: Callable[[], bytes], words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(make())
    (tmp_path / "secret.txt").write_text(f"{STORY} {SECRET}")
    done = run("add", tmp_path / name, "--database", tmp_path / "x.db")
    assert done.code == 0
    assert re.fullmatch(TOO_MANY if name in REPEATED else "", done.err), done.err
    assert done.out.isprintable() or done.out.strip().isprintable()
    assert done.seconds < MOST_SECONDS
    assert done.most_bytes < MOST_BYTES
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "secret.txt", "x.db", "x.history.db"])
    with closing(open_readonly(tmp_path / "x.db")) as connection:
        ((report_id, text),) = connection.execute("select report_id, text from report_text").fetchall()
        assert connection.execute("select count(*) from patient_case").fetchone() == (1,)
    assert report_id.isprintable()
    for word in words:
        assert (word.removeprefix("!") in text) is not word.startswith("!"), word


def test_names_in_an_archive_are_printed_as_escapes(tmp_path: Path) -> None:
    (tmp_path / "names.zip").write_bytes(zipped({"../\x1b[2J\x07\u202etxt.exe.txt": b"", "a\nb.txt": b""}))
    done = run("add", tmp_path / "names.zip", "--database", tmp_path / "x.db")
    assert done.code == 1
    lines = done.err.splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert r"../\x1b[2J\x07\u202etxt.exe.txt: is empty" in lines[0]
    assert r"a\nb.txt: is empty" in lines[1]
    assert not (tmp_path / "x.db").exists()


def test_the_published_database_does_not_tell_where_files_were_kept(tmp_path: Path) -> None:
    folder = tmp_path / "patients-of-dr-smith"
    for sub in ("a", "b"):
        (folder / sub).mkdir(parents=True)
        (folder / sub / "broken.txt").write_bytes(b"A man\xfe\xff \0 of 54")
    (folder / "good.txt").write_text(STORY)
    (folder / "latin.txt").write_bytes("Given \xb1 2 Gy".encode("latin-1"))
    (folder / "t.csv").write_text("Patient,Dose (Gy),Fractions,Site\n1,50,25,lung\n2,60,30,thigh\n")
    database = tmp_path / "x.db"
    run("add", folder / "a", folder / "b", folder / "good.txt", folder / "latin.txt", "--database", database)
    run("tables", "add", "--yes", folder / "t.csv", "--database", database)
    with closing(open_readonly(database)) as connection:
        assert [name for (name,) in connection.execute("select report_name from run_report where outcome = 'failed' order by 1")] == [
            "a/broken.txt", "b/broken.txt", "latin.txt",
        ]  # fmt: skip
        assert connection.execute("select count(*) from dose_table").fetchone() == (1,)
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        told = [value for name in tables for row in connection.execute(f'select * from "{name}"') for value in row]
    assert not [value for value in told if folder.name in str(value)]
