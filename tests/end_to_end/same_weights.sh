#!/usr/bin/env bash
# same_weights.sh CNNC
# An epoch of Fashion-MNIST with batch norm, dropout, stochastic depth, augmentation and a partial last batch gives the
# same weights, bit for bit, on one and on two threads; another seed gives others. The weights predict the test pictures.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
for threads in 1 2; do
  "$cnnc" train "$here/batch_norm.cnn" --quiet --threads $threads --save "$work/$threads.safetensors" |
    tee "$work/$threads.txt"
done
cmp "$work/1.safetensors" "$work/2.safetensors" || fail "one and two threads give different weights"
cmp "$work/1.txt" "$work/2.txt" || fail "one and two threads give different results"
"$cnnc" train "$here/batch_norm.cnn" --quiet --seed 5 --save "$work/seed.safetensors" > "$work/seed.txt"
! cmp -s "$work/1.safetensors" "$work/seed.safetensors" || fail "another seed gives the same weights"
"$cnnc" eval "$here/batch_norm.cnn" --quiet --weights "$work/1.safetensors" > "$work/eval.txt"
cmp "$work/1.txt" "$work/eval.txt" || fail "eval of the saved weights differs from the test after training"
awk '/^test accuracy/ { exit !($3 > 70) }' "$work/eval.txt" || fail "the network did not learn: $(cat "$work/eval.txt")"
