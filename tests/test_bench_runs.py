"""The bench of runs: it stores files, runs again with nothing new, with ten more, and from nothing, and says what each took."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_each_kind_of_run_is_timed_and_a_slow_one_is_told_by_the_exit_code() -> None:
    command = [sys.executable, "scripts/bench_runs.py", "--reports", "30", "--check", "--longest", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.endswith("too slow: wanted a run with nothing new in 0 s\n")
    times = re.findall(r"^(\S.+?) {2,}(\d+\.\d\d) +(\d+\.\d\d)$", done.stdout, re.MULTILINE)
    assert [name for name, *_ in times] == [
        "add, 30 files to nothing",
        "add, the same 30 files",
        "add, 10 more files",
        "build, with the project's own reports",
        "build, nothing new",
        "build, all anew from the stored texts",
    ]
    assert all(float(seconds) > 0 for _, *taken in times for seconds in taken)
    stored = re.search(r"^(\d+) reports stored", done.stdout, re.MULTILINE)
    own = len(list((ROOT / "corpus" / "reports").iterdir()))
    assert stored
    assert own < int(stored[1]) <= own + 40
