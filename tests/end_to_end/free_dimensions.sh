#!/usr/bin/env bash
# free_dimensions.sh CNNC
# Sizes that the text leaves open: given with --set, checked by what the network asserts, when it is compiled or run.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mkdir "$work/data" "$work/library"
python3 "$here/rows.py" "$work/data"

cat > "$work/any.cnn" <<END
network Any {
  input image: f32[N, 1, H, W]
  assert H % 4 == 0 and W % 4 == 0, "sides are multiples of 4"
  assert N % 3 != 1 and not (N > 40), "batches of another kind"
  output logits = image |> conv(4, 3, padding = 1) |> relu |> max_pool(4) |> conv(3, 1) |> global_avg_pool
}
train Any {
  input label: i32[N]
  assert N != 9
  data      = npy("$work/data")
  loss      = cross_entropy(logits, label)
  optimizer = adam(lr = 1e-2)
  batch     = 20
}
END
refused() { # refused TEXT command…: the command fails, says TEXT, and leaves nothing
  local text=$1 status=0
  shift
  "$@" > "$work/out.txt" 2> "$work/err.txt" || status=$?
  [ "$status" = 1 ] || fail "$*: exit status $status"
  grep -qF -- "$text" "$work/err.txt" || fail "$*: expected '$text', found $(cat "$work/err.txt")"
}

# To look at, any size will do; to compile, sizes must be known.
"$cnnc" check "$work/any.cnn" || fail "check wants sizes"
"$cnnc" summary "$work/any.cnn" | grep -qF 'H, W count as 1' || fail "summary does not say what it counts"
"$cnnc" summary "$work/any.cnn" --set H=8 W=8 | grep -q 'inference: arena' || fail "summary of known sizes"
"$cnnc" draw "$work/any.cnn" -o "$work/any.svg" > "$work/out.txt" || fail "draw wants sizes"
refused 'error[E0503]' "$cnnc" build "$work/any.cnn" -o "$work/library"
[ "$(grep -c 'error\[E0503\]' "$work/err.txt")" = 2 ] || fail "not both sizes are named"
[ -z "$(ls "$work/library")" ] || fail "a refused build left files"
refused 'sides are multiples of 4' "$cnnc" check "$work/any.cnn" --set H=8 W=10
for batch in "40: N % 3 != 1" "9: N != 9"; do
  sed "s/batch     = 20/batch = ${batch%%:*}/" "$work/any.cnn" > "$work/batch.cnn"
  refused "batch of $batch" "$cnnc" check "$work/batch.cnn" --set H=8 W=8
done

# What is asserted of the batch holds in training, for each batch of an epoch, and in evaluation and prediction.
train() { "$cnnc" train "$work/any.cnn" --set H=8 W=8 --quiet --save "$work/any.safetensors" "$@"; }
"$cnnc" verify "$work/any.cnn" --set H=8 W=8 --batch 2 3 > "$work/verify.txt" || { cat "$work/verify.txt"; fail verify; }
train --epochs 1 > "$work/train.txt" 2> "$work/err.txt" || { cat "$work/err.txt"; fail "does not train"; }
refused 'in batches of 19: one has 19, but Any asserts N % 3 != 1' train --batch 19
refused 'in batches of 9: one has 9, but Any asserts N != 9' train --batch 9
predict() { # predict COUNT
  python3 - "$work/data/test_image.npy" "$work/few.npy" "$1" <<'END'
import ast, struct, sys
data = open(sys.argv[1], "rb").read()
length = struct.unpack("<H", data[8:10])[0]
header = ast.literal_eval(data[10:10 + length].decode())
count, shape = int(sys.argv[3]), header["shape"]
row = (len(data) - 10 - length) // shape[0]
text = repr({"descr": header["descr"], "fortran_order": False, "shape": (count, *shape[1:])}).encode() + b"\n"
open(sys.argv[2], "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
                              + data[10 + length:10 + length + count * row])
END
  "$cnnc" predict "$work/any.cnn" --set H=8 W=8 --weights "$work/any.safetensors" --input image="$work/few.npy"
}
for count in 2 3 9 33; do predict "$count" > "$work/out.txt" || fail "predict of $count"; done
for count in 1 4 41; do refused "batch is $count, but Any asserts N % 3 != 1 and not (N > 40)" predict "$count"; done
echo "free dimensions: as they should"
