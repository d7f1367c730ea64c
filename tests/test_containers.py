"""Packed files: what comes out of them, and what cannot."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import stat
import struct
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.containers import LIMITS, Limits, Member, first_free, members, shown
from corpus.report import Passed, Problem

A, B = b"A man of 54 had a lump.", b"A woman of 60 had none."


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(files: Mapping[str, bytes | tarfile.TarInfo], form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in files.items():
            info = data if isinstance(data, tarfile.TarInfo) else tarfile.TarInfo(name)
            content = data if isinstance(data, bytes) else b""
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def opened(data: bytes, limits: Limits = LIMITS) -> list[Member | Problem | Passed]:
    return list(members(data, "p.zip", "p", limits))


def lines(data: bytes, limits: Limits = LIMITS) -> list[str]:
    """What came out, a line each: id and content, a problem's message, or what was passed over."""
    return [
        f"{one.id}: {one.data.decode()}" if isinstance(one, Member) else str(one) if isinstance(one, Problem) else f"- {one.name}"
        for one in opened(data, limits)
    ]


NAMES = {"b/two.md": B, "one.txt": A}
BOTH = [Member("p.zip, b/two.md", "p#two", B), Member("p.zip, one.txt", "p#one", A)]


@pytest.mark.parametrize(
    "data",
    [
        zipped(NAMES), zipped(NAMES, zipfile.ZIP_STORED), zipped(NAMES, zipfile.ZIP_BZIP2), zipped(NAMES, zipfile.ZIP_LZMA),
        tarred(NAMES), tarred(NAMES, tarfile.USTAR_FORMAT), tarred(NAMES, tarfile.GNU_FORMAT),
        gzip.compress(tarred(NAMES)), bz2.compress(tarred(NAMES)), lzma.compress(tarred(NAMES)),
    ],
)  # fmt: skip
def test_archives_of_each_kind_give_their_members_in_their_order(data: bytes) -> None:
    assert opened(data) == BOTH


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_file_is_itself(pack) -> None:  # type: ignore[no-untyped-def]
    assert opened(pack(A)) == [Member("p.zip", "p", A)]
    assert opened(pack(A[:9]) + pack(A[9:])) == [Member("p.zip", "p", A)]


def test_what_is_no_container_is_its_own_member() -> None:
    for data in (A, b"", zipped({"[Content_Types].xml": A, "word/document.xml": A}), b"BZh is no sign of text"):
        assert opened(data) == [Member("p.zip", "p", data)]


def test_ids_are_unique_and_always_the_same() -> None:
    names = ["case.txt", "a/case.txt", "a/case.xml", "a/case.nxml", "b\\case.txt", "./a/../case.txt", "../../case.txt", "c.tar.txt.gz"]
    packed = zipped({name: gzip.compress(A) if name.endswith(".gz") else A for name in names})
    ids = [one.id for one in opened(packed) if isinstance(one, Member)]
    assert ids == ["p#case", "p#a/case", "p#a/case#xml", "p#a/case#nxml", "p#b/case", "p#a/case#txt", "p#case#txt", "p#c.tar"]
    assert first_free(["a", "a#pdf"], {"a", "a#pdf", "a#pdf-2"}) == "a#pdf-3"


def test_hidden_and_other_files_are_passed_over() -> None:
    files = {
        ".DS_Store": A,
        "__MACOSX/._one.txt": A,
        "a/.git/x.txt": A,
        "fig.PNG": b"\x89PNG",
        "README": A,
        "dir/": b"",
        "one.txt": A,
        "view": b"<html>",
    }
    for data in (zipped(files), tarred({name: content for name, content in files.items() if name != "dir/"})):
        assert lines(data) == ["- p.zip, fig.PNG", "- p.zip, README", "p#one: " + A.decode(), "p#view: <html>"]
    (passed, *_) = opened(zipped({"fig.PNG": b"\x89PNG", "a.txt": A}))
    assert passed == Passed("p.zip, fig.PNG", ".png")
    for data in (zipped({"fig.png": b"x"}), tarred({".a.txt": A}), zipped({})):
        (*_, last) = lines(data)
        assert last.startswith("p.zip: an archive without a report, wanted files .bz2, .docx")


