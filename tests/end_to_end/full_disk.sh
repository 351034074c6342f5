#!/usr/bin/env bash
# full_disk.sh CNNC
# Output that could not be written is an error of every verb: on stdout, and in files, of which no half is left.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$work"
cat > net.cnn <<'END'
network Net {
  input x: f32[N, 4]
  output y = x |> linear(4)
}

train Net {
  input t: f32[N, 4]
  loss = mse(y, t)
  data = npy(".")
  optimizer = sgd(lr = 0.1)
}
END
for name in x train_x train_t test_x test_t; do
  python3 -c 'import sys, npy; npy.write(sys.argv[1], "<f4", (1, 4), (1, 2, 3, 4))' $name.npy
done
"$cnnc" train net.cnn --data . --quiet --save net.safetensors > training || { cat training; fail "net is not trained"; }
"$cnnc" export net.cnn --weights net.safetensors -o net.onnx > exported || { cat exported; fail "net is not exported"; }

lost() { # lost command…: with stdout on a full disk
  local found=0
  "$@" > /dev/full 2> output < net.cnn || found=$?
  [ "$found" = 1 ] || { cat output; fail "$*: exit status $found on a full disk, expected 1"; }
  grep -qx 'error: stdout: cannot write: No space left on device' output ||
    { cat output; fail "$*: no word of what was lost"; }
}
if [ -c /dev/full ]; then
  lost "$cnnc" --version
  lost "$cnnc" --help
  while read -r verb; do lost "$cnnc" "$verb" --help; done \
    < <("$cnnc" --help | sed -n '/^Subcommands:/,$s/^  \([a-z]\+\) .*/\1/p')
  lost "$cnnc" manual
  lost "$cnnc" completion bash
  lost "$cnnc" fmt -
  lost "$cnnc" check --json net.cnn
  for stage in ast cnn groups schedule; do lost "$cnnc" net.cnn --emit=$stage; done
  lost "$cnnc" summary net.cnn
  lost "$cnnc" summary --json net.cnn
  lost "$cnnc" explain
  lost "$cnnc" explain E0200
  lost "$cnnc" new other
  lost "$cnnc" draw net.cnn -o net.svg
  lost "$cnnc" export net.cnn --weights net.safetensors -o again.onnx
  lost "$cnnc" import net.onnx -o imported.cnn
  lost "$cnnc" eval net.cnn --data . --weights net.safetensors
  lost "$cnnc" predict net.cnn --weights net.safetensors --input x=x.npy
  lost "$cnnc" profile net.cnn --iterations 1
  lost "$cnnc" verify net.cnn --batch 1
  lost "$cnnc" bench net.cnn --input x=x.npy
  message='{"jsonrpc":"2.0","id":1,"method":"shutdown"}'
  printf 'Content-Length: %d\r\n\r\n%s' ${#message} "$message" > request
  "$cnnc" lsp < request > /dev/full 2> output && fail "lsp on a full disk succeeds"
  grep -q 'error: stdout: cannot write: No space left' output || fail "lsp says nothing of a full disk"
fi
expect 1 'error: stdout: cannot write: Bad file descriptor' bash -c '"$0" --version >&-' "$cnnc"

# Nor is a file half written. A limit on the size of files stands for a full disk.
limited() { # limited FILE command…: it cannot write FILE, and leaves nothing of it
  local file=$1
  shift
  expect 1 "$file.*: cannot write: File too large" bash -c '(trap "" XFSZ; ulimit -f 0; exec "$@" 2>&1 > /dev/null) | cat; exit "${PIPESTATUS[0]}"' bash "$@"
  [ -z "$(find . -name "$file*" -newer net.onnx -size +0)" ] || fail "$*: half of $file was written"
}
mkdir -p library
limited libnet.a "$cnnc" build net.cnn -o library
limited half.onnx "$cnnc" export net.cnn --weights net.safetensors -o half.onnx
limited half_model.cnn "$cnnc" import net.onnx -o half_model.cnn
limited half.svg "$cnnc" draw net.cnn -o half.svg
limited started.cnn "$cnnc" new started
limited half.npy "$cnnc" predict net.cnn --weights net.safetensors --input x=x.npy --output y=half.npy
limited half.safetensors "$cnnc" train net.cnn --data . --quiet --save half.safetensors
sed 's/ = /  =  /' net.cnn > half.cnn
cp half.cnn before.cnn
touch -r net.cnn half.cnn # no newer than what is looked for
limited half.cnn "$cnnc" fmt half.cnn
cmp -s half.cnn before.cnn || fail "a file that could not be formatted has changed"
