#!/usr/bin/env bash
# link_and_run.sh CNNC RUNTIME_LIBRARY SOURCE_DIR CC CXX
# A .cnn file to libraries, linked into a C program that predicts and a C++ program that trains.
set -euo pipefail
cnnc=$1 runtime=$2 source=$3 cc=$4 cxx=$5
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
include="-I$work -I$source/runtime/include -I$source/runtime/abi/include"

"$cnnc" "$here/networks.cnn" -o "$work" --cache "$work/cache"
# shellcheck disable=SC2086
"$cxx" -std=c++20 -O1 -Wall -Wextra -Werror $include "$here/train_both.cpp" "$work/libsmall.a" "$work/libwide.a" \
  "$runtime" -Wl,--gc-sections,--as-needed -lz -pthread -o "$work/train_both"
# shellcheck disable=SC2086
"$cc" -std=c11 -O1 -Wall -Wextra -Werror $include "$here/predict_only.c" "$work/libsmall.a" "$runtime" \
  -Wl,--gc-sections,--as-needed -lm -pthread -o "$work/predict_only"

"$work/train_both" "$work/small.safetensors" > "$work/by_cpp"
"$work/predict_only" "$work/small.safetensors" > "$work/by_c"
cmp "$work/by_cpp" "$work/by_c" || fail "the C and the C++ program differ"
[ "$(wc -l < "$work/by_c")" = 15 ] || fail "expected 15 outputs"

if nm "$work/predict_only" | grep -E 'small_training|forward_backward|cnn_training'; then
  fail "the inference program holds training code"
fi
if ldd "$work/predict_only" | grep -E 'stdc\+\+|libz'; then fail "the inference program needs these libraries"; fi
# What a shared library made of it shows.
"$cc" -shared -nostdlib -Wl,--whole-archive "$work/libsmall.a" -Wl,--no-whole-archive -o "$work/small.so"
plain() { sed 's/_[0-9a-f]\{16\}$//' | sort -u | tr '\n' ' '; } # without the version
shown=$(nm -D --defined-only "$work/small.so" | awk '{ print $3 }' | plain)
[ "$shown" = "small_description small_inference small_training " ] || fail "small.so shows: $shown"
exported=$(nm -g --defined-only "$work/libsmall.a" | awk 'NF == 3 && $3 !~ /^small_k_/ { print $3 }' | plain)
[ "$exported" = "small_description small_inference small_training " ] || fail "libsmall.a exports: $exported"
if nm "$work/libsmall.a" | awk '$1 == "U" { print $2 }' | sort -u |
  grep -vE '^(small_k_|small_description_|memcpy|memset|memmove|cnn_scratch_|_GLOBAL_OFFSET_TABLE_)'; then
  fail "libsmall.a needs these symbols"
fi
