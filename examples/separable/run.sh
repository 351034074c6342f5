#!/usr/bin/env bash
# Trains separable.cnn on Fashion-MNIST in process, without a C++ compiler, and evaluates the saved weights on the test
# pictures. Arguments go to `cnnc train`: ./run.sh --epochs 2
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../build.sh"

"$cnnc" train "$here/separable.cnn" --save "$out/separable.safetensors" "$@"
"$cnnc" eval "$here/separable.cnn" --weights "$out/separable.safetensors"
