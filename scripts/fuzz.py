"""Feed the readers damaged files, led by what code they reach: no other error than CorpusError may come out.

    make fuzz                                all formats, a minute each
    make fuzz FORMAT=docx SECONDS_EACH=600

Needs atheris (Google's fuzzer for Python), which is no dependency: `.venv/bin/pip install atheris`. What breaks a reader is
written to build/fuzz/<format>/ as crash-…, for a test; what reached new code stays there for the next time.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import io
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "fuzz"
SEEDS = 12
SECONDS = 60
MOST_SECONDS, MOST_MEGABYTES, MOST_BYTES = 10, 1000, 30_000


def main() -> None:
    """Fuzz one format after the other, each in a process of its own."""
    sys.path.insert(0, str(ROOT))
    from tests.report_writers import WRITERS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=sorted(WRITERS), action="append", help="ending of the files; all where none is given")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for each format")
    parser.add_argument("--inside", help=argparse.SUPPRESS)  # the process of one format
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        raise SystemExit("fuzz: atheris is not installed; install it with: .venv/bin/pip install atheris")
    if options.inside:
        _fuzz(options.inside, options.seconds)
    formats = options.format or list(WRITERS)
    broken = [name for name in formats if subprocess.run([*_command(options.seconds), "--inside", name], check=False).returncode]
    raise SystemExit(f"fuzz: {', '.join(broken)}: see {FOLDER}" if broken else 0)


def _command(seconds: int) -> list[str]:
    return [sys.executable, __file__, "--seconds", str(seconds)]


def _fuzz(ending: str, seconds: int) -> None:
    """Read what the fuzzer makes of good files until the time is over; ends the process."""
    atheris = importlib.import_module("atheris")  # not among the dependencies, and without types

    from tests.invented_reports import invented
    from tests.report_writers import WRITERS

    folder = FOLDER / ending
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(SEEDS):
        (folder / f"seed-{number}").write_bytes(_loose(WRITERS[ending](invented(number)[0]), ending))
    whole = WRITERS[ending](invented(0)[0])
    name = f"x.{ending}"
    with atheris.instrument_imports(include=["corpus"]):
        from corpus import containers, formats
        from corpus.readers import bioc, docx, html, jats, markdown, pdf, text  # noqa: F401  (to be instrumented)
        from corpus.report import CorpusError

    def read(data: bytes) -> None:
        for member in containers.members(_packed(data, whole, ending), name, "x"):
            if not isinstance(member, containers.Member):
                continue
            try:
                reports = formats.read(member.data, member.name, member.id)
            except CorpusError as error:
                assert str(error).startswith(name)
                continue
            for report in reports:
                assert report.text.strip()
                assert all(0 <= part.start < part.end <= len(report.text) for part in report.sections)
                assert all(0 <= table.start < table.end <= len(report.text) for table in report.tables)

    limits = [f"-timeout={MOST_SECONDS}", f"-rss_limit_mb={MOST_MEGABYTES}", f"-max_len={MOST_BYTES}", f"-max_total_time={seconds}"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={folder}/", "-print_final_stats=1", str(folder)], read)
    atheris.Fuzz()


_PART = "word/document.xml"


def _loose(data: bytes, ending: str) -> bytes:
    """Give what is to be damaged: of a Word document its main part, since a damaged archive never reaches the reader."""
    if ending != "docx":
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(_PART)


def _packed(data: bytes, whole: bytes, ending: str) -> bytes:
    """Give the file that has what `_loose` took out of it."""
    if ending != "docx":
        return data
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(buffer, "w") as packed:
        for name in archive.namelist():
            packed.writestr(name, data if name == _PART else archive.read(name))
    return buffer.getvalue()


if __name__ == "__main__":
    main()
