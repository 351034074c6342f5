#!/usr/bin/env bash
# use.sh WORK CMAKE CXX [HIDDEN_FOLDER…]: builds WORK/project with what is installed in WORK/prefix. Nothing of the
# hidden folders may be there.
set -euo pipefail
work=$1 cmake=$2 cxx=$3
shift 3
cd "$work"
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
for hidden in "$@"; do
  [ -z "$(ls -A "$hidden" 2>/dev/null)" ] || fail "$hidden is visible"
done
export XDG_CACHE_HOME=$work/cache # empty: the installed compiler has to compile
used=$(LD_TRACE_LOADED_OBJECTS=1 prefix/bin/cnnc | sed -n 's/.*libHalide[^ ]* => \([^ ]*\).*/\1/p')
[ "$(realpath "$used")" = "$(realpath prefix/bin/libHalide.so)" ] || fail "cnnc loads Halide from '$used'"

"$cmake" -S project -B build -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$cxx" >/dev/null
"$cmake" --build build
by_cmake=$(build/app by_cmake.safetensors)

mkdir by_hand
prefix/bin/cnnc project/lenet.cnn -o by_hand
prefix/bin/cnnc project/small.cnn -o by_hand
"$cxx" -std=c++20 -O2 -Iprefix/include -Iby_hand project/app.cpp by_hand/liblenet.a by_hand/libsmall.a \
  prefix/lib/libcnn_runtime.a -Wl,--as-needed -lz -pthread -o by_hand/app
by_hand=$(by_hand/app by_hand.safetensors)

printf '%s\n' "$by_cmake"
[[ $by_cmake =~ ^"test loss "[0-9.e-]+", last logits "[0-9.e-]+" "[0-9.e-]+$ ]] || fail "unexpected output"
[ "$by_cmake" = "$by_hand" ] || fail "by hand the program prints: $by_hand"
cmp by_cmake.safetensors by_hand.safetensors || fail "by hand the program learns other weights"
# Linked in process.
prefix/bin/cnnc profile project/lenet.cnn --mode train --iterations 1 > profile
grep -q conv1 profile || fail "cnnc profile prints: $(cat profile)"
