#!/usr/bin/env bash
# lenet_inference.sh INFERENCE_PROGRAM WEIGHTS_PROGRAM LIBRARY
# A program that only predicts: its size, its libraries, no trace of training, and its result.
set -euo pipefail
program=$1 weights_program=$2 library=$3
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

strip -o "$work/stripped" "$program"
bytes=$(wc -c < "$work/stripped")
echo "stripped: $bytes bytes"
[ "$bytes" -lt 400000 ] || fail "expected less than 400000 bytes"

needed=$(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | sort | tr '\n' ' ')
case $needed in
  "libc.so.6 " | "libc.so.6 libm.so.6 ") ;;
  *) fail "the program needs $needed, expected libc and libm only" ;;
esac

nm -C "$program" > "$work/symbols"
grep -q cnn_model_predict "$work/symbols" || fail "nm shows no runtime at all"
if grep -iE 'train|backward|gradient|optimi|update|dropout|loss|Loader|checkpoint' "$work/symbols"; then
  fail "symbols of training in a program that only predicts"
fi
# Kernels have hashes for names: those of training are the ones that only training.o asks for.
(cd "$work" && ar x "$library" inference.o training.o)
kernels() { nm "$work/$1" | awk '$1 == "U" && $2 ~ /^lenet_k_/ { print $2 }' | sort; }
comm -13 <(kernels inference.o) <(kernels training.o) > "$work/training_kernels"
[ -s "$work/training_kernels" ] || fail "training.o asks for no kernels of its own"
if grep -wFf "$work/training_kernels" "$work/symbols"; then fail "kernels of training in the program"; fi

"$weights_program" "$work/lenet.safetensors" > "$work/expected"
"$work/stripped" "$work/lenet.safetensors" > "$work/found"
[ "$(wc -l < "$work/found")" = 10 ] || fail "expected 10 outputs"
cmp "$work/expected" "$work/found" || fail "outputs differ from those of the program that wrote the weights"
