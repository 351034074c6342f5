#!/usr/bin/env bash
# verify.sh RANDOM_NETWORKS CNNC FAMILY COUNT SEED [OPTION...]: compiled code against the reference for COUNT random
# networks of a family, or its `nasty` ones. OPTION... goes to cnnc verify.
set -euo pipefail
printer=$1 cnnc=$2 family=$3 count=$4 seed=$5
shift 5
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$printer" "$family" "$count" "$seed" >"$folder/$family.cnn"
"$cnnc" verify "$folder/$family.cnn" --cache "$folder/cache" -j 1 "$@" >"$folder/log" 2>"$folder/errors" || {
  status=$?
  cat "$folder/log" "$folder/errors"
  echo "the networks: $printer $family $count $seed"
  exit "$status"
}
networks=$(grep -c '^network ' "$folder/$family.cnn" || true)
held=$(grep -c 'comparisons hold$' "$folder/log" || true)
echo "$family: $held of $networks networks hold"
[ "$held" -eq "$networks" ]
