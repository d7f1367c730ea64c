"""From the bytes of a file to characters: UTF-8 only, and every refusal says what to do."""

from __future__ import annotations

import codecs
import stat
from pathlib import Path

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
            # One byte more than allowed: the file may have grown since stat.
            data = file.read(most + 1)
    except OSError as error:
        raise CorpusError(f"{path}: {_reason(error)}") from error
    except ValueError as error:
        if isinstance(error, CorpusError):
            raise
        raise CorpusError(f"{path!r}: no valid file name ({error})") from error
    if len(data) > most:
        raise CorpusError(_too_large(path, len(data), most))
    return data


def decode(data: bytes, name: str) -> str:
    """Decode the bytes of a text file; `name` stands in the messages.

    Another encoding is never guessed: read as the wrong one, "±" or "µ" would become a different
    character, and a value with it.

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
    return f"iconv -f {encoding} -t UTF-8 {name} > converted.txt"


def _too_large(path: Path, size: int, most: int) -> str:
    return f"{path}: {size / 1e6:.1f} MB, wanted at most {most / 1e6:.0f} MB for one file"


def _reason(error: OSError) -> str:
    """Give the operating system's reason in small letters: `no such file or directory`."""
    return (error.strerror or type(error).__name__).lower()
