"""Folders for the public, what a container is built from, and the site below a base path, behind nginx too."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from click.testing import CliRunner

import casebook
from corpus.dose_table import load_dose_table
from db import load, publish, serve
from db.schema import DatabaseError
from tests import db_fixtures
from tests.browsers import served
from tests.page_list import ALL

PROJECT = Path(__file__).parent.parent
IMT = PROJECT / "corpus" / "dose_tables" / "imt_radiotherapy.csv"
BASE = "/casebook-site/"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = db_fixtures.build(tmp_path_factory.mktemp("publish") / "casebook.db")
    with closing(load.connect(path)) as connection:
        load.store_dose_table(connection, load_dose_table(IMT))
        load.refresh_overview(connection)
    return path


@pytest.fixture(scope="module")
def site(database: Path) -> Path:
    folder = database.parent / "site"
    run = CliRunner().invoke(casebook.main, ["publish", str(folder), "--database", str(database)])
    assert run.exit_code == 0, run.output
    return folder


# --- the folder --------------------------------------------------------------------------------


def test_datasette_serves_the_folder_with_its_downloads(site: Path, database: Path) -> None:
    async def ask() -> None:
        from datasette.app import Datasette

        datasette = Datasette(config_dir=site)
        await datasette.invoke_startup()
        assert not datasette.get_database("casebook").is_mutable
        case = await datasette.client.get("/casebook/patient_case/lung-imt~2F1")
        assert "54-year-old" in case.text
        assert (await datasette.client.get("/downloads/casebook.db")).content == database.read_bytes()
        assert "casebook-csv.zip" in (await datasette.client.get("/downloads")).text
        assert (await datasette.client.get("/-/health")).json()["cases"] == 3
        for path in ("/source/casebook.py", "/requirements.txt", "/casebook-site.json", "/static/../casebook-site.json"):
            assert (await datasette.client.get(path)).status_code == 404

    asyncio.run(ask())


def test_the_folder_is_written_anew_and_others_are_left_alone(site: Path, database: Path, tmp_path: Path) -> None:
    mine = tmp_path / "site"
    publish.write_site(database, mine)
    (mine / "left over").touch()
    publish.write_site(database, mine, base_url=BASE)
    assert not (mine / "left over").exists()
    assert json.loads((mine / "settings.json").read_text())["base_url"] == BASE
    home = tmp_path / "home"
    (home / "thesis").mkdir(parents=True)
    (home / "thesis" / "chapter.txt").write_text("precious")
    run = CliRunner().invoke(casebook.main, ["publish", str(home), "--database", str(database)])
    assert (run.exit_code, run.output.count("\n")) == (1, 1)
    assert "not made by `casebook publish`" in run.output
    assert (home / "thesis" / "chapter.txt").read_text() == "precious"
    assert {path.name for path in tmp_path.iterdir()} == {"site", "home", ".site.lock"}


def test_the_folder_of_a_checkout_has_what_installs_casebook(site: Path, tmp_path: Path) -> None:
    """What pip is given holds every file that the installed program needs."""
    source = site / "source"
    for path in (
        "casebook.py",
        "db/site/templates/base.html",
        "db/sql/report.sql",
        "extract/lexicons/README.md",
        "pyproject.toml",
        "LICENSE",
    ):
        assert (source / path).read_bytes() == (PROJECT / path).read_bytes()
    assert not list(site.rglob("__pycache__"))
    assert not [path for path in site.rglob("*") if "history" in path.name and path.suffix == ".db"]
    wanted = {line.split()[-1] for line in (site / "requirements.txt").read_text().splitlines() if not line.startswith("#")}
    assert wanted == {"source/constraints.txt", "./source"}


# --- the container -----------------------------------------------------------------------------


def instructions(path: Path) -> list[tuple[str, str]]:
    """The instructions of a Containerfile, their lines put together."""
    text = re.sub(r"\\\n\s*", "", "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#")))
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def test_containerfile(site: Path) -> None:
    steps = instructions(site / "Containerfile")
    names = [name for name, _ in steps]
    assert set(names) <= {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert steps[0] == ("FROM", "docker.io/library/python:3.11-slim-bookworm")
    for name, words in steps:
        if name == "COPY":
            for copied in words.split()[:-1]:
                assert (site / copied).exists(), copied
    assert names.index("USER") > max(place for place, name in enumerate(names) if name in ("RUN", "COPY"))
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", dict(steps)["USER"])  # numbers: Kubernetes can tell that it is not root
    assert "SECRET" not in (site / "Containerfile").read_text().replace("${DATASETTE_SECRET:?", "")


@contextmanager
def started(command: list[str], cwd: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, "PYTHONPATH": str(PROJECT), **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    yield process
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_containers_command_and_health_check_run(site: Path) -> None:
    """The CMD and HEALTHCHECK as they stand, on this machine and with its paths, as no container engine is asked for."""
    steps = dict(instructions(site / "Containerfile"))
    port = str(free_port())
    path = {"PATH": f"{Path(os.sys.executable).parent}:{os.environ['PATH']}", "PORT": port}  # type: ignore[attr-defined]
    command = [word.replace("/site ", f"{shlex.quote(str(site))} ").replace("0.0.0.0", "127.0.0.1") for word in json.loads(steps["CMD"])]
    check = json.loads(steps["HEALTHCHECK"].partition("CMD ")[2])
    assert subprocess.run(check, env={**os.environ, **path}, capture_output=True).returncode != 0
    environment = {**os.environ, **path} | {"DATASETTE_SECRET": ""}
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20)
    assert refused.returncode != 0
    assert "64 random hex digits" in refused.stderr
    with started(command, site, DATASETTE_SECRET="0" * 64, **path):
        until = time.monotonic() + 30
        while (done := subprocess.run(check, env={**os.environ, **path}, capture_output=True)).returncode and time.monotonic() < until:
            time.sleep(0.3)
        assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("is_tried", [True, False])
def test_the_folder_is_tried_on_ones_own_machine_as_the_page_says(site: Path, is_tried: bool) -> None:
    told = (PROJECT / "docs" / "deploy.md").read_text(encoding="utf-8")
    line = next(line for line in told.splitlines() if line.startswith("datasette serve build/site --setting")).partition(" #")[0]
    words = line.replace("build/site", str(site)).split()[1:] if is_tried else ["serve", str(site)]
    port = free_port()
    address = f"127.0.0.1:{port}"
    with started([sys.executable, "-m", "datasette", *words, "--port", str(port)], site, DATASETTE_SECRET="0" * 64):
        until = time.monotonic() + 30
        while not is_answering(port) and time.monotonic() < until:
            time.sleep(0.3)
        feed, rows = (
            urllib.request.urlopen(f"http://{address}/{path}").read().decode()
            for path in ("feed.atom", "casebook/fact.json?_shape=objects&_size=1")
        )
    scheme, other = ("http", "https") if is_tried else ("https", "http")
    assert f'href="{scheme}://{address}/feed.atom"' in feed
    assert f"{other}://{address}/" not in feed
    assert json.loads(rows)["next_url"].startswith(f"{scheme}://{address}/casebook/fact.json?")


def is_answering(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_image_script_says_in_a_line_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("bash", "env"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or "")
    script = PROJECT / "scripts" / "make_image.sh"
    done = subprocess.run([str(script), "site", "casebook"], env={"PATH": str(tmp_path / "bin")}, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "no container engine answers" in done.stderr
    for name, more in (("docker", ""), ("podman", " --format docker")):  # Podman is asked first; its own format has no health check
        engine = tmp_path / "bin" / name
        engine.write_text(f'#!/usr/bin/env bash\n[ "$1" = info ] || echo "{name} $@"\n')
        engine.chmod(0o755)
        done = subprocess.run([str(script), "site", "casebook"], env={"PATH": str(tmp_path / "bin")}, capture_output=True, text=True)
        assert done.stdout == f"{name} build --file site/Containerfile --tag casebook{more} site\n"


# --- below a base path -------------------------------------------------------------------------


class _Links(HTMLParser):
    """Collects all addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if value and name in ("href", "src", "action")]


