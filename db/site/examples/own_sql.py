"""SQL of your own, with a parameter: which words of the reports say a value."""

import json
import os
from urllib.parse import urlencode
from urllib.request import urlopen

SITE = os.environ.get("CASEBOOK_SITE", "http://127.0.0.1:8001")
SQL = """
select fact.case_id, fact.value, fact.certainty, evidence.quote
from fact
join fact_evidence using (case_id, field, number)
join evidence on evidence.report_id = fact_evidence.report_id and evidence.number = fact_evidence.evidence_number
where fact.field = :field
order by fact.certainty
"""

with urlopen(f"{SITE}/casebook.json?{urlencode({'sql': SQL, 'field': 'age_years', '_shape': 'objects'})}") as answer:
    found = json.load(answer)
for row in found["rows"]:
    print(row["case_id"], row["value"], row["certainty"], repr(row["quote"]), sep="\t")
if found["truncated"]:
    print(f"and more: the site gives {len(found['rows'])} rows at the most")
