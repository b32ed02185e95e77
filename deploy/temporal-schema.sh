#!/bin/sh
# Makes, or brings up to date, the two databases of a Temporal server; SQL_PASSWORD is theirs. Safe to run again.
set -eu
for pair in temporal:temporal temporal_visibility:visibility; do
  database=${pair%:*} schema=${pair#*:}
  tool() { temporal-sql-tool --plugin postgres12 --ep temporal-postgres --port 5432 --user temporal --db "$database" "$@"; }
  tool create
  # There already when this is not the first time.
  tool setup-schema --version 0.0 || true
  tool update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$schema/versioned"
done
