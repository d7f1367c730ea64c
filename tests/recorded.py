"""The answers that programs rely on, recorded: their shape (keys and types) and their values for the invented database.

    python -m tests.recorded

records them anew, on purpose. What is left out differs from run to run or is Datasette's own: times of queries, addresses with a host.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.dose_table import load_dose_table
from db import load, publish, schema, serve
from db.pages.registry import ROUTES
from tests import db_fixtures

BASELINES = Path(__file__).parent / "baselines"
DOSES = Path(__file__).parent.parent / "corpus" / "dose_tables" / "imt_radiotherapy.csv"
# What the answer to a request with `_shape=objects` promises; all else in it is Datasette's own and differs from release to release.
PROMISED = ("rows", "next", "truncated")
# Questions that ask for something are recorded with an answer.
ASKED = {
    "marker_profile": "marker_1=ALK&result_1=negative",
    "words_for_a_value": "case_id=lung-imt/1&field=age_years",
    "search": "q=leiomyosarcoma",
}
# Sums of files differ from build to build: of these the shape alone is recorded.
_SHAPE_ONLY = ("page-downloads",)
# Of the largest tables, and of long texts, a page is enough.
_MOST_ROWS = 8


def addresses() -> dict[str, str]:
    """Return what is recorded: the name of its file, and its address. New tables, questions and pages with data come in by themselves."""
    found = {
        "case": "/casebook/patient_case/lung-imt~2F1.json?_shape=objects",
        "row": "/casebook/ihc_result/lung-imt~2F1,1.json?_shape=objects",
    }
    for table in schema.dictionary():
        if "_search" not in table:
            found[f"table-{table}"] = f"/casebook/{table}.json?_shape=objects&_size={_MOST_ROWS}"
    for query in publish.queries():
        asked = ASKED.get(query.name)
        found[f"question-{query.name}"] = f"/casebook/{query.name}.json?_shape=objects" + (f"&{asked}" if asked else "")
    for route in ROUTES:
        if route.has_data:
            found[f"page-{route.name}"] = f"/{route.name}.json"
    found["text-search"] = "/casebook/report_text.json?_shape=objects&_search=sarcoma"
    found["sql"] = "/casebook.json?_shape=objects&sql=select+case_id,+age_years+from+patient_case+where+sex+=+:sex&sex=male"
    found["sql-as-array"] = "/casebook.json?_shape=array&sql=select+case_id+from+patient_case"
    found["error-sql"] = "/casebook.json?_shape=objects&sql=select+nothing+from+nowhere"
    found["error-not-there"] = "/casebook/patient_case/nobody.json?_shape=objects"
    return found


def shape(value: Any) -> Any:
    """Return keys and types of an answer: of a list what its items have in common, a key that some lack marked with "?"."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_merged([shape(item) for item in value])] if value else []
    return "null" if value is None else "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def _merged(shapes: list[Any]) -> Any:
    """Return one shape for several: types side by side ("null or number"), objects key by key."""
    if all(isinstance(one, dict) for one in shapes):
        keys = dict.fromkeys(key for one in shapes for key in one)
        return {
            (key if all(key in one for one in shapes) else f"{key}?"): _merged([one[key] for one in shapes if key in one]) for key in keys
        }
    kinds = sorted({kind for one in shapes for kind in (one.split(" or ") if isinstance(one, str) else [json.dumps(one)])})
    return " or ".join(kinds)


def kept(answer: Any) -> Any:
    """Return the part of an answer that is promised; of an error that it is one, with its words, which may be others."""
    if isinstance(answer, dict) and answer.get("ok") is False:
        return {"ok": False, "error": "in words" if answer.get("error") else ""}
    return {key: answer[key] for key in PROMISED if key in answer} if isinstance(answer, dict) else answer


def recorded(name: str, answer: Any) -> dict[str, Any]:
    """Return what is recorded of an answer."""
    promised = kept(answer)
    if name in _SHAPE_ONLY:
        return {"shape": shape(promised), "values": None}
    return {"shape": shape(promised), "values": promised[:_MOST_ROWS] if isinstance(promised, list) else promised}


def build(path: Path) -> Path:
    """Write the database that is asked: invented reports, and a literature table."""
    db_fixtures.build(path)
    connection = load.connect(path)
    load.store_dose_table(connection, load_dose_table(DOSES))
    load.refresh_overview(connection)
    connection.close()
    return path


def answers(database: Path, asked: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield each name with its answer as JSON."""
    datasette = serve.make_datasette(database)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(datasette.invoke_startup())
    for name, address in asked.items():
        yield name, loop.run_until_complete(datasette.client.get(address, follow_redirects=True)).json()
    loop.close()


def main() -> None:
    """Record all answers anew."""
    BASELINES.mkdir(exist_ok=True)
    for old in BASELINES.glob("*.json"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for name, answer in answers(build(Path(folder) / "casebook.db"), addresses()):
            text = json.dumps(recorded(name, answer), ensure_ascii=False, indent=1)
            (BASELINES / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
