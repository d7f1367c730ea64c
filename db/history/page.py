"""What moved between two runs as one page of HTML that needs nothing else: no script, no other file, every word escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from db.history import telling
from db.history.diff import KINDS, REWORDED, Change, Difference, Fact
from db.history.store import Run

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def page(found: Difference, runs: Sequence[Run]) -> str:
    """Return the whole page; `runs` says of the two runs when and why they were."""
    about = {run.run_id: run for run in runs}
    title = f"Casebook: {telling.title(found)}"
    parts = (
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(telling.title(found))}</h1>",
        *(f"<p class=run>{escape(telling.run_words(about[run_id]))}</p>" for run_id in (found.before, found.after) if run_id in about),
        *_counts(found),
        *_reports(found),
        "</main></body></html>",
    )
    return "\n".join(parts) + "\n"


def _counts(found: Difference) -> Iterator[str]:
    yield f"<p>{next(telling.summary(found))}</p>"
    counts = found.counts()
    if not counts:
        return
    yield f"<div class=wide><table><thead><tr><th>field</th>{''.join(f'<th>{kind}</th>' for kind in KINDS)}</tr></thead><tbody>"
    for field, count in counts.items():
        cells = "".join(f"<td>{count[kind] or ''}</td>" for kind in KINDS)
        yield f"<tr><th>{escape(field)}</th>{cells}</tr>"
    yield "</tbody></table></div>"


def _reports(found: Difference) -> Iterator[str]:
    """Yield each report with the values that moved; those of new and gone cases, and new words for old values, are folded."""
    changes: dict[str, list[Change]] = {}
    for change in found.changes:
        changes.setdefault(change.report_id, []).append(change)
    for report in found.reports:
        apart = {*report.cases_added, *report.cases_removed}
        yield f"<section><h2>{escape(report.report_id)}</h2><p class=about>{escape(telling.about(report))}</p>"
        folded = [x for x in changes.get(report.report_id, ()) if x.case_id in apart or x.kind == REWORDED]
        shown = [x for x in changes.get(report.report_id, ()) if x not in folded]
        yield from map(_change, shown)
        if folded:
            yield f"<details><summary>{len(folded)} more: of new or gone cases, or the same from other words</summary>"
            yield from map(_change, folded)
            yield "</details>"
        yield "</section>"


def _change(change: Change) -> str:
    values = telling.moved(change)
    sides = (("before", change.before, values[0]), ("after", change.after, values[1]))
    return (
        f'<article class="{change.kind}"><h3><span class=kind>{change.kind}</span> {escape(telling.name_of(change))}'
        f" <small>{escape(change.case_id)}</small></h3><div class=sides>"
        f"{''.join(_side(name, fact, words) for name, fact, words in sides if fact)}</div></article>"
    )


def _side(name: str, fact: Fact, words: str) -> str:
    quotes = "".join(f"<q>{escape(quote)}</q>" for quote in fact.quotes)
    return f"<div class={name}><b>{name}</b> {escape(words)}{quotes}</div>"
