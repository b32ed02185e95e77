#!/bin/sh
# Makes the namespace `tidemark` and the search attributes by which its workflows are found. Safe to run again.
set -eu
temporal operator namespace describe --namespace tidemark >/dev/null 2>&1 \
  || temporal operator namespace create --namespace tidemark --retention 7d
for name in TidemarkSource TidemarkConnector TidemarkOutcome; do
  temporal operator search-attribute list --namespace tidemark | grep -qw "$name" \
    || temporal operator search-attribute create --namespace tidemark --name "$name" --type Keyword
done
