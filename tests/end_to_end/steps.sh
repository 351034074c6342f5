#!/usr/bin/env bash
# steps.sh CNNC
# Two networks that play against each other, in steps on the same batch, one of them fed with drawn numbers: from text to
# a generator whose points are like the data's. The same weights for one and two threads, and after an interruption.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mkdir "$work/points"
python3 "$here/points.py" "$work/points"
cd "$work"
cp "$here/points.cnn" points.cnn
sed 's/schedule = cosine();//' points.cnn > constant.cnn # whose rate does not depend on the number of epochs

for threads in 1 2; do
  "$cnnc" train points.cnn --threads $threads --save $threads.safetensors > out.txt 2> log.txt || fail "$(cat log.txt)"
done
cmp 1.safetensors 2.safetensors || fail "one and two threads give different weights"
grep -Eq '^test judge loss [0-9.]+$' out.txt && grep -Eq '^test points loss [0-9.]+$' out.txt ||
  fail "the steps' losses are not measured: $(cat out.txt)"
grep -q '^step judge: trains 1185 of 2531 parameters' log.txt && grep -q '^step points: trains 1346 of 2531' log.txt &&
  grep -Eq '^epoch 80/80 .*  judge loss [0-9.]+  points loss [0-9.]+  lr ' log.txt ||
  fail "progress does not name the steps: $(cat log.txt)"
"$cnnc" train points.cnn --quiet --epochs 3 --seed 5 --save seed.safetensors
"$cnnc" train points.cnn --quiet --epochs 3 --save three.safetensors
! cmp -s seed.safetensors three.safetensors || fail "another seed gives the same weights"

"$cnnc" predict points.cnn --weights 1.safetensors --input z=points/noise.npy --output point=made.npy
python3 "$here/points.py" points made.npy || fail "the points are not like the data's"

"$cnnc" train constant.cnn --quiet --epochs 6 --save straight.safetensors --checkpoint straight.checkpoint
"$cnnc" train constant.cnn --quiet --epochs 2 --checkpoint resumed.checkpoint
"$cnnc" train constant.cnn --quiet --epochs 6 --save resumed.safetensors --checkpoint resumed.checkpoint --resume
cmp straight.safetensors resumed.safetensors && cmp straight.checkpoint resumed.checkpoint ||
  fail "an interrupted run ends with other weights"

# What only training has is in checkpoints and not in weights; either can be loaded.
python3 - "$here" <<'END' || fail "a file of weights or a checkpoint does not hold what it should"
import sys
sys.path.insert(0, sys.argv[1])
from tensors import read
weights, checkpoint = read("straight.safetensors"), read("straight.checkpoint")
assert set(weights) <= set(checkpoint) and not any(name.startswith("judge") for name in weights)
assert "judge.main.0.weight" in checkpoint
assert "cnn.state1.judge:judge.main.0.weight" in checkpoint and "cnn.state1.points:main.0.weight" in checkpoint
assert "cnn.state1.judge:main.0.weight" not in checkpoint
END
for weights in straight.safetensors straight.checkpoint; do
  "$cnnc" predict points.cnn --weights $weights --input z=points/noise.npy --output point=$weights.npy
done
cmp straight.safetensors.npy straight.checkpoint.npy || fail "the checkpoint predicts otherwise than the weights"

"$cnnc" verify points.cnn --batch 3 17 > verify.txt || fail "verify: $(cat verify.txt)"
cp points/noise.npy points/train_z.npy
! "$cnnc" train points.cnn --quiet 2> log.txt || fail "data gives what is drawn, and nobody says so"
grep -q 'column z: the train section draws this input' log.txt || fail "$(cat log.txt)"
