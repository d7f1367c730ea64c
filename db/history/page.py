"""What moved between two runs as one page of HTML that needs nothing else: no script, no other file, every word escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path

from db.history import telling
from db.history.diff import KINDS, REWORDED, Change, Difference, Fact
from db.history.store import Run

_HERE = Path(__file__).parent
# What moved looks the same on the site, which gives it the colours of its own.
_STYLE = "\n".join(path.read_text(encoding="utf-8") for path in (_HERE / "page.css", _HERE.parent / "site" / "static" / "moved.css"))


def page(found: Difference, runs: Sequence[Run]) -> str:
    """Return the whole page; `runs` says of the two runs when and why they were."""
    about = {run.run_id: run for run in runs}
    title = f"Casebook: {telling.title(found)}"
    heads = (telling.run_words(about[run_id]) for run_id in (found.before, found.after) if run_id in about)
    parts = (
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(telling.title(found))}</h1>",
        *(f"<p class=run>{escape(words)}</p>" for words in heads),
        *body(found),
        "</main></body></html>",
    )
    return "\n".join(parts) + "\n"


def body(found: Difference, url_of: Callable[[str], str | None] = lambda _: None) -> Iterator[str]:
    """Yield what moved as HTML without a page around it, every word escaped; `moved.css` is its style.

    `url_of` gives the address of the page of a report or case ("imt-lung", "imt-lung/1"), None where it has none.
    """
    if words := telling.pipeline_words(found):
        yield f"<p class=run>{escape(words)}</p>"
    yield from _counts(found)
    yield from _reports(found, url_of)
    yield from _tables(found)


def _counts(found: Difference) -> Iterator[str]:
    yield f"<p>{telling.how_many(found)}</p>"
    counts = found.counts()
    if not counts:
        return
    heads = "".join(f"<th>{kind}</th>" for kind in KINDS)
    yield f"<div class='wide moves'><table class=moved><thead><tr><th>field</th>{heads}</tr></thead><tbody>"
    for field, count in counts.items():
        cells = "".join(f"<td>{f'{count[kind]:,}' if count[kind] else ''}</td>" for kind in KINDS)
        yield f"<tr><th>{escape(field)}</th>{cells}</tr>"
    yield "</tbody></table></div>"
    if moves := telling.most_often(found):
        yield f"<h2>Most often</h2><ul class=most>{''.join(f'<li>{times} × {escape(move)}</li>' for move, times in moves)}</ul>"


def _linked(name: str, url_of: Callable[[str], str | None]) -> str:
    url = url_of(name)
    return f'<a href="{escape(url)}">{escape(name)}</a>' if url else escape(name)


def _reports(found: Difference, url_of: Callable[[str], str | None]) -> Iterator[str]:
    """Yield each report with the values that moved; those of new and gone cases, and new words for old values, are folded."""
    changes = telling.by_report(found)
    for report in found.reports:
        apart = {*report.cases_added, *report.cases_removed}
        yield f"<section><h2>{_linked(report.report_id, url_of)}</h2><p class=about>{escape(telling.about(report))}</p>"
        folded = [x for x in changes.get(report.report_id, ()) if x.case_id in apart or x.kind == REWORDED]
        shown = [x for x in changes.get(report.report_id, ()) if not (x.case_id in apart or x.kind == REWORDED)]
        yield from (_change(change, url_of) for change in shown)
        if report.said:
            yield f"<ul class=said>{''.join(f'<li>{escape(telling.said_words(word))}</li>' for word in report.said)}</ul>"
        if folded:
            yield f"<details><summary>{len(folded):,} more: of new or gone cases, or the same from other words</summary>"
            yield from (_change(change, url_of) for change in folded)
            yield "</details>"
        yield "</section>"


def _tables(found: Difference) -> Iterator[str]:
    """Yield each dose table that moved, with the cells that are read otherwise folded."""
    for table in found.tables:
        yield f"<section><h2>Dose table {escape(table.dose_table_id)}</h2><p class=about>{escape(telling.about_table(table))}</p>"
        if table.cells:
            cells = "".join(f"<li>{escape(telling.cell_words(cell))}</li>" for cell in table.cells)
            yield f"<details><summary>{len(table.cells):,} cells</summary><ul>{cells}</ul></details>"
        yield "</section>"


def _change(change: Change, url_of: Callable[[str], str | None]) -> str:
    values = telling.moved(change)
    sides = (("before", change.before, values[0]), ("after", change.after, values[1]))
    return (
        f'<article class="{change.kind}"><h3><span class=kind>{change.kind}</span> {escape(telling.name_of(change))}'
        f" <small>{_linked(change.case_id, url_of)}</small></h3><div class=sides>"
        f"{''.join(_side(name, fact, words) for name, fact, words in sides if fact)}</div></article>"
    )


def _side(name: str, fact: Fact, words: str) -> str:
    quotes = "".join(f"<q>{escape(quote)}</q>" for quote in fact.quotes)
    return f"<div class={name}><b>{name}</b> {escape(words)}{quotes}</div>"
