#!/usr/bin/env bash
# Trains a body on Fashion-MNIST, then fine-tunes it on 500 upside-down pictures in two phases, and trains the same
# network on these pictures from scratch. Everything by the command; the made-up data by few.py.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../build.sh"

cp "$here/finetune.cnn" "$out/" # the train section's file counts from there
cd "$out"
python3 "$here/few.py" few
"$cnnc" train finetune.cnn --network Clothes --save clothes.safetensors
"$cnnc" train finetune.cnn --network Turned --save turned.safetensors --checkpoint turned.checkpoint --force
"$cnnc" eval finetune.cnn --network Turned --weights turned.safetensors
"$cnnc" train finetune.cnn --network scratch --save scratch.safetensors
