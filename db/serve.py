"""Datasette as Casebook runs it: one function for the command line and the tests."""

from __future__ import annotations

import errno
import os
import socket
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from db import publish
from db.schema import DatabaseError

# What the own machine is called by its own browsers.
LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")


def datasette_arguments(database: Path, public: bool = False, base_url: str = "/", *, hosts: Sequence[str] = ()) -> dict[str, Any]:
    """Return the arguments of `datasette.app.Datasette` that serve a database as Casebook's site.

    Raises
    ------
    DatabaseError
        The file is missing or is no Casebook database, or the base path is none.
    """
    if not database.is_file():
        raise DatabaseError(f"{database}: there is no such database; `casebook build` makes it")
    publish.check_base(base_url, database)
    inspected = publish.inspect_data(database)
    # A relative path, where there is one, keeps folders of this machine out of Datasette's own pages.
    return {
        "files": [],
        "immutables": [os.path.relpath(database)],
        "inspect_data": inspected,
        "metadata": publish.metadata(database.stem, public, hosts=hosts, rows=publish.row_counts(inspected, database.stem)),
        "settings": publish.settings(public, base_url),
        "template_dir": str(publish.SITE / "templates"),
        "plugins_dir": str(publish.SITE / "plugins"),
        "static_mounts": [("static", str(publish.SITE / "static"))],
        # On a public site notebooks and pages elsewhere may read data; on one's own machine they would read what is private.
        "cors": public,
        # A fixed secret lets several processes serve one site; without one, each start draws its own.
        "secret": os.environ.get("DATASETTE_SECRET"),
    }


def make_datasette(database: Path, public: bool = False, base_url: str = "/", *, hosts: Sequence[str] = ()) -> Any:
    """Return a Datasette that serves the database; `.client` asks it without a port, `.app()` is ASGI.

    `base_url` is the path below which all pages lie where a proxy serves other things beside them: "/casebook-site/".
    """
    from datasette.app import Datasette

    return Datasette(**for_installed(datasette_arguments(database, public, base_url, hosts=hosts)))


def for_installed(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments as the installed Datasette takes them: from 1.0 on, canned queries are configuration and no metadata."""
    from datasette import __version__

    if __version__.startswith("0."):
        return arguments
    # 1.0a41 fails where a setting stands in both.
    return {**arguments, "settings": None, "config": publish.configuration(arguments["metadata"], arguments["settings"])}


def serve(database: Path, host: str = "127.0.0.1", port: int = 8001, public: bool = False, base_url: str = "/") -> None:
    """Serve the database until interrupted. The caller prints the address."""
    import uvicorn

    # A page of another name that was made to lead to this machine (DNS rebinding) sends its own name.
    hosts = LOCAL_NAMES if host in LOCAL_NAMES and not public else ()
    # Uvicorn starts Datasette's own startup through the ASGI lifespan.
    app = make_datasette(database, public, base_url, hosts=hosts).app()
    uvicorn.run(app, host=host, port=port, log_level="warning", lifespan="on", server_header=False)


def address(host: str, port: int) -> str:
    """Return where a browser finds what listens at a port."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def open_soon(address: str) -> None:
    """Open an address in the browser when the server will have started."""
    opener = threading.Timer(1.0, webbrowser.open, [address])
    opener.daemon = True
    opener.start()


def free_port(host: str, port: int | None, usual: int) -> int:
    """Return the port that was asked for or, where none was, the first free one from the usual on.

    Raises
    ------
    DatabaseError
        It is taken, or none is free; or nobody can listen there.
    """
    candidates = [port] if port else range(usual, usual + 100)
    free = next((candidate for candidate in candidates if is_free(host, candidate)), None)
    if free is None:
        taken = f"port {port} is taken; wanted a free one (without --port one is found)"
        raise DatabaseError(taken if port else f"no free port from {usual} on")
    return free


def is_free(host: str, port: int) -> bool:
    """Tell whether nobody listens at a port of this machine.

    Raises
    ------
    DatabaseError
        Nobody can listen there: the address is not this machine's, or the system does not allow it.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            # As the server will: a port that was closed a moment ago counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            reason = (error.strerror or str(error)).lower()
            raise DatabaseError(f"{host} port {port}: {reason}; wanted an address and port of this machine") from error
        return False
    return True
