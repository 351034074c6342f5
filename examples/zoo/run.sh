#!/usr/bin/env bash
# Summarises the networks of the zoo and verifies them at reduced size: compiled code against the reference
# interpreter, gradients against finite differences.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../build.sh"

for file in "$here"/*.cnn; do
  "$cnnc" summary "$file"
  "$cnnc" verify "$file" --set size=64
done
