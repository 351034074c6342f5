#!/usr/bin/env bash
# recipes.sh CNNC
# What a train section can say beyond one run of epochs, from text to trained weights on a tiny data set.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mkdir "$work/data" "$work/nets"
python3 "$here/rows.py" "$work/data"

# A file's text: the network, then a train section with the given lines.
network() { # network LINES
  cat <<END
network Body {
  input image: f32[N, 1, 8, 8]
  let features = image |> (conv(4, 3) |> batch_norm |> relu |> flatten) @part
  output logits = features |> linear(3) @fc
}
network Tuned {
  input image: f32[N, 1, 8, 8]
  let body = image |> Body @body
  output logits = body.features |> linear(8) |> relu |> linear(3) @head
}
END
  for name in Body Tuned; do
    printf 'train %s {\n  input label: i32[N]\n  data = npy("%s")\n  loss = cross_entropy(logits, label)\n' \
      "$name" "$work/data"
    printf '  metric top1 = accuracy(logits, label)\n  optimizer = adam(lr = 1e-2)\n  batch = 32\n'
    if [ "$name" = Tuned ]; then printf '%s\n' "$1"; fi
    printf '}\n'
  done
}
train() { # train NAME arguments…: trains Tuned of nets/NAME.cnn
  local name=$1
  shift
  "$cnnc" train "$work/nets/$name.cnn" --network Tuned --save "$work/$name.safetensors" "$@" > "$work/$name.txt" \
    2> "$work/$name.log" || { cat "$work/$name.log"; fail "$name does not train"; }
}

# First values from a file beside the .cnn file, wherever the command is started.
network '  weights = load("body.safetensors", into = "body", except = ["fc"])' > "$work/nets/weights.cnn"
"$cnnc" train "$work/nets/weights.cnn" --network Body --epochs 6 --quiet --save "$work/nets/body.safetensors" \
  > "$work/body.txt"
learnt body 90
cd /
train weights --epochs 1 --lr 0
python3 - "$work/nets/body.safetensors" "$work/weights.safetensors" "$here" <<'END' ||
import sys
sys.path.insert(0, sys.argv[3])
from tensors import read
body, tuned = (read(path) for path in sys.argv[1:3])
assert body["part.0.weight"] == tuned["body.part.0.weight"] and "body.fc.weight" not in tuned
END
  fail "the weights are not the file's"
network '  weights = load("body.safetensors", into = "body")' > "$work/nets/mismatch.cnn"
! "$cnnc" train "$work/nets/mismatch.cnn" --network Tuned --quiet 2> "$work/mismatch.log" ||
  fail "a file with weights that the part has not was taken"
grep -q 'does not fit body of the network Tuned: 2 differences' "$work/mismatch.log" ||
  fail "$(cat "$work/mismatch.log")"

# Two phases: the head alone on a body that stays as it was, then everything; the same on one and two threads.
weights='  weights = load("body.safetensors", into = "body", except = ["fc"])'
network "$weights
  phase head { epochs = 2; freeze = except(\"head\") }
  phase tail { epochs = 2; batch = 20; optimizer = sgd(lr = 0.02, momentum = 0.9); group [\"body\"] { lr_scale = 0.1 } }" \
  > "$work/nets/phases.cnn"
network "$weights
  freeze = except(\"head\")" > "$work/nets/frozen.cnn"
train frozen --epochs 2
train phases
learnt phases 90
grep -q '^tail epoch 2/2 ' "$work/phases.log" || fail "progress does not name the phases: $(cat "$work/phases.log")"
python3 - "$work/nets/body.safetensors" "$work/frozen.safetensors" "$work/phases.safetensors" "$here" <<'END' ||
import sys
sys.path.insert(0, sys.argv[4])
from tensors import read
body, frozen, after = (read(path) for path in sys.argv[1:4])
compared = 0
for name, before in body.items():
    if not name.startswith("part") or "tracked" in name:
        continue
    compared += 1
    assert before == frozen["body." + name], name   # statistics among them
    if name != "part.0.bias":                       # before a batch norm, which takes it away again
        assert before != after["body." + name], name
assert compared == 6 and frozen["head.weight"] != after["head.weight"]
END
  fail "phases change what they should not, or do not change what they should"
for threads in 1 2; do
  train phases --threads $threads --checkpoint "$work/phases.checkpoint"
  mv "$work/phases.safetensors" "$work/phases$threads.safetensors"
  rm "$work/phases.checkpoint"
done
cmp "$work/phases1.safetensors" "$work/phases2.safetensors" || fail "one and two threads give different weights"
"$cnnc" verify "$work/nets/phases.cnn" --network Tuned --batch 3 17 > "$work/verify.txt" ||
  fail "verify: $(cat "$work/verify.txt")"

# Gradients accumulated over three batches are those of one batch three times as large; early ends; averages.
cat > "$work/nets/plain.cnn" <<END
network Tuned {
  input image: f32[N, 1, 8, 8]
  output logits = image |> conv(4, 3) |> relu |> flatten |> linear(3)
}
train Tuned {
  input label: i32[N]
  data = npy("$work/data")
  loss = cross_entropy(logits, label)
  metric top1 = accuracy(logits, label)
  optimizer = sgd(lr = 0.05, momentum = 0.9)
  epochs = 3
}
END
train plain --batch 60
mv "$work/plain.safetensors" "$work/large.safetensors"
train plain --batch 20 --accumulate 3
mv "$work/plain.safetensors" "$work/small.safetensors"
train plain --batch 20
python3 - "$work/large.safetensors" "$work/small.safetensors" "$work/plain.safetensors" "$here" <<'END' ||
import struct, sys
sys.path.insert(0, sys.argv[4])
from tensors import read
large, small, single = (read(path) for path in sys.argv[1:4])
def distance(a, b):
    return max(abs(x - y) for name in a for x, y in zip(
        struct.unpack(f"{len(a[name]) // 4}f", a[name]), struct.unpack(f"{len(b[name]) // 4}f", b[name])))
assert distance(large, small) < 1e-4, distance(large, small)
assert distance(large, single) > 1e-2, distance(large, single)
END
  fail "accumulated gradients are not those of a large batch"

train plain --epochs 9 --lr 0 --validation 0.2 --stop top1,2
grep -q '^stopped: top1 has not improved for 2 epochs' "$work/plain.log" && grep -q '^epoch 3/9 ' "$work/plain.log" &&
  ! grep -q '^epoch 4/9 ' "$work/plain.log" || fail "training does not end early: $(cat "$work/plain.log")"

train plain --ema 0.9 --checkpoint "$work/plain.checkpoint"
for weights in "$work/plain.safetensors" "$work/plain.checkpoint"; do
  "$cnnc" eval "$work/nets/plain.cnn" --quiet --weights "$weights" > "$work/eval.txt"
  cmp "$work/plain.txt" "$work/eval.txt" || fail "$weights does not hold the averages"
done
train plain
! cmp -s "$work/plain.txt" "$work/eval.txt" || fail "averages make no difference"
