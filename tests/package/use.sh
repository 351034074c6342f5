#!/usr/bin/env bash
# use.sh WORK CMAKE CXX HIDDEN: builds WORK/project with what is installed in WORK/prefix. HIDDEN, unless empty,
# is the source folder, which must not be visible.
set -euo pipefail
work=$1 cmake=$2 cxx=$3 hidden=$4
cd "$work"
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
[ -z "$hidden" ] || [ ! -e "$hidden/CMakeLists.txt" ] || fail "$hidden is visible"

"$cmake" -S project -B build -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$cxx" >/dev/null
"$cmake" --build build
by_cmake=$(build/app)

mkdir by_hand
prefix/bin/cnnc project/lenet.cnn -o by_hand
"$cxx" -std=c++20 -O2 -Iprefix/include -Iby_hand project/app.cpp by_hand/liblenet.a prefix/lib/libcnn_runtime.a \
  -Wl,--as-needed -lz -pthread -o by_hand/app
by_hand=$(by_hand/app)

printf '%s\n' "$by_cmake"
[ "$by_cmake" = "$by_hand" ] || fail "by hand the program prints: $by_hand"
[[ $by_cmake == "sum of probabilities 1.0000"* ]] || fail "unexpected output"
