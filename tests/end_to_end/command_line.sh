#!/usr/bin/env bash
# command_line.sh CNNC
# Exit statuses, stages, and that a failed run leaves old results alone.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$work"
expect 0 '^cnnc [0-9.]+ \(LLVM 22' "$cnnc" --version
expect 0 'Example: ' "$cnnc" train --help
expect 2 'required' "$cnnc"
expect 2 'does not exist' "$cnnc" nowhere.cnn
expect 2 'emit' "$cnnc" "$here/networks.cnn" --emit=nothing
expect 0 '^ *network|chain|Small' "$cnnc" "$here/networks.cnn" --emit=ast
expect 0 'cnn.network @Small' "$cnnc" "$here/networks.cnn" --emit=cnn
expect 0 'cnn.group' "$cnnc" "$here/networks.cnn" --emit=groups
expect 0 'phase 0' "$cnnc" "$here/networks.cnn" --emit=schedule
expect 0 'define internal' "$cnnc" "$here/networks.cnn" --network Small --emit=llvm
expect 0 'parameters, .* MACs a sample' "$cnnc" summary "$here/networks.cnn"

# Values of a list end where they no longer look like such, before files and before other options.
expect 0 ' 7\]' "$cnnc" summary --set classes=7 "$here/networks.cnn" --network Small
expect 0 ' 7\]' "$cnnc" summary --network Small --set=classes=7 "$here/networks.cnn"
expect 1 'no network has a parameter .*frob' "$cnnc" summary --set classes=7 frob=3 "$here/networks.cnn" --network Small
expect 2 'expected name=value, found classes' "$cnnc" summary "$here/networks.cnn" --set classes

sed 's/max_pool(2)/max_pol(2)/; s/= 1e-2/= nothing/' "$here/networks.cnn" > wrong.cnn
printf 'old' > libsmall.a
expect 1 "wrong.cnn:5:[0-9]+: error\[E[0-9]+\].*max_pol" "$cnnc" wrong.cnn
[ "$(cat libsmall.a)" = old ] || fail "an old library was overwritten by a failed run"
expect 1 'nothing' "$cnnc" check wrong.cnn
"$cnnc" check "$here/networks.cnn" || fail "check finds mistakes in networks.cnn"

{ cat "$here/networks.cnn"; echo 'network SMALL = Wide'; } > twice.cnn
expect 1 "both become the library 'small'" "$cnnc" twice.cnn
[ "$(cat libsmall.a)" = old ] || fail "an old library was overwritten by a failed run"
mkdir -p blocked/libsmall.a/full
expect 1 'blocked/libsmall.a' "$cnnc" "$here/networks.cnn" --network Small -o blocked
[ "$(find blocked -type f)" = "" ] || fail "half of a library was written"

# What a training could not write is told before it begins.
for option in --save --checkpoint; do
  expect 1 'nowhere/run: cannot write: No such file' "$cnnc" train "$here/networks.cnn" --network Small $option nowhere/run
  expect 1 'blocked: not a file' "$cnnc" train "$here/networks.cnn" --network Small $option blocked
done

# Targets: refused where there is no code for them, or where it could not run.
expect 2 "expected host, x86-64-avx2, .* or a Halide target .* found 'potato'" "$cnnc" "$here/networks.cnn" --target potato
expect 2 "'sve2' is no instruction set" "$cnnc" "$here/networks.cnn" --target arm-64-linux-sve2
expect 0 'comparisons hold' "$cnnc" verify "$here/networks.cnn" --network Small --target host --batch 1
expect 2 "found 'riscv-64-linux'" "$cnnc" "$here/networks.cnn" --target riscv-64-linux
expect 1 'code for arm-64-osx cannot run on this machine' "$cnnc" verify "$here/networks.cnn" --network Small --target arm-64-osx
expect 2 '--resume requires --checkpoint' "$cnnc" train "$here/networks.cnn" --network Small --resume
