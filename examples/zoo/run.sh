#!/usr/bin/env bash
# Summarises the networks of the zoo and verifies one of each file at reduced size: compiled code against the reference
# interpreter.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../build.sh"

for file in "$here"/*.cnn; do
  "$cnnc" summary "$file"
  network=$(sed -n 's/^network \([A-Za-z0-9]*\)\( = .*\|(classes.*\)/\1/p' "$file" | head -1)
  "$cnnc" verify "$file" --network "$network" --set size=96
done
