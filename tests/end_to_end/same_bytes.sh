#!/usr/bin/env bash
# same_bytes.sh CNNC
# Libraries do not depend on the folder, on the number of jobs, or on whether kernels come from the cache; a damaged
# cache is mended.
set -euo pipefail
cnnc=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/one" "$work/elsewhere/two"
cp "$here/networks.cnn" "$work/one/"
cp "$here/networks.cnn" "$work/elsewhere/two/"

(cd "$work/one" && "$cnnc" networks.cnn -j1 --cache "$work/first_cache")
(cd "$work/elsewhere" && "$cnnc" two/networks.cnn -o two -j2 --cache "$work/cache")
(cd "$work/one" && "$cnnc" networks.cnn -o uncached --network Small --no-cache)
cmp "$work/one/libsmall.a" "$work/one/uncached/libsmall.a" || fail "uncached/libsmall.a differs"
(cd "$work/one" && "$cnnc" networks.cnn -o cached --cache "$work/cache")
entries=("$work"/cache/*)
[ "${#entries[@]}" -gt 3 ] || fail "the cache holds ${#entries[@]} entries"
printf 'x' | dd of="${entries[0]}" bs=1 seek=200 conv=notrunc status=none
truncate -s 100 "${entries[1]}"
: > "${entries[2]}"
(cd "$work/one" && "$cnnc" networks.cnn -o mended --cache "$work/cache")
for file in libsmall.a small.h small.hpp libwide.a wide.h wide.hpp; do
  for other in "$work/elsewhere/two" "$work/one/cached" "$work/one/mended"; do
    cmp "$work/one/$file" "$other/$file" || fail "$other/$file differs"
  done
done
leftovers=$(find "$work" -name '*.part')
[ -z "$leftovers" ] || fail "left behind: $leftovers"
