#!/usr/bin/env bash
# probes.sh CNNC
# |> probe("name") changes nothing, and shows a value where it is asked for.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mkdir "$work/data"
python3 "$here/rows.py" "$work/data"
cat > "$work/looked.cnn" <<END
block Stage(x, width: int) = x |> conv(width, 3) |> relu |> probe("active")
network Net {
  input image: f32[N, 1, 8, 8]
  let body = image |> (conv(4, 3) |> probe("stem") |> relu |> Stage(6)) @body
  output logits = body |> Stage(5) @last |> flatten |> linear(3)
}
train Net {
  input label: i32[N]
  data      = npy("$work/data")
  loss      = cross_entropy(logits, label)
  metric top1 = accuracy(logits, label)
  optimizer = adam(lr = 1e-2)
}
END
sed 's/ |> probe("[a-z]*")//' "$work/looked.cnn" > "$work/plain.cnn"
for name in looked plain; do
  "$cnnc" train "$work/$name.cnn" --quiet --save "$work/$name.safetensors" > "$work/$name.txt"
  "$cnnc" build "$work/$name.cnn" --emit=asm > "$work/$name.s"
done
cmp "$work/looked.safetensors" "$work/plain.safetensors" || fail "probes change the weights or their names"
cmp "$work/looked.txt" "$work/plain.txt" || fail "probes change training"

# Bytes become numbers from 0 to 1, in data and in what predict is given.
python3 - "$work/data/test_image.npy" "$work/images.npy" <<'END'
import array, ast, struct, sys
data = open(sys.argv[1], "rb").read()
length = struct.unpack("<H", data[8:10])[0]
shape = ast.literal_eval(data[10:10 + length].decode())["shape"]
text = repr({"descr": "<f4", "fortran_order": False, "shape": shape}).encode() + b"\n"
values = array.array("f", (byte / 255 for byte in data[10 + length:]))
open(sys.argv[2], "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + values.tobytes())
END
predict() { "$cnnc" predict "$work/looked.cnn" --weights "$work/looked.safetensors" --input "$work/images.npy" "$@"; }
predict > "$work/without.txt"
"$cnnc" predict "$work/looked.cnn" --weights "$work/looked.safetensors" --input "$work/data/test_image.npy" |
  cmp - "$work/without.txt" || fail "bytes and the numbers that they stand for are predicted differently"
grep -q 'stem' "$work/without.txt" && fail "a probe shows without being asked for"
predict --probe stem --probe last > "$work/some.txt"
grep -q '^stem \[N, 4, 6, 6\]: mean' "$work/some.txt" || fail "no statistics of stem: $(tail -3 "$work/some.txt")"
grep -q '^last_active \[N, 5, 2, 2\]: mean' "$work/some.txt" || fail "no statistics of last.active"
grep -q 'body' "$work/some.txt" && fail "a probe shows that was not asked for"
diff <(grep -v '^stem\|^last_active' "$work/some.txt") "$work/without.txt" || fail "probes change what is predicted"
predict --probe '*' --output body_2_active="$work/active.npy" --output logits="$work/logits.npy"
predict --probe '*' > "$work/all.txt"
python3 - "$work/active.npy" "$work/all.txt" <<'END' || fail "statistics are not those of the values"
import ast, math, re, struct, sys
data = open(sys.argv[1], "rb").read()
length = struct.unpack("<H", data[8:10])[0]
header = ast.literal_eval(data[10:10 + length].decode())
assert header["shape"] == (90, 6, 4, 4), header
values = struct.unpack(f"<{90 * 96}f", data[10 + length:])
line = next(line for line in open(sys.argv[2]) if line.startswith("body_2_active "))
mean, std, least, most, zeros = map(float, re.match(
    r".*mean (\S+), std (\S+), from (\S+) to (\S+), (\S+) % zeros", line).groups())
average = sum(values) / len(values)
deviation = math.sqrt(sum((value - average) ** 2 for value in values) / len(values))
close = lambda a, b: abs(a - b) <= 1e-3 * max(abs(a), abs(b)) + 1e-12
assert close(mean, average) and close(std, deviation) and close(most, max(values)) and least == 0, line
assert abs(zeros - 100 * values.count(0) / len(values)) < 0.051 and zeros > 5, line
END
"$cnnc" eval "$work/looked.cnn" --weights "$work/looked.safetensors" --probe '*' > "$work/eval.txt"
diff <(grep '^stem\|_active' "$work/eval.txt") <(grep '^stem\|_active' "$work/all.txt") ||
  fail "eval and predict see other values"
diff <(grep '^test' "$work/eval.txt") "$work/looked.txt" || fail "probes change what is evaluated"
status=0
predict --probe sten > "$work/out.txt" 2> "$work/err.txt" || status=$?
[ "$status" = 1 ] && grep -q "error\[E0612\]: there is no probe 'sten'" "$work/err.txt" || fail "an unknown probe"
grep -q 'did you mean stem' "$work/err.txt" || fail "no suggestion: $(cat "$work/err.txt")"
echo "probes: as they should"
