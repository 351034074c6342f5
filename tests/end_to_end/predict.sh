#!/usr/bin/env bash
# predict.sh CNNC
# What `cnnc predict` takes arrays for, and what it prints of outputs.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$work"
printf '\x08\0\0\0\0\0\0\0{}      ' > none.safetensors
array() { # array FILE TYPE SHAPE NUMBER…: '<f4' or '|u1'; the shape as '1 4'
  python3 - "$@" <<'END'
import sys, npy
file, kind, shape, *numbers = sys.argv[1:]
npy.write(file, kind, map(int, shape.split()), map(int if kind == '|u1' else float, numbers))
END
}
numbers() { # numbers FILE: what a .npy file of f32 holds
  python3 - "$1" <<'END'
import sys, npy
print(*(f'{value:.4f}' for value in npy.read(sys.argv[1])))
END
}

# Scores: shares are the softmax, or what a softmax or sigmoid at the end gave already.
array x.npy '<f4' '1 4' 2 0 0 0
shows() { # shows EXPRESSION SHARE
  printf 'network Net {\n  input x: f32[N, 4]\n  output y = %s\n}\n' "$1" > net.cnn
  expect 0 "^ *$2 %  class 0" "$cnnc" predict net.cnn --weights none.safetensors --input x=x.npy
}
shows 'x |> relu' 71.1
shows 'x |> softmax' 71.1
shows 'x |> log_softmax' 71.1
shows 'x |> sigmoid' 88.1

# What is trained as one number each is no score of a class; what is for or against each class has its sigmoid.
trained() { # trained LOSS
  printf 'network Net {\n  input x: f32[N, 4]\n  output y = x |> linear(4)\n}\n' > net.cnn
  printf 'train Net {\n  input t: f32[N, 4]\n  loss = %s\n  data = npy(".")\n' "$1" >> net.cnn
  printf '  optimizer = sgd(lr = 0.1)\n}\n' >> net.cnn
}
for split in train test; do
  array ${split}_x.npy '<f4' '1 4' 0 0 0 0
  array ${split}_t.npy '<f4' '1 4' 0 0 0 0
done
trained 'mse(y, t)'
"$cnnc" train net.cnn --data . --epochs 1 --quiet --save net.safetensors > /dev/null
expect 0 '^y \[N, 4\]: mean' "$cnnc" predict net.cnn --weights net.safetensors --input x=x.npy
python3 - net.safetensors <<'END' # the weights become the identity
import json, struct, sys
data = open(sys.argv[1], 'rb').read()
length = struct.unpack('<Q', data[:8])[0]
header = json.loads(data[8:8 + length])
values = bytearray(data)
for name, numbers in ('linear1.weight', [float(i % 5 == 0) for i in range(16)]), ('linear1.bias', [0.0] * 4):
    begin, end = header[name]['data_offsets']
    values[8 + length + begin:8 + length + end] = struct.pack(f'<{len(numbers)}f', *numbers)
open(sys.argv[1], 'wb').write(values)
END
trained 'bce_with_logits(y, t)'
expect 0 '^ *88.1 %  class 0  \(2\)' "$cnnc" predict net.cnn --weights net.safetensors --input x=x.npy

# Arrays are read as training reads them: bytes by 255, pictures less the mean, by the deviation.
cat > picture.cnn <<'END'
network Picture {
  input image: f32[N, 2, 1, 2]
  output y = image |> leaky_relu(1)
  output logits = image |> flatten |> linear(2)
}
train Picture {
  input label: i32[N]
  data = npy(".", mean = [0.5, 0], std = [0.25, 0.5])
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr = 0.1)
}
END
array bytes.npy '|u1' '1 2 1 2' 0 255 51 102
array floats.npy '<f4' '1 2 1 2' 0 1 0.2 0.4
for split in train test; do
  cp floats.npy ${split}_image.npy
  array ${split}_label.npy '|u1' '1' 1
done
"$cnnc" train picture.cnn --data . --epochs 1 --quiet --save picture.safetensors > /dev/null
for file in bytes floats; do
  "$cnnc" predict picture.cnn --weights picture.safetensors --input image=$file.npy --output y=y.npy
  [ "$(numbers y.npy)" = "-2.0000 2.0000 0.4000 0.8000" ] || fail "$file: $(numbers y.npy)"
done

# Arrays of the network's shape, or of one that differs by extents of 1; never of as many numbers.
printf 'network Net {\n  input x: f32[N, 3, 2, 4]\n  output y = x |> relu |> flatten\n}\n' > net.cnn
takes() { # takes SHAPE
  # shellcheck disable=SC2046
  array shaped.npy '<f4' "$1" $(seq 24)
  "$cnnc" predict net.cnn --weights none.safetensors --input x=shaped.npy --output y=y.npy
}
refuses() { # refuses SHAPE MESSAGE
  # shellcheck disable=SC2046
  array shaped.npy '<f4' "$1" $(seq 24)
  for verb in "predict net.cnn --weights none.safetensors --output y=y.npy" "bench net.cnn"; do
    # shellcheck disable=SC2086
    expect 1 "shaped.npy: x takes an array \[N, 3, 2, 4\], found $2" "$cnnc" $verb --input x=shaped.npy < /dev/null
  done
}
takes '1 3 2 4'
takes '3 2 4'
refuses '1 2 4 3' '\[1, 2, 4, 3\]: channels come before height and width'
refuses '1 3 4 2' '\[1, 3, 4, 2\]'
refuses '24' '\[24\]'
refuses '1 24' '\[1, 24\]'
refuses '2 12' '\[2, 12\]'
