#!/usr/bin/env bash
# Trains resnet20.cnn on Fashion-MNIST in process, without a C++ compiler, and evaluates the saved weights on the test
# pictures. Arguments go to `cnnc train`: ./run.sh --epochs 2
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../build.sh"

"$cnnc" train "$here/resnet20.cnn" --save "$out/resnet20.safetensors" "$@"
"$cnnc" eval "$here/resnet20.cnn" --weights "$out/resnet20.safetensors"
