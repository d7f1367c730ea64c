"""A run taken back: each report that it touched becomes what it was before, by a new run; no other report is touched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from corpus.dose_table import counted
from db import load, records, reports, source_files
from db.corrections import ruling
from db.duplicates import Likeness, Link, Place
from db.history import content, diff, dose_tables, store
from db.history.dose_tables import TableVersion
from db.history.store import LINKED, OUT, SAME, STORED, Version
from db.reports import stored_report
from db.schema import DatabaseError
from db.version import by_todays_rows

_NAMED = 5  # of a long list of reports


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be put back.

    Attributes
    ----------
    run_id
        The run that is undone.
    targets
        Each report that is to become another than it is, with the version that it gets; None takes it out.
    later
        Those of the touched reports and dose tables that later runs touched, too, with the last of them.
    tables
        The same as `targets`, of dose tables.
    """

    run_id: str
    targets: Mapping[str, Version | None]
    later: Mapping[str, str]
    tables: Mapping[str, TableVersion | None]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to put back."""
        return not self.targets and not self.tables


def plan(past: sqlite3.Connection, run_id: str) -> Plan:
    """Return what undoing a run has to put back."""
    touched = [version.report_id for version in store.versions(past, run_id) if version.outcome != SAME]
    before, now = store.state(past, diff.before(past, run_id)), store.state(past)
    targets = {name: before.get(name) for name in touched}
    sql = "select max(run_id) from version where report_id = ? and run_id > ? and outcome <> 'same'"
    later = {name: past.execute(sql, (name, run_id)).fetchone()[0] for name in touched}
    tables, later_tables = _tables(past, run_id)
    return Plan(
        run_id,
        {name: _none_if_out(target) for name, target in targets.items() if not now[name].tells_as(target)},
        {name: last for found in (later_tables, later) for name, last in found.items() if last},
        tables,
    )


def _tables(past: sqlite3.Connection, run_id: str) -> tuple[dict[str, TableVersion | None], dict[str, str | None]]:
    """Return the dose tables that have to be put back, and of all that the run touched the last later run."""
    touched = [version.dose_table_id for version in dose_tables.versions(past, run_id) if version.outcome != SAME]
    before, now = dose_tables.state(past, diff.before(past, run_id)), dose_tables.state(past)
    was = {name: version if (version := before.get(name)) and version.content is not None else None for name in touched}
    sql = "select max(run_id) from dose_table_version where dose_table_id = ? and run_id > ? and outcome <> 'same'"
    later = {name: past.execute(sql, (name, run_id)).fetchone()[0] for name in touched}
    return {name: target for name, target in was.items() if now[name].content != (target.content if target else None)}, later


def _none_if_out(version: Version | None) -> Version | None:
    return None if version is None or version.state == OUT else version


def refuse(found: Plan, is_forced: bool) -> None:
    """Raise DatabaseError where a run cannot be undone: there is nothing to do, or later runs would be undone with it."""
    name = diff.run_name_of(found.run_id)
    if found.is_empty:
        raise DatabaseError(f"{name}: nothing to undo; every report is as it was before")
    if found.later and not is_forced:
        whose = ", ".join(f"{report_id} (run {int(run_id)})" for report_id, run_id in sorted(found.later.items())[:_NAMED])
        more = f" and {len(found.later) - _NAMED} others" if len(found.later) > _NAMED else ""
        raise DatabaseError(
            f"{name}: later runs changed the same reports: {whose}{more}; undo those first, or --force puts back what was before"
        )


def told(found: Plan) -> str:
    """Return what undoing a run does, in words: "1 report put back, 1 taken out"."""
    done = []
    for what, targets in (("report", found.targets), ("dose table", found.tables)):
        n_out = sum(target is None for target in targets.values())
        if targets or what == "report":
            done.append(f"{counted(len(targets) - n_out, what)} put back, {n_out} taken out")
    return "; ".join(done)


def apply(past: sqlite3.Connection, copy: sqlite3.Connection, found: Plan, run_id: str) -> None:
    """Put back what a plan says, in a copy of the database, as a run of its own.

    Raises
    ------
    DatabaseError
        Reports that the plan does not name would go or change with it.
    """
    wanted = {**store.there_now(copy)}
    for name, target in found.targets.items():
        wanted.pop(name, None)
        if target is None or target.state == LINKED:
            load.remove(copy, name, run_id)
        if target is not None:
            wanted[name] = content.get(past, target.facts)["report_id"] if target.state == LINKED else None
    for name, target in found.targets.items():
        if target and target.state == STORED:
            _store(past, copy, name, target, run_id)
    for target in found.targets.values():
        if target and target.state == LINKED:
            _link(past, copy, target, run_id)
    there, now = store.there_now(copy), store.state(past)
    if others := sorted(name for name in there.keys() | wanted.keys() if there.get(name, "") != wanted.get(name, "")):
        hanging = ", ".join(f"{name} (run {int(now[name].run_id)})" for name in others[:_NAMED])
        raise DatabaseError(f"{diff.run_name_of(found.run_id)}: cannot be undone alone, later ones hang on it: {hanging}; undo those first")
    _put_tables_back(past, copy, found, run_id)
    source_files.forget(copy, found.targets)


def _put_tables_back(past: sqlite3.Connection, copy: sqlite3.Connection, found: Plan, run_id: str) -> None:
    there = set(dose_tables.names(copy))
    with load.transaction(copy):
        for name, target in found.tables.items():
            if target is None:
                dose_tables.take_out(copy, name)
            else:
                dose_tables.put_back(copy, past, target)
            load.note_dose_table(copy, run_id, name, "removed" if target is None else "changed" if name in there else "new")


def _store(past: sqlite3.Connection, copy: sqlite3.Connection, name: str, target: Version, run_id: str) -> None:
    pipeline = {"version": target.pipeline_version or "", "fingerprint": by_todays_rows(target.pipeline_fingerprint or "")}
    report = reports.from_content(json.dumps(content.get(past, target.report)))
    told = content.get(past, target.facts)
    ruled = ruling.from_json(told.get("corrections", {}))
    load.store(copy, report, records.from_json(told, pipeline), run_id, ruled=ruled)


def _link(past: sqlite3.Connection, copy: sqlite3.Connection, target: Version, run_id: str) -> None:
    """Link a report again to the one that tells the same."""
    link = content.get(past, target.facts)
    kept = stored_report(copy, link["report_id"])
    if kept is None:
        raise DatabaseError(f"{target.report_id}: was linked to {link['report_id']}, which is not stored any more")
    report = reports.from_content(json.dumps(content.get(past, target.report)))
    likeness = Likeness(link["reason"], link["words_in_both"], link["share"])
    load.link(copy, Place(kept, True, (Link(report, likeness),), ()), run_id)
