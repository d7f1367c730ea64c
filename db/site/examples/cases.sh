# Cases with radiotherapy, as JSON: a list of objects, one a case.
SITE=${CASEBOOK_SITE:-http://127.0.0.1:8001}
curl --fail --silent --show-error \
  "$SITE/casebook/case_overview.json?_shape=array&radiotherapy=yes&_col=histology&_col=max_dose_gy&_size=5"