def links(page: str, html: str) -> set[str]:
    """The addresses of the same host that a page leads to, without its own parts."""
    parser = _Links()
    parser.feed(html)
    found = (urlsplit(urljoin(page, link)) for link in parser.found)
    here = urlsplit(page).netloc
    return {f"{x.path}?{x.query}" if x.query else x.path for x in found if x.scheme in ("http", "https") and x.netloc == here}


def test_no_link_leaves_the_base_path(database: Path) -> None:
    datasette = serve.make_datasette(database, base_url=BASE)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(datasette.invoke_startup())
    found: dict[str, str] = {}
    for path in (*ALL, "/casebook/case_overview?_facet_size=1"):
        answer = loop.run_until_complete(datasette.client.get(path))
        assert answer.status_code == 200, path
        if "link" in answer.headers:
            found.setdefault(urlsplit(answer.headers["link"].partition(";")[0]).path, path)
        found |= dict.fromkeys(links(f"http://localhost{BASE[:-1]}{path}", answer.text), path)
    assert len(found) > 300
    wrong = {link: page for link, page in found.items() if not link.startswith(BASE) or link.startswith(BASE + BASE[1:])}
    assert wrong == {}
    # One of each kind leads somewhere: Datasette's client puts the base path before what it is asked for.
    kinds = {
        re.sub(r"[~\w.,+%=:-]+$", "", link.partition("?")[0]) + str("?" in link): link for link in found if link != f"{BASE}suggest"
    }  # a form's, which sends a case
    for link in kinds.values():
        answer = loop.run_until_complete(datasette.client.get(link.removeprefix(BASE[:-1]), follow_redirects=True))
        assert answer.status_code == 200, (link, found[link])
    loop.close()


