"""What the commands of the command line share: where things lie, the options that several have, and the words that were typed."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from corpus.plain import plain

HERE = Path(__file__).resolve().parent
PORT = 8001
RATE = 2.0  # requests a second to Europe PMC


def default_database() -> Path:
    """Return build/casebook.db of the project or, where only the program is installed, of this folder."""
    return (HERE if is_checkout() else Path()) / "build" / "casebook.db"


def default_fetched() -> Path:
    """Return build/fetched of the project or, where only the program is installed, fetched of this folder."""
    return HERE / "build" / "fetched" if is_checkout() else Path("fetched")


def is_checkout() -> bool:
    """Tell whether the program runs from a checkout of the project, with all that is not installed."""
    return (HERE / "pyproject.toml").is_file()


database = click.option(
    "--database",
    type=click.Path(path_type=Path, dir_okay=False),
    default=default_database,
    show_default="build/casebook.db of the project",
    envvar="CASEBOOK_DATABASE",
    help="The database file.",
)
corrections = click.option(
    "--corrections",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="CASEBOOK_CORRECTIONS",
    help="The file of corrections; without it corpus/corrections.csv of the project, or <database>.corrections.csv beside another one.",
)
paths = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
lists = click.option("--list", "lists", multiple=True, type=click.Path(path_type=Path), help="A file of identifiers, one a line, or CSV.")
port = click.option("--port", type=click.IntRange(1, 65535), help=f"The port; without it {PORT} or the next one that is free.")
base_url = click.option(
    "--base-url",
    default="/",
    show_default=True,
    metavar="/NAME/",
    help="The path below which the site lies, behind a proxy.",
)
rate = click.option(
    "--rate", type=click.FloatRange(0, 10, min_open=True), default=RATE, show_default=True, help="Requests a second, at most."
)
by = click.option("--by", metavar="NAME", help="Who says so; without it CASEBOOK_CURATOR or git's user.name.")


class Group(click.Group):
    """The commands; it keeps the words that were typed, for the history of runs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options as any group does, and keep all that was typed."""
        ctx.obj = shlex.join(["casebook", *args])
        return super().parse_args(ctx, args)


def words() -> str:
    """Return the command as it was typed."""
    return plain(str(click.get_current_context().find_root().obj))