def test_one_archive_in_another_is_opened_and_no_deeper() -> None:
    inner = zipped({"x.txt": A})
    assert lines(tarred({"in.zip": inner, "in.tar.gz": gzip.compress(tarred({"y.txt": B})), "y.txt.gz": gzip.compress(B)})) == [
        "p#in#x: " + A.decode(),
        "p#in#tar#y: " + B.decode(),
        "p#y: " + B.decode(),
    ]
    deep = zipped({"middle.zip": zipped({"in.zip": inner, "x.txt": B}), "y.txt": A})
    assert lines(deep) == [
        "p.zip, middle.zip, in.zip: an archive in an archive in an archive, wanted at most one inside another",
        "p#middle#x: " + B.decode(),
        "p#y: " + A.decode(),
    ]


def test_a_bad_member_is_one_problem_and_the_others_are_read() -> None:
    data = bytearray(zipped({"bad.txt": A, "good.txt": B}, zipfile.ZIP_STORED))
    data[data.index(A)] ^= 1
    first, second = lines(bytes(data))
    assert first == "p.zip, bad.txt: broken (Bad CRC-32 for file 'bad.txt'), wanted a whole file"
    assert second == "p#good: " + B.decode()


def test_an_encrypted_member() -> None:
    data = bytearray(zipped({"secret.txt": A, "good.txt": B}))
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + offset] |= 1
    assert lines(bytes(data)) == ["p.zip, secret.txt: protected by a password, wanted a file without one", "p#good: " + B.decode()]


