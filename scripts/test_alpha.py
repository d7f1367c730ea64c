"""Run the tests of the site with Datasette's newest alpha, and say in one line what became of them.

    python scripts/test_alpha.py [TEST ...]

Makes .venv-alpha, which holds the alpha and what it needs and takes all else from the environment that runs this script, so it is
made in seconds. Without TEST it runs those that ask the site through its client and those of our pages. Exits with 1 where a test
fails, with 0 where the package index does not have the alpha. docs/datasette-1.0.md tells what differs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALPHA = "1.0a41"
FOLDER = ROOT / ".venv-alpha"
TESTS = (
    "tests/test_site.py",
    "tests/test_api.py",
    "tests/test_api_examples.py",
    *sorted(f"tests/{path.name}" for path in (ROOT / "tests").glob("test_page_*.py")),
)
# CI waits no longer than six minutes for what may fail.
LONGEST_S = 330


def main() -> int:
    """Run the tests; return 1 if one failed."""
    name = f"Datasette {ALPHA} (allowed to fail)"
    if problem := _install():
        print(f"{name}: not tried, it cannot be installed: {problem}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command: list[str | Path] = [
            FOLDER / "bin" / "python",
            "-m",
            "pytest",
            "--tb=line",
            "--show-capture=no",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
        ]
        try:
            done = subprocess.run(
                [*command, *(sys.argv[1:] or TESTS)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                timeout=LONGEST_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            print(f"{name}: not done after {LONGEST_S} s")
            return 1
        if not report.is_file():
            print(f"{name}: the tests did not run\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            return 1
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    return _tell(name, cases)


def _install() -> str | None:
    """Make the environment where it is not there; return why it cannot be made, None where it is."""
    python, stamp = FOLDER / "bin" / "python", FOLDER / f".datasette-{ALPHA}"
    if stamp.is_file():
        return None
    subprocess.run([sys.executable, "-m", "venv", "--clear", FOLDER], check=True)
    # Its own packages come first; whatever it lacks is found in this environment.
    pure = sysconfig.get_path("purelib")
    inside = sysconfig.get_path("purelib", vars={"base": str(FOLDER), "platbase": str(FOLDER)})
    (Path(inside) / "beneath.pth").write_text(f"import site; site.addsitedir({pure!r})\n", encoding="utf-8")
    install: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        f"datasette=={ALPHA}",
    ]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"pip ended with {done.returncode}"
    stamp.touch()
    return None


def _tell(name: str, cases: list[ElementTree.Element]) -> int:
    """Print how many tests passed and why others did not; return 1 if one failed."""
    faults = [(case, fault) for case in cases for fault in (*case.findall("failure"), *case.findall("error"))]
    skipped = sum(case.find("skipped") is not None for case in cases)
    reasons = Counter((fault.get("message") or "").partition(":")[0].split("\n")[0][:30] for _, fault in faults)
    why = "; " + ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) if faults else ""
    print(f"{name}: {len(cases) - len(faults) - skipped} of {len(cases)} tests pass, {len(faults)} fail, {skipped} are skipped{why}")
    for case, fault in faults:
        print(f"  {case.get('name')}: {(fault.get('message') or '').splitlines()[0][:150]}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
