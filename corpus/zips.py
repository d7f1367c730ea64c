"""Zip archives, opened within bounds: Office files, e-books and mere archives are all of this kind."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from corpus.report import CorpusError

SIGNS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# What `zipfile` and the libraries below it raise where an archive is broken.
BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError,
    IndexError, OverflowError,
)  # fmt: skip

_ENTRY_SIGN = b"PK\x01\x02"
_ENCRYPTED = 0x1


@contextmanager
def opened(data: bytes, name: str, wanted: str, most: int) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive of at most `most` parts; nothing is unpacked yet.

    Parameters
    ----------
    name, wanted
        What the messages call the archive, and what they say would be right instead of a broken one.

    Raises
    ------
    CorpusError
        The archive is broken, also where that shows only while it is used, or has more parts.
    """
    # Each entry of the directory has this sign, which may also stand in archives inside: the directory itself is only
    # read where it cannot fill the memory.
    entries = data.count(_ENTRY_SIGN)
    if entries > 10 * most:
        raise CorpusError(f"{name}: {entries} parts in the archive, wanted at most {most}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.filelist) > most:
                raise CorpusError(f"{name}: {len(archive.filelist)} parts in the archive, wanted at most {most}")
            yield archive
    except BROKEN as error:
        if isinstance(error, CorpusError):
            raise
        raise CorpusError(f"{name}: broken archive ({str(error)[:100]}), wanted {wanted}") from error


def is_encrypted(part: zipfile.ZipInfo) -> bool:
    """Tell whether a part needs a password."""
    return bool(part.flag_bits & _ENCRYPTED)