def test_links_and_devices_are_no_files_and_paths_lead_nowhere() -> None:
    files = {
        "../../etc/passwd.txt": A,
        "/etc/shadow.txt": B,
        "l": special("link.txt", tarfile.SYMTYPE, "../../etc/passwd"),
        "h": special("hard.txt", tarfile.LNKTYPE, "/etc/shadow.txt"),
        "p": special("pipe.txt", tarfile.FIFOTYPE),
        "n": special("null.txt", tarfile.CHRTYPE),
    }
    assert lines(tarred(files)) == [
        "p#passwd: " + A.decode(),
        "p#shadow: " + B.decode(),
        "p.zip, link.txt: a link, wanted a file",
        "p.zip, hard.txt: a link, wanted a file",
        "p.zip, pipe.txt: a device or pipe, wanted a file",
        "p.zip, null.txt: a device or pipe, wanted a file",
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert lines(buffer.getvalue()) == ["p.zip, link.txt: a link, wanted a file"]


def test_names_are_shown_so_that_they_can_be_printed() -> None:
    assert shown("a\nb\x1b[2J\u202ec\udc80.txt") == r"a\nb\x1b[2J\u202ec\udc80.txt"
    (member,) = opened(tarred({"a\nb\x1b[2J.txt": A}))
    assert member == Member(r"p.zip, a\nb\x1b[2J.txt", r"p#a\nb\x1b[2J", A)
    assert opened(tarred({"\udce4.txt": A})) == [Member(r"p.zip, \udce4.txt", r"p#\udce4", A)]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_truncated_files(pack, share: float) -> None:  # type: ignore[no-untyped-def]
    noise = random.Random(1).randbytes(60_000).hex().encode()
    whole = pack(noise)
    cut = whole[: max(20, int(len(whole) * share))]
    (line,) = lines(cut)
    assert line.startswith("p.zip: broken or truncated ")
    packed = pack(tarred({"one.txt": A, "noise.txt": noise, "two.txt": B}))
    found = lines(packed[: max(20, int(len(packed) * share))])
    assert found[-1].startswith("p.zip: broken or truncated ")
    assert len(found) <= 3


def test_a_tar_that_breaks_off_gives_what_stands_before() -> None:
    whole = tarred({"one.txt": A, "two.txt": B * 100})
    for name in ("two.txt", "two.png"):
        whole = tarred({"one.txt": A, name: B * 1000})
        first, second = [line for line in lines(whole[:4000]) if not line.startswith("-")]
        assert first == "p#one: " + A.decode()
        assert second.startswith("p.zip: broken or truncated tar file")


# --- bombs and bounds ----------------------------------------------------------------------------

SMALL = replace(LIMITS, members=5, member_bytes=100_000, total_bytes=350_000)


def test_well_packed_members_are_refused_before_they_are_unpacked() -> None:
    bomb = zipped({"bomb.txt": bytes(6_000_000), "good.txt": A})
    assert lines(bomb) == ["p.zip, bomb.txt: unpacks to more than 200 times its size, which no report does", "p#good: " + A.decode()]
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        assert lines(pack(bytes(6_000_000))) == ["p.zip: unpacks to more than 200 times its size, which no report does"]
        found = lines(pack(tarred({"good.txt": A, "bomb.txt": bytes(6_000_000)})))
        assert found == ["p#good: " + A.decode(), "p.zip: unpacks to more than 200 times its size, which no report does"]


def test_a_bomb_in_a_bomb_costs_neither_time_nor_memory() -> None:
    bomb = gzip.compress(gzip.compress(bytes(100_000_000), 1))
    tracemalloc.start()
    started = time.process_time()
    found = lines(zipped({"a.gz": bomb, "b.zip": zipped({"c.gz": gzip.compress(bytes(5_000_000))}), "good.txt": A}))
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()
    assert time.process_time() - started < 2
    assert found[-1] == "p#good: " + A.decode()
    assert all(line.startswith("p.zip, ") for line in found[:-1])
    assert len(found) == 3


def test_members_that_share_their_bytes_are_refused() -> None:
    one = zipped({"a.txt": random.Random(1).randbytes(3000)}, zipfile.ZIP_STORED)
    directory = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    entry = one[directory:end]
    count = 100
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, directory, 0)
    assert lines(one[:directory] + entry * count + tail) == [
        "p.zip: its members overlap or are cut off, wanted an archive of which each byte counts once"
    ]


def test_bounds_of_a_member_and_of_all() -> None:
    noise = [random.Random(number).randbytes(50_000).hex().encode()[:90_000] for number in range(5)]
    for pack in (zipped, tarred):
        found = opened(pack({"large.txt": b"".join(noise[:2]), "small.txt": A}), SMALL)
        assert [str(found[0]), found[1:]] == [
            "p.zip, large.txt: more than 0.1 MB unpacked, wanted at most that",
            [Member("p.zip, small.txt", "p#small", A)],
        ]
        found = opened(pack({f"{number}.txt": data for number, data in enumerate(noise)}), SMALL)
        assert [type(one) for one in found] == [Member, Member, Member, Problem]
        assert str(found[-1]) == "p.zip: unpacks to more than 0.35 MB, the rest is not read"
    found = opened(tarred({f"{number}.txt": A for number in range(7)}), SMALL)
    assert [type(one) for one in found] == [Member] * 5 + [Problem]
    assert str(found[-1]) == "p.zip: more than 5 members, the rest is not read"
    assert lines(zipped({f"{number}.txt": A for number in range(7)}), SMALL) == ["p.zip: 7 parts in the archive, wanted at most 5"]
    assert lines(gzip.compress(noise[0] * 2), SMALL) == ["p.zip: more than 0.1 MB unpacked, wanted at most that"]


