#!/usr/bin/env bash
# functions.sh CNNC
# Each function of one number, of numbers near 0, large ones, infinities and NaN, against its formula in double
# precision. What ONNX has by the same name is exported by it.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$work"
python3 "$here/functions.py" write
"$cnnc" predict net.cnn --weights net.safetensors --input x=x.npy $(python3 "$here/functions.py" outputs) > log || { cat log; fail "predict"; }
python3 "$here/functions.py" check
"$cnnc" export net.cnn --weights net.safetensors -o all.onnx > log || { cat log; fail "export of all"; }
"$cnnc" export named.cnn --weights net.safetensors -o net.onnx > log || { cat log; fail "export"; }
"$cnnc" import net.onnx --name Net -o again.cnn > log || { cat log; fail "import"; }
python3 "$here/functions.py" names again.cnn || { cat again.cnn; fail "names"; }
