# A question of the site, as CSV: reports with a word in title or text.
SITE=${CASEBOOK_SITE:-http://127.0.0.1:8001}
curl --fail --silent --show-error --get --data-urlencode "_search=leiomyosarcoma" \
  "$SITE/casebook/report_text.csv?_col=report_id&_col=title"