def test_the_bound_of_all_counts_archives_inside() -> None:
    noise = [random.Random(number).randbytes(50_000).hex().encode()[:60_000] for number in range(6)]
    inner = {f"{number}.txt.gz": gzip.compress(data) for number, data in enumerate(noise)}
    found = opened(zipped(inner), replace(SMALL, members=9))
    assert str(found[-1]) == "p.zip: unpacks to more than 0.35 MB, the rest is not read"
    assert 0 < sum(isinstance(one, Member) for one in found) == len(found) - 1 < 5


def test_a_directory_that_would_fill_the_memory_is_not_read() -> None:
    assert lines(b"PK\x03\x04" + b"PK\x01\x02" * 200_000) == ["p.zip: 200000 parts in the archive, wanted at most 10000"]


def test_headers_without_end_are_not_read() -> None:
    info = special("x.txt", tarfile.XHDTYPE)
    info.size = 500_000_000
    header = info.tobuf(tarfile.USTAR_FORMAT)
    tracemalloc.start()
    (line,) = lines(gzip.compress(header + random.Random(1).randbytes(3_000_000)))
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    assert line == "p.zip: headers without end, wanted a plain tar file"


@pytest.mark.parametrize("is_global", [True, False])
def test_attributes_of_members_are_bounded_in_sum(is_global: bool) -> None:
    attributes = {f"k{number}": "x" * (1 if is_global else 800) for number in range(1000)}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", pax_headers=attributes if is_global else {}) as archive:
        for number in range(3):
            info = tarfile.TarInfo(f"{number}.txt")
            info.pax_headers = {} if is_global else attributes
            archive.addfile(info)
    found = lines(buffer.getvalue())
    assert found[-1] == "p.zip: headers without end, wanted a plain tar file"
    assert len(found) <= 2


def test_headers_in_headers_and_sizes_below_zero() -> None:
    header = special("x.txt", tarfile.XHDTYPE).tobuf(tarfile.USTAR_FORMAT)
    (line,) = lines(header * 1500)
    assert line.startswith("p.zip: broken or truncated tar file")
    for size in (-512, -513, -(10**9)):
        for kind in (tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME):
            info = special("x.txt", kind)
            block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
            block[124:136] = (256**12 + size).to_bytes(12, "big")
            block[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(block))[0]
            found = lines(bytes(block) + tarred({"one.txt": A}))
            # What only describes a member may be damaged and the member be whole; it ends in any case.
            assert found[-1].startswith("p.zip: broken" if kind == tarfile.REGTYPE else ("p.zip: ", "p#one: "))


def test_folders_count_as_members() -> None:
    folders = {f"{number}": special(f"{number}", tarfile.DIRTYPE) for number in range(6)}
    assert lines(tarred(folders | {"one.txt": A}), SMALL) == ["p.zip: more than 5 members, the rest is not read"]


def test_a_dictionary_that_would_fill_the_memory_is_not_made() -> None:
    data = bytearray(lzma.compress(A))
    end = 12 + 4 * (data[12] + 1) - 4  # of the header of the first block, where its check sum begins
    data[12 + 4] = 38  # a dictionary of 2 GB
    data[end : end + 4] = zlib.crc32(data[12:end]).to_bytes(4, "little")
    (line,) = lines(bytes(data))
    assert line.startswith("p.zip: broken or truncated xz file (Memory usage limit")


GOOD = [zipped(NAMES), tarred(NAMES), gzip.compress(tarred(NAMES)), bz2.compress(A), lzma.compress(A), zipped({"in.zip": zipped(NAMES)})]


@settings(deadline=None)
@given(st.sampled_from(GOOD), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=8), st.floats(0.1, 1.0))
def test_damaged_archives_give_members_and_problems_and_nothing_else(good: bytes, changes: list[tuple[float, int]], share: float) -> None:
    data = bytearray(good)
    for place, value in changes:
        data[int(place * len(data))] = value
    found = opened(bytes(data[: int(len(data) * share)]))
    assert found
    assert all(str(one).startswith("p.zip") for one in found if isinstance(one, Problem))
