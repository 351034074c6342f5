#!/usr/bin/env bash
# Draws shapes, trains a U-Net to tell them apart pixel by pixel, and scores it on others. ./run.sh [EPOCHS]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../build.sh"

cd "$out"
python3 "$here/shapes.py" make
"$cnnc" train "$here/unet.cnn" ${1:+--epochs "$1"} --save shapes.safetensors
"$cnnc" predict "$here/unet.cnn" --weights shapes.safetensors pictures/test/*.png --output logits=shapes.npy
python3 "$here/shapes.py" score masks/test shapes.npy
