#!/usr/bin/env bash
# Trains two networks against each other on Fashion-MNIST and shows what the first one draws. ./run.sh [EPOCHS]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../build.sh"

cd "$out"
"$cnnc" train "$here/gan.cnn" ${1:+--epochs "$1"} --save clothes.safetensors
python3 "$here/pictures.py" noise z.npy
"$cnnc" predict "$here/gan.cnn" --weights clothes.safetensors --input z=z.npy --output picture=clothes.npy
python3 "$here/pictures.py" show clothes.npy
