#!/usr/bin/env bash
# Writes the table of sizes: beside an earlier report where that file is there, else by itself.
#
#   size-table.sh EARLIER NOW TABLE
set -euo pipefail
earlier=$1 now=$2 table=$3
python -m pip install --quiet .
if [ -f "$earlier" ]; then
    # Growth past the budget fails the job `images`; here it is only told.
    careen report --against "$earlier" --now "$now" --markdown > "$table" || test -s "$table"
else
    careen report --now "$now" --markdown > "$table"
fi
