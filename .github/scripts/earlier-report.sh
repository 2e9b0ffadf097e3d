#!/usr/bin/env bash
# Fetches report.json of the last successful run of docker-optimize on a branch, where there is one.
#
#   earlier-report.sh BRANCH FOLDER
set -euo pipefail
branch=$1 folder=$2
mkdir -p "$folder"
run=$(gh run list --workflow docker-optimize.yml --branch "$branch" --status success --limit 1 \
    --json databaseId --jq '.[0].databaseId // empty')
if [ -z "$run" ]; then
    echo "no earlier run on $branch"
    exit 0
fi
gh run download "$run" --name results --dir "$folder" || echo "run $run has no results any more"
