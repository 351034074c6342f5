#!/usr/bin/env bash
# From nothing to a trained network in a linked program: sets up, builds cnnc, compiles lenet.cnn to a library,
# builds main.cpp with it, trains on Fashion-MNIST, and predicts in a second process. ./run.sh [EPOCHS]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../build.sh"

echo "== lenet.cnn to liblenet.a, lenet.h and lenet.hpp"
"$cnnc" "$here/lenet.cnn" -o "$out"

echo "== main.cpp with liblenet.a"
app=$out/lenet_app
if [ ! -x "$app" ] || [ -n "$(find "$here/main.cpp" "$out/liblenet.a" "$root/build/lib/libcnn_runtime.a" -newer "$app")" ]
then
  g++ -std=c++20 -O2 -I"$out" -I"$root/runtime/include" -I"$root/runtime/abi/include" "$here/main.cpp" \
    "$out/liblenet.a" "$root/build/lib/libcnn_runtime.a" -lz -pthread -o "$app"
fi

echo "== training"
"$app" train "$out/lenet.safetensors" "$@"

echo "== a second process: load the weights, predict"
"$app" predict "$out/lenet.safetensors"
