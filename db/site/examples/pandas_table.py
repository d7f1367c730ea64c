"""A table as a pandas data frame. An empty cell of the CSV is "not reported" and becomes NaN, never 0."""

import os

import pandas

SITE = os.environ.get("CASEBOOK_SITE", "http://127.0.0.1:8001")

stains = pandas.read_csv(f"{SITE}/casebook/ihc_result.csv?_stream=on")
print(stains.groupby(["marker", "result"]).case_id.nunique().to_string())
