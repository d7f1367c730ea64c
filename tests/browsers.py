"""The system's chromium, for the tests that look at pages as their readers do; the fixtures that open it stand in conftest.py."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = Path(__file__).parent.parent / "build" / "screenshots"
NEEDED = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (apt-get install chromium)")

# The least contrast of any word in an element to what is painted below it (WCAG 2.2, 1.4.3), with the word.
CONTRAST = """(selector) => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map(part => part / 255)
    .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [.2126, .7152, .0722][place], 0);
  const below = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return parts(colour)[3] === 0 ? below(element.parentElement) : colour;
  };
  const words = [];
  for (const root of document.querySelectorAll(selector)) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
      const pair = [light(getComputedStyle(element).color), light(below(element))].sort((a, b) => b - a);
      words.push([(pair[0] + .05) / (pair[1] + .05), walker.currentNode.data]);
    }
  }
  return words.sort((a, b) => a[0] - b[0])[0];
}"""


@contextmanager
def watched(browser: Any) -> Iterator[Any]:
    """Yield a page; fail on a console message, an uncaught error, or a request that fails or leaves the machine."""
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    faults: list[str] = []
    downloads: list[str] = []
    page.on("console", lambda message: faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on("response", lambda answer: faults.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None)
    page.on("download", lambda file: downloads.append(f"failed: {file.url}"))  # the browser gives the request up and takes a file instead
    page.on("request", lambda request: None if "127.0.0.1" in request.url else faults.append(f"outside: {request.url}"))
    yield page
    page.close()
    assert [fault for fault in faults if fault not in downloads] == []


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[str]:
    """Serve an ASGI app in a thread and yield its address; port 0 is any that is free."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    assert server.started
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
