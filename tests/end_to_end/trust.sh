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
  train --force --lr 1e30 --save kept.safetensors
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

# Weights know their network: what fits in names and shapes and means something else is told.
weights_of() { # weights_of PATTERN flags…: what eval says of good.safetensors; an empty pattern: nothing
  local pattern=$1
  shift
  "$cnnc" eval net.cnn --quiet --weights good.safetensors "$@" > /dev/null 2> told || fail "eval $*: $(cat told)"
  if [ -z "$pattern" ]; then [ ! -s told ] || fail "eval $*: $(cat told)"; else
    tr '\n' '|' < told | grep -qE "$pattern" || fail "eval $*: expected $pattern, found $(cat told)"
  fi
}
weights_of ''
weights_of '^warning: good.safetensors: the weights fit Net .*something else:\|  act: relu there, tanh here\|  [a-z0-9.]+: relu there, tanh here\|  and 1 more operator' \
  --set act=tanh
sed 's/image |> conv(4, 3)/(image) \n    |> conv(out = 4, kernel = 3) \/\/ as it was\n    /' net.cnn > same.cnn
"$cnnc" eval same.cnn --quiet --weights good.safetensors > /dev/null 2> told && [ ! -s told ] ||
  fail "another way to write the same network: $(cat told)"
sed 's/npy("data")/npy("data", mean = 0.25, std = 0.5)/' net.cnn > normal.cnn
expect 0 '  pixels: as they are there, mean .?0.25.?, std .?0.5.? here' "$cnnc" eval normal.cnn --weights good.safetensors
sed 's/|> linear(width) |> act/|> linear(width) |> dropout(0.1) |> act/' net.cnn > dropout.cnn # predicts alike
"$cnnc" eval dropout.cnn --quiet --weights good.safetensors > /dev/null 2> told && [ ! -s told ] ||
  fail "dropout is no part of what predict computes: $(cat told)"
expect 0 '^warning: good.safetensors: the weights fit Net' "$cnnc" build net.cnn --set act=tanh --embed good.safetensors -o built
expect 0 '^warning: good.safetensors: the weights fit Net' "$cnnc" export net.cnn --set act=tanh --weights good.safetensors -o built/net.onnx

# A run is gone on with as it was made, or not at all; and is not begun over.
expect 0 'test accuracy' train --checkpoint run.checkpoint --epochs 1
cp run.checkpoint before
refuses() { # refuses PATTERN arguments…
  expect 1 "$@"
  cmp run.checkpoint before || fail "$*: the checkpoint was changed"
}
refuses 'run.checkpoint: there is a checkpoint already: --resume goes on from it, --force begins anew' \
  train --checkpoint run.checkpoint
refuses '^  accumulate: 1 there, 4 here' train --checkpoint run.checkpoint --resume --accumulate 4
refuses '^  act: relu there, tanh here' train --checkpoint run.checkpoint --resume --set act=tanh
refuses '^  dropout1: .*|^  [0-9]+ operators there, [0-9]+ here' \
  "$cnnc" train dropout.cnn --checkpoint run.checkpoint --resume
mkdir other
cp data/* other
python3 -c 'open("other/train_label.npy", "r+b").write(open("data/train_label.npy", "rb").read()[:-3] + bytes([0, 1, 2]))'
refuses '^  data: 200 samples.* there, 200 samples' train --data other --checkpoint run.checkpoint --resume
expect 0 'going on from run.checkpoint: epoch 2' train --checkpoint run.checkpoint --resume --epochs 2 --threads 1 \
  --save resumed.safetensors
expect 0 'it has all epochs, nothing is left to train' train --checkpoint run.checkpoint --resume --epochs 2
expect 0 'there is no new.checkpoint yet: the run begins' train --checkpoint new.checkpoint --resume --epochs 1
expect 0 'test accuracy' train --epochs 2 --save unbroken.safetensors
cmp resumed.safetensors unbroken.safetensors || fail "more epochs by resuming are not the same run"
expect 0 'test accuracy' train --quiet --epochs 1 --seed 5 --checkpoint run.checkpoint --force
! cmp -s run.checkpoint before || fail "--force did not begin anew"
expect 1 'net.cnn: would be overwritten, and holds no weights' train --save net.cnn
expect 1 'are one file: x.safetensors' train --save x.safetensors --checkpoint ./x.safetensors
expect 2 'resume' train --checkpoint run.checkpoint --resume --force

# Interrupted, a run with a checkpoint goes on from its step; one without says that nothing was saved.
interrupt() { # interrupt SIGNAL arguments…: the exit status, once an epoch is over
  local signal=$1
  shift
  "$cnnc" train net.cnn --epochs 100000 "$@" > /dev/null 2> told &
  local process=$!
  for _ in $(seq 600); do grep -q '^epoch 2/' told 2> /dev/null && break; sleep 0.1; done
  kill -"$signal" $process
  status=0
  wait $process || status=$?
}
rm -f told
interrupt TERM --checkpoint long.checkpoint --save long.safetensors
[ "$status" = 143 ] && grep -q 'interrupted: long.checkpoint holds the run so far' told ||
  fail "ended by SIGTERM: exit status $status, $(tail -n 2 told)"
[ ! -e long.safetensors ] || fail "an interrupted run saved weights"
expect 0 'going on from long.checkpoint: ' train --checkpoint long.checkpoint --resume --epochs 3
rm -f told
echo 'as it was' > kept.safetensors
interrupt TERM --save kept.safetensors --force
[ "$status" = 143 ] && grep -q 'interrupted: nothing of this run was saved' told &&
  [ "$(cat kept.safetensors)" = 'as it was' ] || fail "without a checkpoint: exit status $status, $(tail -n 2 told)"

# Ctrl-C on a terminal: the first one of a run that would be lost says so, and training goes on.
python3 - "$cnnc" <<'END' || fail "Ctrl-C on a terminal"
import os, pty, select, signal, sys, time

def run(presses, *arguments):
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.argv[1], ["cnnc", "train", "net.cnn", "--epochs", "100000", *arguments])
    shown, ending = b"", time.time() + 60
    while time.time() < ending:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            shown += os.read(terminal, 65536)
        except OSError: # its other side is closed
            break
        if presses and presses[0] in shown:
            shown = b""
            presses.pop(0)
            os.write(terminal, b"\x03")
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT, (status, shown[-500:])
    assert not presses, presses
    return shown

shown = run([b"epoch 2/", b"training goes on"], "--save", "never.safetensors")
assert b"nothing of this run was saved" in shown and not os.path.exists("never.safetensors"), shown[-500:]
assert b"nothing of this run was saved" in run([b"epoch 2/"])
assert b"c.checkpoint holds the run so far" in run([b"epoch 2/"], "--checkpoint", "c.checkpoint")
END

# What cannot have the effect that its name promises.
expect 0 '^warning: batch is 512, but there are 200 training samples' train --quiet --epochs 1 --batch 512
expect 0 '^warning: accumulate is 50, but an epoch has 7 batches' train --quiet --epochs 1 --accumulate 50
expect 0 '^warning: stop waits for 5 epochs without improvement, but there are 2' \
  train --quiet --validation 0.2 --stop top1,5
expect 1 'validation is 0.001, which is none of 200 samples: expected at least 0.005' train --validation 0.001
expect 2 'expected METRIC,EPOCHS' train --validation 0.2 --stop top1,5x
sed 's/batch = 32/batch = 32; schedule = cosine(warmup = 9)/' net.cnn > warmup.cnn
expect 0 "^warning: the schedule's warmup takes all of the 2 epochs" "$cnnc" train warmup.cnn --quiet
