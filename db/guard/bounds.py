"""All limits of the site that Datasette's own settings do not have, with their defaults: the one place to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

# The name of these limits in Datasette's configuration: plugins: {"casebook-guard": {"sql_per_minute": 60}}.
PLUGIN = "casebook-guard"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one client, one request and all together may use up.

    Attributes
    ----------
    is_public
        Whether strangers are served: each client has its rates, and nobody can log in. A reader on the own machine has none.
    hosts
        The names that the site answers to, without port; () for any. It keeps a page of another name that was made to lead here
        (DNS rebinding) from reading, and links in answers from naming a host that the asker made up.
    sql_per_minute
        Requests with SQL of their own (`sql`, `_where`) a client a minute; half as many at once after a rest. 0 is without limit,
        as in all rates.
    question_per_minute
        Canned queries, the pages of our own that read all cases, and requests with three parameters or more, or with one of Datasette's
        (`_facet`, `_sort`, `_size`).
    download_per_minute
        CSV, spreadsheets, archives and the database.
    page_per_minute
        All other pages, what is said of a file for download (HEAD), and its parts; files of the site itself are not counted.
    seconds_a_token
        A request that took longer to answer counts once more for each so many seconds: who asks for hard work asks less often.
    most_clients
        How many clients are remembered in each class. The one that asked least lately is forgotten first, so memory is bounded.
    sql_at_once, question_at_once, download_at_once
        How many such requests are worked on at the same time, from all clients; one SQL query for each two processor cores is right.
        The page of a case beside endless SQL of 8 clients on 2 busy cores took, in the median: 37 to 112 ms with one at once, 176 to
        191 with two, 259 to 347 with three, 3,816 to 4,460 without a bound; 25 to 52 without the others.
    most_waiting, longest_wait_s
        How many others wait for their turn in each class, and how long, before they are told to come again.
    longest_answer_s
        After so long an answer is broken off: a slow reader of a long one would keep the place of others.
    most_part_bytes
        The largest part of a file below /downloads/ (one Range header) that counts as a page: programs read Parquet in hundreds of small
        ones. A larger part, or one without an end, counts as a download.
    most_query_bytes, most_path_bytes
        Length of the query string and of the path.
    most_parameters, most_facets
        Parameters in one address, and those of them that ask for a facet.
    """

    is_public: bool = False
    hosts: tuple[str, ...] = ()
    sql_per_minute: int = 30
    question_per_minute: int = 120
    download_per_minute: int = 12
    page_per_minute: int = 600
    seconds_a_token: float = 0.5
    most_clients: int = 10_000
    sql_at_once: int = 1
    question_at_once: int = 2
    download_at_once: int = 4
    most_waiting: int = 16
    longest_wait_s: float = 5.0
    longest_answer_s: float = 300.0
    most_part_bytes: int = 8_000_000
    most_query_bytes: int = 16_384
    most_path_bytes: int = 2_048
    most_parameters: int = 60
    most_facets: int = 8


def configured(datasette: Any) -> Bounds:
    """Return the limits of a site: the defaults, with what its configuration says otherwise.

    Raises
    ------
    ValueError
        The configuration names a limit that is not there, or gives one a value of another type or below zero.
    """
    said: Mapping[str, Any] = datasette.plugin_config(PLUGIN) or {}
    defaults = {field.name: getattr(Bounds(), field.name) for field in fields(Bounds)}
    for name, value in said.items():
        if name not in defaults:
            raise ValueError(f"{PLUGIN}: found {name}, wanted one of {', '.join(defaults)}")
        if not _fits(value, defaults[name]):
            raise ValueError(f"{PLUGIN}: {name}: found {value!r}, wanted something like {defaults[name]!r}")
    chosen: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    return Bounds(**chosen)


def _fits(value: Any, default: Any) -> bool:
    """Tell whether a value is of its default's type, and no number below zero."""
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, tuple):
        return isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value)
    return isinstance(value, (int, float) if isinstance(default, float) else int) and value >= 0
