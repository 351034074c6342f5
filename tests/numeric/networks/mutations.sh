#!/usr/bin/env bash
# mutations.sh RANDOM_NETWORKS REFERENCE_OPERATORS CNNC: the comparison of compiled code with the reference notices a
# wrong operator, whichever it is. `cnnc verify --mutate` spoils each operator of a network's reference in turn, in
# predict and in training, and fails where no comparison does. Over one network of each family, and one of each function,
# every operator that has a reference must have been spoiled.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" all 1 6 >"$folder/all.cnn"
"$1" functions nasty 6 >"$folder/functions.cnn"
for networks in all functions; do
  "$3" verify "$folder/$networks.cnn" --batch 3 --mutate --cache "$folder/cache" -j 1 >>"$folder/log" 2>"$folder/errors" || {
    status=$?
    # What a gradient does where two values are equal decides nothing in most of the functions.
    [ $networks = functions ] && [ $status = 1 ] && continue
    cat "$folder/log" "$folder/errors"
    exit "$status"
  }
done
"$2" | sort >"$folder/operators"
for part in predict train; do
  sed -n "s/.* mutation  *$part *\([a-z0-9_]*\) *noticed\$/\1/p" "$folder/log" | sort -u >"$folder/$part"
  echo "$part: $(wc -l <"$folder/$part") operators spoiled and noticed"
done
missing=$(sort -u "$folder/predict" "$folder/train" | comm -13 - "$folder/operators")
[ -z "$missing" ] && exit 0
echo "no family holds these operators, so that nothing shows that a mistake in them would be noticed:"
echo "$missing"
exit 1
