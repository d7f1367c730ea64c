"""The data of a page as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from datasette import Response

from db.pages.data import Data


def written(data: Data, form: str, headers: Mapping[str, str]) -> Any:
    """Return the answer that holds the rows: "csv" under a line of column names, or "json", a list of objects; None is empty, or null."""
    if form == "json":
        body = json.dumps([dict(zip(data.columns, row, strict=True)) for row in data.rows], ensure_ascii=False)
        return Response(body, content_type="application/json; charset=utf-8", headers=dict(headers))
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(data.columns)
    writer.writerows(data.rows)
    return Response(lines.getvalue(), content_type="text/csv; charset=utf-8", headers=dict(headers))
