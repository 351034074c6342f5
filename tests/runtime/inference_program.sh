#!/bin/sh
# A program that only predicts is small, needs no libstdc++, carries no training code, and works.
# usage: inference_program.sh PROGRAM
set -eu
program=$1
fail() { echo "$1" >&2; exit 1; }

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
strip -o "$folder/stripped" "$program"
bytes=$(wc -c < "$folder/stripped")
echo "stripped: $bytes bytes"
[ "$bytes" -lt 65536 ] || fail "expected less than 65536 bytes"

nm -C "$program" > "$folder/symbols"
grep -q cnn_model_predict "$folder/symbols" || fail "nm shows no runtime at all"
if grep -E 'cnn_training_|cnn_model_save|Trainer|Loader|dlopen|read_image|std::__throw' "$folder/symbols"; then
  fail "symbols that a program that only predicts should not have"
fi

ldd "$program" > "$folder/libraries"
if grep -E 'libstdc|libgcc_s|libz|libpng|libjpeg|libwebp' "$folder/libraries"; then fail "libraries that it should not need"; fi

# Weights with fc.bias[0] = 0.5 and fc.weight[0][0] = 0.25, the rest zero.
zeros() { head -c "$1" /dev/zero; }
header='{"bn.running_mean":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"fc.bias":{"dtype":"F32","shape":[3],"data_offsets":[12,24]},"fc.weight":{"dtype":"F32","shape":[3,16],"data_offsets":[24,216]}}'
{
  printf "\\$(printf %o ${#header})"
  zeros 7
  printf %s "$header"
  zeros 12
  printf '\000\000\000\077'
  zeros 8
  printf '\000\000\200\076'
  zeros 188
} > "$folder/weights.safetensors"
printed=$("$folder/stripped" "$folder/weights.safetensors")
[ "$printed" = 0.75 ] || fail "expected 0.75, printed $printed"

if "$folder/stripped" "$folder/none.safetensors" 2> "$folder/error"; then fail "a missing file went unnoticed"; fi
grep -q 'none.safetensors: cannot open' "$folder/error" || fail "no clear error for a missing file"
