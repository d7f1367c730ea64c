"""Every case, page by page: `next` leads from one page to the next and is null at the end."""

import json
import os
from urllib.parse import urlencode
from urllib.request import urlopen

SITE = os.environ.get("CASEBOOK_SITE", "http://127.0.0.1:8001")


def rows(table, **filters):
    """Yield the rows of a table as dictionaries; None is "not reported"."""
    asked = {"_shape": "objects", "_size": 100, **filters}
    while True:
        with urlopen(f"{SITE}/casebook/{table}.json?{urlencode(asked)}") as answer:
            page = json.load(answer)
        yield from page["rows"]
        if page["next"] is None:
            return
        asked["_next"] = page["next"]


cases = list(rows("patient_case"))
told = [case["follow_up_months"] for case in cases if case["follow_up_months"] is not None]
print(f"{len(cases)} cases, {len(told)} with a follow-up, the longest of {max(told, default=0):g} months")
