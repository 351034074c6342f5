#!/usr/bin/env bash
# verify_family.sh RANDOM_NETWORKS CNNC FAMILY COUNT SEED: compiled code against the reference for COUNT networks of
# random shape, at batch sizes of a part of a vector and of more than one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" "$3" "$4" "$5" >"$folder/$3.cnn"
"$2" verify "$folder/$3.cnn" --batch 1 5 17 --cache "$folder/cache" -j 1 >"$folder/log" 2>"$folder/errors" || {
  status=$?
  cat "$folder/log" "$folder/errors"
  echo "the networks: $1 $3 $4 $5"
  exit "$status"
}
networks=$(grep -c '^network ' "$folder/$3.cnn")
held=$(grep -c 'comparisons hold$' "$folder/log")
echo "$3: $held of $networks networks hold"
[ "$held" -eq "$networks" ]
