#!/usr/bin/env bash
# trust.sh CNNC
# Training that goes wrong, ends early, is gone on with or is interrupted: nothing is lost or changed without a word.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$work"
mkdir data
python3 "$here/rows.py" data
cat > net.cnn <<'END'
network Net(act: block = relu, width: int = 8) {
  input image: f32[N, 1, 8, 8]
  output logits = image |> conv(4, 3) |> batch_norm |> act |> flatten |> linear(width) |> act |> linear(3)
}
train Net {
  input label: i32[N]
  data = npy("data")
  loss = cross_entropy(logits, label)
  metric top1 = accuracy(logits, label)
  optimizer = sgd(lr = 0.05, momentum = 0.9)
  batch = 32
  epochs = 2
}
END
train() { "$cnnc" train net.cnn "$@"; }

# Numbers that are none: an error that names where and why, and what was saved before stays.
echo 'as it was' > kept.safetensors
expect 1 'epoch 1, step [0-9] of 7: (the loss|weights) .*learning rate that is too high \(1e\+30\)' \
  train --lr 1e30 --save kept.safetensors
[ "$(cat kept.safetensors)" = 'as it was' ] || fail "weights that are not finite were saved"
expect 0 'test accuracy' train --quiet --save good.safetensors
python3 - <<'END'
import json, struct
whole = bytearray(open("good.safetensors", "rb").read())
size = struct.unpack("<Q", whole[:8])[0]
place = 8 + size + json.loads(whole[8:8 + size])["conv1.weight"]["data_offsets"][0]
whole[place:place + 8] = struct.pack("<2f", float("nan"), float("inf"))
open("bad.safetensors", "wb").write(whole)
END
for verb in eval predict; do
  pictures=
  [ $verb = eval ] || pictures='--input image=data/test_image.npy --output logits=out.npy'
  expect 0 'warning: bad.safetensors: values that are NaN or infinite in 1 parameter of Net:' \
    "$cnnc" $verb net.cnn --weights bad.safetensors $pictures
  grep -q '^  conv1.weight: 2 of 36$' output || fail "the parameter is not named: $(cat output)"
done
expect 1 'the first weights: training cannot begin' train --weights bad.safetensors --quiet
expect 0 '^warning: .*NaN or infinite' "$cnnc" build net.cnn --embed bad.safetensors -o built

# An early end gives the best epoch's weights, whatever came after it.
cat > unlearn.cnn <<'END'
network Net { input x: f32[N, 4]; output y = x |> linear(1) }
train Net {
  input t: f32[N, 1]
  data = npy("points"); validation = 0.5
  loss = mse(y, t); optimizer = sgd(lr = 0.35); batch = 4; epochs = 30
  stop = patience(loss, 3)
}
END
mkdir points
python3 - <<'END'
import random
from npy import write
noise = random.Random(3)
for name, count in (("train", 16), ("test", 8)):
    xs = [noise.gauss(0, 1) for _ in range(4 * count)]
    write(f"points/{name}_x.npy", "<f4", [count, 4], xs)
    write(f"points/{name}_t.npy", "<f4", [count, 1], [sum(xs[4 * i:4 * i + 4]) + noise.gauss(0, 2) for i in range(count)])
END
early() { "$cnnc" train unlearn.cnn "$@"; }
expect 0 '^stopped: loss has not improved for 3 epochs$' early --save best.safetensors
best=$(sed -nE 's/^the weights are those of epoch ([0-9]+), the best: validation loss .*/\1/p' output)
[ -n "$best" ] && [ "$best" -lt 30 ] || fail "the best epoch is not named: $(cat output)"
expect 0 "^the weights are those of epoch $best, the best" early --epochs "$best" --save same.safetensors
cmp best.safetensors same.safetensors || fail "the weights are not those of epoch $best"
