"""From the bytes of a file to characters: data in UTF-8 only, a report in any encoding; every refusal says what to do."""

from __future__ import annotations

import codecs
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path, PurePath

from corpus.readers.guess import guess
from corpus.report import CorpusError

# The longest report of the corpus has 50 kB; a whole book has 1 MB. What is larger than 5 MB is
# an export, a log or a data set under a wrong name, and would hold up all other files.
MAX_BYTES = 5_000_000

# Text has next to none; a compressed or compiled file has about one byte in nine.
MAX_CONTROL_SHARE = 0.02

# Byte order marks, the longest first (the mark of UTF-32-LE starts with that of UTF-16-LE).
_OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)

# The two forms of UTF-16, and whether the zero byte of an ASCII character is the first or the second of its pair.
_PAIRS = (("utf-16-be", 0), ("utf-16-le", 1))

# How messages call what Python names otherwise.
_NAMES = {"cp1252": "windows-1252", "mac_roman": "Mac OS Roman", "cp850": "DOS code page 850", "gb18030": "GB 18030"}

# C0 controls that no text has; TAB, LF, VT, FF, CR are text.
_CONTROL_BYTES = bytes(b for b in range(32) if b not in b"\t\n\v\f\r") + b"\x7f"


def read_text(path: Path) -> str:
    """Read one file as UTF-8.

    Parameters
    ----------
    path
        A regular file of at most `MAX_BYTES` bytes.

    Returns
    -------
    str
        The characters of the file without a byte order mark, otherwise as they stand; never blank.

    Raises
    ------
    CorpusError
        The file is missing, a directory, unreadable, too large, empty, binary or not UTF-8.
    """
    return decode(read_bytes(path), str(path))


def read_bytes(path: Path, most: int = MAX_BYTES) -> bytes:
    """Read one regular file of at most `most` bytes.

    Raises
    ------
    CorpusError
        The file is missing, a directory, a device, unreadable or too large.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise CorpusError(f"{path}: is a directory, wanted a file")
        if not stat.S_ISREG(status.st_mode):
            raise CorpusError(f"{path}: is a device, pipe or socket, wanted a regular file")
        if status.st_size > most:
            raise CorpusError(_too_large(path, status.st_size, most))
        with path.open("rb") as file:
            # A byte more than it has, then than is allowed: it may have grown since stat. Asked for 50 MB, Python would make room for them.
            data = file.read(status.st_size + 1)
            if len(data) > status.st_size:
                data += file.read(most + 1 - len(data))
    except OSError as error:
        raise CorpusError(f"{path}: {_reason(error)}") from error
    except ValueError as error:
        if isinstance(error, CorpusError):
            raise
        raise CorpusError(f"{path!r}: no valid file name ({error})") from error
    if len(data) > most:
        raise CorpusError(_too_large(path, len(data), most))
    return data


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and what was guessed to read it; None where its bytes tell."""

    text: str
    message: str | None = None


def decode_any(data: bytes, name: str) -> Decoded:
    """Decode a text written by people, in whatever encoding; `name` stands in the messages.

    Byte order marks are obeyed; UTF-16 without one shows by its zero bytes. What is not UTF-8 either is read as the
    eight-bit encoding in which its signs stand where they may (`corpus.readers.guess`), which the message tells.

    Raises
    ------
    CorpusError
        As `decode`, or too large; or no encoding fits, or several that differ in a sign such as "±" or "µ".
    """
    if len(data) > MAX_BYTES:
        raise CorpusError(_too_large(name, len(data), MAX_BYTES))
    if wide := _wide(data):
        try:
            return Decoded(decode(data.decode(wide).removeprefix("\ufeff").encode("utf-8"), name))
        except UnicodeError as error:
            raise CorpusError(f"{name}: broken {wide.upper()} text ({str(error)[:80]}), wanted a whole file") from error
    try:
        return Decoded(decode(data, name))
    except CorpusError as error:
        if not isinstance(error.__cause__, UnicodeDecodeError) or data.startswith(codecs.BOM_UTF8):
            raise
        guessed = guess(data)
        if guessed is None:
            raise
        return Decoded(guessed.text, f"read as {_NAMES[guessed.encoding]} (guessed)")


def _wide(data: bytes) -> str | None:
    """Tell the encoding of two or four bytes a character that a mark or zero bytes show; None for bytes that are no such text."""
    for mark, encoding in _OTHER_MARKS:
        if data.startswith(mark):
            return encoding.lower()
    sample = data[: 4_000 - len(data) % 2]
    half = max(1, len(sample) // 2)
    for encoding, place in _PAIRS:
        # Most characters of an English text are ASCII; a zero byte at another place is no text at all.
        if len(data) % 2 == 0 and sample[place::2].count(0) > half / 2 and not sample[1 - place :: 2].count(0):
            return encoding
    return None


def decode(data: bytes, name: str) -> str:
    """Decode the bytes of a text file; `name` stands in the messages.

    For data and markup, which tell their encoding: another one is never guessed.

    Raises
    ------
    CorpusError
        `data` is empty, binary or not UTF-8.
    """
    for mark, encoding in _OTHER_MARKS:
        if data.startswith(mark):
            raise CorpusError(f"{name}: {encoding} text, wanted UTF-8; convert it: {_iconv(encoding, name)}")
    mark_length = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    data = data[mark_length:]
    if not data.strip():
        raise CorpusError(f"{name}: {'holds only white space' if data else 'is empty'}, wanted a text")
    if (null := data.find(b"\0")) >= 0:
        raise CorpusError(f"{name}: binary (a NUL byte at offset {null + mark_length}), wanted a text")
    controls = len(data) - len(data.translate(None, _CONTROL_BYTES))
    if controls > MAX_CONTROL_SHARE * len(data):
        raise CorpusError(f"{name}: binary ({controls} control characters in {len(data)} bytes), wanted text")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        offset = error.start + mark_length
        raise CorpusError(
            f"{name}: not UTF-8 (byte 0x{data[error.start]:02x} at offset {offset}); "
            f"if it is Windows text, convert it: {_iconv('WINDOWS-1252', name)}"
        ) from error
    if not text.strip():
        raise CorpusError(f"{name}: holds only white space, wanted a text")
    return text


def _iconv(encoding: str, name: str) -> str:
    """Give the command, such that it can be copied whatever the file is called."""
    return f"iconv -f {encoding} -t UTF-8 {shlex.quote(PurePath(name).name)} > converted.txt"


def _too_large(path: Path | str, size: int, most: int) -> str:
    return f"{path}: {size / 1e6:.1f} MB, wanted at most {most / 1e6:.0f} MB for one file"


def _reason(error: OSError) -> str:
    """Give the operating system's reason in small letters: `no such file or directory`."""
    return (error.strerror or type(error).__name__).lower()
