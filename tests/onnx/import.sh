#!/usr/bin/env bash
# import.sh CNNC WRITE_MODEL
# An ONNX model to a .cnn file that computes the same; what is wrong with a model leaves no files.
# shellcheck source=../end_to_end/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../end_to_end/common.sh"
write=$(realpath "$2")
cd "$work"
"$write" . || fail "the model could not be written"

for model in net beside; do
  expect 0 "$model.cnn: network .*; its weights are in $model.safetensors" "$cnnc" import $model.onnx
  "$cnnc" fmt --check $model.cnn
  "$cnnc" predict $model.cnn --weights $model.safetensors --input image=image.npy --output output1=y.npy
  python3 - <<'END' || fail "$model.onnx computes something else"
from npy import read
found = read('y.npy')
expected = [float(line) for line in open('expected.txt')]
assert len(set(expected)) == 10
for a, b in zip(found, expected, strict=True):
    assert abs(a - b) < 2e-6, (found, expected)
END
done
grep -q '^network Net {' net.cnn || fail "the network's name: $(cat net.cnn)"
grep -q '@stem |> batch_norm @norm |> relu' net.cnn || fail "the network's text: $(cat net.cnn)"

# Names and places.
expect 1 'net.cnn exists already' "$cnnc" import net.onnx
expect 0 'made/other.cnn: network Other' "$cnnc" import net.onnx -o made/other.cnn --name Other
[ -s made/other.safetensors ] || fail "no weights beside made/other.cnn"
cmp <(tail -n +3 made/other.cnn) <(tail -n +3 net.cnn) || fail "the same model gives another text"
cp net.onnx 1st.onnx
expect 1 "'1st' makes no name for a network: give one with --name" "$cnnc" import 1st.onnx
expect 2 'expected a name ending in .cnn' "$cnnc" import net.onnx -o net.txt

# Damage.
refused() { # refused PATTERN MODEL
  expect 1 "$1" "$cnnc" import "$2" -o refused.cnn --name Refused
  [ ! -e refused.cnn ] && [ ! -e refused.safetensors ] || fail "a refused model leaves files"
}
size=$(wc -c < net.onnx)
for part in 0 1 10 200 $((size / 3)) $((size / 2)) $((size - 1)); do
  head -c "$part" net.onnx > part.onnx
  refused 'part.onnx' part.onnx
done
printf 'no protobuf at all' > text.onnx
refused 'text.onnx: not an ONNX model' text.onnx
head -c 100 beside.data > short.data && mv short.data beside.data
refused "expected 432 bytes from [0-9]* on in 'beside.data', which has 100" beside.onnx
sed 's/beside\.data/\/etc\/passwd/' beside.onnx > absolute.onnx
refused "expected a file beside the model" absolute.onnx
sed 's/AveragePool/AverageLoop/' net.onnx > unknown.onnx
refused 'AverageLoop: there is no such operator in the language' unknown.onnx