def test_redirects_stay_below_the_base_path(database: Path) -> None:
    with served(serve.make_datasette(database, base_url=BASE).app()) as address:
        for path, wanted in (("casebook/", "casebook"), ("/example.com/", "example.com"), ("casebook/report/", "casebook/report")):
            request = urllib.request.Request(f"{address}{BASE}{path}")
            opener = urllib.request.build_opener(_NoRedirect)
            with pytest.raises(urllib.error.HTTPError) as refused:
                opener.open(request)
            location = refused.value.headers.get("location")
            assert refused.value.code == 404 or location == BASE + wanted, (path, location)
        # A proxy that takes the base path off, and a health check beside it, are answered, too.
        assert json.load(urllib.request.urlopen(f"{address}/-/health"))["cases"] == 3
        assert b"Downloads" in urllib.request.urlopen(f"{address}{BASE}downloads").read()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@pytest.mark.parametrize(
    "base", ["site", "/site", "site/", "//evil.example/", "/a//b/", "/../", "/a b/", "/<x>/", "/casebook/", "/-/x/", "/static/"]
)
def test_no_other_base_path(database: Path, tmp_path: Path, base: str) -> None:
    with pytest.raises(DatabaseError, match="base path"):
        serve.make_datasette(database, base_url=base)
    with pytest.raises(DatabaseError, match="base path"):
        publish.write_site(database, tmp_path / "site", base_url=base)
    assert not (tmp_path / "site").exists()


# --- nginx -------------------------------------------------------------------------------------


@contextmanager
def nginx(folder: Path, port: int, behind: int) -> Iterator[str]:
    """Run nginx with the project's example, whose ports and folders are put where the test may write."""
    example = (PROJECT / "deploy" / "nginx.conf").read_text()
    for old, new in (
        ("127.0.0.1:8001", f"127.0.0.1:{behind}"),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("/var/cache/nginx", str(folder)),
    ):
        assert example.count(old) == 1, old
        example = example.replace(old, new)
    (folder / "casebook.conf").write_text(example)
    temporary = "".join(f"{name}_temp_path {folder}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    # Started by root, its workers would be another user, who may not enter pytest's folders.
    user = "user root; " if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{ access_log off; {temporary} include {folder}/casebook.conf; }}\n"
    )
    command = [NGINX or "", "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    with started(command, folder):
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt-get install nginx)")
def test_behind_nginx(database: Path, tmp_path: Path) -> None:
    import httpx

    from db import export

    export.export(database, export.folder_of(database))
    with (
        served(serve.make_datasette(database, public=True, base_url=BASE).app()) as behind,
        nginx(tmp_path, free_port(), urlsplit(behind).port or 0) as address,
        httpx.Client(base_url=address) as client,
    ):
        case = f"{BASE}casebook/patient_case/lung-imt~2F1"
        for path in (BASE, f"{BASE}downloads", f"{BASE}static/casebook.css", f"{BASE}search?q=sarcoma", case, "/robots.txt"):
            assert client.get(path).status_code == 200, path
        for link in links(address + case, client.get(case).text):
            assert link.startswith(BASE)
        assert client.get(BASE[:-1]).headers["location"] == BASE
        assert client.get(f"{BASE}casebook/").headers["location"] == f"{BASE}casebook"
        # A second reader is answered from the cache, packed, whatever cookie the browser has; headers of the guard are still there.
        second = client.get(case, headers={"cookie": "a=b", "accept-encoding": "gzip"})
        assert (second.headers["x-cache-status"], second.headers["content-encoding"]) == ("HIT", "gzip")
        assert "script-src 'self'" in second.headers["content-security-policy"]
        assert client.get(f"{BASE}-/health").headers["x-cache-status"] == "MISS"
        assert client.get(f"{BASE}-/health").headers["x-cache-status"] == "MISS"
        # What a stranger says of where he comes from changes no address.
        feed = client.get(f"{BASE}feed.atom", headers={"x-forwarded-host": "evil.example"}).text
        assert "evil" not in feed
        assert f"https://127.0.0.1:{urlsplit(address).port}{BASE}feed.atom" in feed
        part = client.get(f"{BASE}downloads/casebook.db", headers={"range": "bytes=0-14"})
        assert (part.status_code, part.content) == (206, b"SQLite format 3")
        assert client.post(BASE).status_code == 403
        # Questions are limited, pages that are cached are not.
        asked = [client.get(f"{BASE}casebook?sql=select+{number}").status_code for number in range(30)]
        assert asked[0] == 200
        assert 429 in asked
        assert client.get(case).status_code == 200


# --- systemd -----------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_unit_file(tmp_path: Path) -> None:
    unit = (PROJECT / "deploy" / "casebook.service").read_text().replace("/srv/casebook/venv/bin/datasette", "/bin/true")
    (tmp_path / "casebook.service").write_text(unit)
    done = subprocess.run(["systemd-analyze", "verify", str(tmp_path / "casebook.service")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
