# All values of one case, with how sure each is. A slash within a name is written ~2F.
SITE=${CASEBOOK_SITE:-http://127.0.0.1:8001}
case=$(curl --fail --silent --show-error "$SITE/casebook/case_overview.csv?_size=1" | sed -n 2p | cut -d , -f 1)
curl --fail --silent --show-error "$SITE/casebook/patient_case/$(printf %s "$case" | sed 's:/:~2F:').json?_shape=objects"
curl --fail --silent --show-error --get --data-urlencode "case_id=$case" \
  "$SITE/casebook/fact.json?_shape=array&_col=field&_col=value&_col=certainty"
