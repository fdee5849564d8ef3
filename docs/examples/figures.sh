#!/bin/sh
# Which counts are certainly more than 300? Run: sh figures.sh [ADDRESS]
set -eu
address=${1:-http://127.0.0.1:8000/}

# As JSON: intervals, evidence, the address of the next page.
curl --fail-with-body -sS -G "${address}api/figures" -d unit=NUM -d threshold=300 -d verdict=certain -d lang=en

# As a table.
curl --fail-with-body -sS -G "${address}figures.csv" -d unit=NUM -d threshold=300 -d verdict=certain -d lang=en

# Any question, in SPARQL.
curl --fail-with-body -sS "${address}sparql" -H 'Accept: text/csv' \
  --data-urlencode 'query=SELECT ?id WHERE { ?figure et:factId ?id ; et:lowerBound 300.0 }'

# Why does a statement hold?
curl --fail-with-body -sS -G "${address}api/explain" \
  -d s=place:beijing-e-town -d p=et:locatedIn -d o=place:china
