"""Take the pictures of the pages: docs/case-page.png and docs/review.png, the others into build/screenshots/ to be looked at.

    python scripts/screenshots.py

Builds a database of the project's own reports in a temporary folder, serves it, and opens its pages in the system's
chromium: home, browsing, a case, a report, the doses, the runs and a value under review, each light and dark, on a wide screen and on a
phone. Exits with 1 if a page complains on its console or something fails to load.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
OTHERS = ROOT / "build" / "screenshots"

PAGES = {
    "home": "/",
    "browse": "/casebook/case_overview",
    "case": "/casebook/patient_case/imt-lung~2F1",
    "report": "/casebook/report/imt-lung",
    "doses": "/doses",
    "runs": "/-/runs",
}
SIZES = {"wide": {"width": 1360, "height": 900}, "phone": {"width": 390, "height": 844}}
# Without these, chromium asks its maker's servers for updates at every start.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def main() -> int:
    """Take all pictures; return 1 if a page complained."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("screenshots: no chromium, wanted it installed (sudo apt-get install chromium)", file=sys.stderr)
        return 1
    DOCS.mkdir(exist_ok=True)
    OTHERS.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder, served(folder) as address, reviewed(folder) as review, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        for size, viewport in SIZES.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
                listen(page, faults)
                for name, path in PAGES.items():
                    take(page, address + path, OTHERS / f"{name}-{size}-{scheme}.png")
                    if (name, size, scheme) == ("case", "wide", "light"):
                        take_for_readme(page)
                page.set_viewport_size(viewport)  # type: ignore[arg-type]
                take(page, review, OTHERS / f"review-{size}-{scheme}.png")
                if (size, scheme) == ("wide", "light"):
                    page.screenshot(path=str(DOCS / "review.png"))
                page.close()
        browser.close()
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{DOCS / 'case-page.png'} and {len(list(OTHERS.glob('*.png')))} pictures in {OTHERS}")
    return 1 if faults else 0


@contextmanager
def served(folder: str) -> Iterator[str]:
    """Yield the address of a server of the project's own reports."""
    with _running("serve", folder) as address:
        yield address.rstrip("/")


@contextmanager
def reviewed(folder: str) -> Iterator[str]:
    """Yield the address of a review of them."""
    with _running("review", folder, "--by", "Ada Curator", "--field", "radiotherapy") as address:
        yield address


@contextmanager
def _running(name: str, folder: str, *options: str) -> Iterator[str]:
    """Yield the address that a command of Casebook says it serves at."""
    command = [sys.executable, str(ROOT / "casebook.py"), name, "--database", f"{folder}/casebook.db", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        lines = iter(process.stdout.readline, "")
        address = next((word for line in lines for word in line.split() if word.startswith("http://")), None)
        if address is None:
            raise SystemExit(f"screenshots: casebook {name} did not start")
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def listen(page: Page, faults: list[str]) -> None:
    """Note what the page complains of."""
    page.on("console", lambda message: faults.append(f"{page.url}: console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"{page.url}: not loaded: {request.url}"))
    page.on("response", lambda answer: faults.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None)


def take(page: Page, address: str, path: Path) -> None:
    """Open a page and take its picture; the server may still be starting."""
    for left in reversed(range(50)):
        try:
            page.goto(address, wait_until="networkidle")
            break
        except Exception:
            if not left:
                raise
            page.wait_for_timeout(200)
    page.screenshot(path=str(path))


def take_for_readme(page: Page) -> None:
    """Take the picture of a case whose dose was chosen, so that it shows the words that the dose was read from."""
    # High enough for values and text together, which scroll apart on a usual screen.
    page.set_viewport_size({"width": 1360, "height": 1420})
    page.locator("a.value", has_text="Gy").first.click()
    page.wait_for_timeout(600)  # the text scrolls to the words
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(200)
    page.screenshot(path=str(DOCS / "case-page.png"))


if __name__ == "__main__":
    raise SystemExit(main())
