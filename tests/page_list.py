"""Every kind of page that the site has, for the tests that go over all of them."""

from __future__ import annotations

from db import publish, schema
from db.pages.registry import ROUTES

CASE = "/casebook/patient_case/lung-imt~2F1"
# Pages that Datasette gives an address.
TABLES = tuple(f"/casebook/{table}" for table in schema.dictionary() if not table.endswith("_search"))
QUERIES = tuple(f"/casebook/{query.name}" for query in publish.queries())
OWN = tuple(address for route in ROUTES for address in route.addresses())
DATA = tuple(f"/{route.name}.{ending}" for route in ROUTES if route.has_data for ending in ("csv", "json"))
KINDS = (
    "/",
    "/casebook",
    "/casebook/case_overview",
    "/casebook/case_overview?_facet=year&age_years__gt=20",
    "/casebook/case_overview?age_years__gt=200",
    CASE,
    "/casebook/patient_case/markup~2F2",
    "/casebook/report/markup",
    "/casebook/evidence",
    "/casebook/fact",
    "/casebook/empty_field",
    "/casebook/report_text?_search=sarcoma",
    "/casebook/ihc_result/lung-imt~2F1,1",
    "/casebook/dose_table_row/imt_radiotherapy,9,1",
    "/casebook?sql=select+case_id,+age_years+from+patient_case",
    "/-/runs",
)
ALL = tuple(dict.fromkeys((*KINDS, *OWN, *QUERIES)))
