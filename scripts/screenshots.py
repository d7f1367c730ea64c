"""Take the pictures of the pages: those of README and docs into docs/, the others into build/screenshots/ to be looked at.

    python scripts/screenshots.py

Builds a database of the project's own reports in a temporary folder, serves it, and opens its pages in the system's
chromium: home, browsing, a case, a report, every page of `db.pages.registry`, a question, tables, the runs and a value under review, each
light and dark, on a wide screen and on a phone. Exits with 1 if a page complains on its console, something fails to load, or a picture
of README weighs more than 300 kB.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from db.pages.registry import ROUTES

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
OTHERS = ROOT / "build" / "screenshots"

CASE = "/casebook/patient_case/imt-lung~2F1"
# Pages that Datasette gives an address, and pages of the registry that need to be asked something of these reports.
PAGES = {
    "home": "/",
    "browse": "/casebook/case_overview",
    "browse-narrowed": "/casebook/case_overview?tumour_group=sarcoma+or+soft+tissue+tumour&radiotherapy=yes",
    "case": CASE,
    "report": "/casebook/report/imt-lung",
    "question": "/casebook/marker_positive?marker=STAT6",
    "tables": "/casebook",
    "table": "/casebook/ihc_result",
    "sql": "/casebook?sql=select+case_id,+age_years+from+patient_case",
    "runs": "/-/runs",
    **{route.name: f"/{route.name}" for route in ROUTES if route.stands_alone},
    "markers-one": "/markers?marker=STAT6",
    "markers-histology": "/markers?histology=leiomyosarcoma",
    "profile-asked": "/profile?typed=SMA%2B%2C+ALK-",
    "compare-asked": "/compare?a_sex=female&b_sex=male",
    "search-asked": "/search?q=ALK+negative",
    "suggest": "/suggest?case=imt-lung%2F1&field=age_years",
}
# README's pictures: the page, and how much of it is shown (pixels at a width of 1360).
README = {"case-page": (CASE, 1470), "markers": ("/markers", 960), "outcomes": ("/outcomes?split=surgery", 1460)}
MOST_BYTES = 300_000
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
                take(page, review, OTHERS / f"review-{size}-{scheme}.png")
                if (size, scheme) == ("wide", "light"):
                    page.screenshot(path=str(DOCS / "review.png"))
                page.close()
        faults += pictures_of_readme(browser, address)
        browser.close()
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{', '.join(f'{name}.png' for name in README)} and review.png in {DOCS}, {len(list(OTHERS.glob('*.png')))} pictures in {OTHERS}")
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
    with socket.socket() as free:  # a port that no other site on this machine answers at
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, str(ROOT / "casebook.py"), name, "--database", f"{folder}/casebook.db", "--port", port, *options]
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
    """Open a page and take its picture."""
    open_page(page, address)
    page.screenshot(path=str(path))


def open_page(page: Page, address: str) -> None:
    """Open a page; the server may still be starting."""
    for left in reversed(range(50)):
        try:
            page.goto(address, wait_until="networkidle")
            break
        except Exception:
            if not left:
                raise
            page.wait_for_timeout(200)


def pictures_of_readme(browser: Browser, address: str) -> list[str]:
    """Take the pictures of README; return what is wrong with them."""
    faults: list[str] = []
    for name, (path, height) in README.items():
        # High enough for a whole page: values and text of a case scroll apart on a usual screen.
        page = browser.new_page(viewport={"width": 1360, "height": height}, color_scheme="light")
        listen(page, faults)
        open_page(page, address + path)
        if path == CASE:
            show_the_words_of_the_dose(page)
        picture = DOCS / f"{name}.png"
        page.screenshot(path=str(picture))
        page.close()
        with Image.open(picture) as taken:
            few = taken.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(picture, optimize=True)
        if picture.stat().st_size > MOST_BYTES:
            faults.append(f"{picture}: {picture.stat().st_size} bytes, wanted {MOST_BYTES} at most")
    return faults


def show_the_words_of_the_dose(page: Page) -> None:
    """Choose the dose of a case, so that the page shows the words that it was read from."""
    page.locator("a.value", has_text="Gy").first.click()
    page.wait_for_timeout(600)  # the text scrolls to the words
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(200)


if __name__ == "__main__":
    raise SystemExit(main())
