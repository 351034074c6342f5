#!/usr/bin/env bash
# export.sh CNNC WRITE_MODEL
# Networks to ONNX models and back.
# shellcheck source=../end_to_end/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../end_to_end/common.sh"
write=$(realpath "$2")
cd "$work"
"$write" . || fail "the model could not be written"

# What was imported comes back the same: text and weights.
"$cnnc" import net.onnx > /dev/null
expect 0 'back.onnx: network Net, [0-9]* bytes' "$cnnc" export net.cnn --weights net.safetensors -o back.onnx
"$cnnc" import back.onnx --name Net -o again.cnn > /dev/null
cmp <(tail -n +2 again.cnn) <(tail -n +2 net.cnn) || fail "export and import change the text"
"$cnnc" export again.cnn --weights again.safetensors -o twice.onnx > /dev/null
cmp back.onnx twice.onnx || fail "the same network gives another model"

# A network of all that can be said in ONNX.
cat > all.cnn <<'END'
block Gates(x) {
  let a = x |> (hardswish |> leaky_relu(0.1) |> gelu) |> silu
  let b = x |> hardsigmoid |> tanh |> gelu(tanh = true)
  return 0.5 * a - b / 3 + x * (x |> global_avg_pool(keep_dims = true) |> conv(x.channels, 1) |> sigmoid)
}
network All {
  input photo: u8[N, 3, 17, 19]
  param shift: f32[8, 1, 1] = uniform(-1, 1)
  let first = photo |> to_float |> normalize(mean = [0.4, 0.5, 0.6], std = [0.2, 0.25, 0.3])
    |> conv(8, [3, 5], stride = [2, 1], padding = [1, 2]) |> batch_norm(eps = 1e-3) |> Gates
  let pooled = [first + shift |> max_pool(3, stride = 2, padding = 1, ceil_mode = true),
                first |> avg_pool([2, 3], stride = 2, padding = [0, 1], ceil_mode = true, count_include_pad = false)]
  let joined = concat([pooled[0] |> slice(0, 4), pooled[0] |> slice(4) |> relu6]) |> dropout(0.5)
    |> conv(8, 3, padding = 2, dilation = 2, groups = 4, bias = false)
  output shares = joined |> avg_pool(2) |> flatten |> linear(5, bias = false) |> softmax
  output scores = joined |> relu |> global_avg_pool |> linear(3) |> log_softmax
  output raw = first |> layer_norm(axis = 1) |> linear(6, axis = 1) |> stochastic_depth(0.1)
    |> conv_transpose(4, 3, stride = 2, padding = 1, output_padding = 1, groups = 2) |> relu
}
train All {
  input label: i32[N]
  data = npy(".")
  loss = cross_entropy(scores, label) + cross_entropy(shares |> linear(2), label)
  optimizer = sgd(lr = 0.05)
  batch = 8
}
END
sed -i 's/first + shift |> max_pool/(first + shift) |> max_pool/' all.cnn
python3 - <<'END'
from npy import write
size = 16 * 3 * 17 * 19
for split in 'train', 'test':
    write(f'{split}_photo.npy', '|u1', [16, 3, 17, 19], [i * i * 7919 % 251 for i in range(size)])
    write(f'{split}_label.npy', '<i4', [16], [i % 2 for i in range(16)])
END
"$cnnc" train all.cnn --data . --quiet --save all.safetensors > /dev/null
expect 0 'all.onnx: network All' "$cnnc" export all.cnn --weights all.safetensors
"$cnnc" import all.onnx -o imported.cnn > /dev/null
for network in all imported; do
  "$cnnc" predict $network.cnn --weights $network.safetensors --input photo=test_photo.npy \
    --output shares=$network.shares --output scores=$network.scores --output raw=$network.raw
done
python3 - <<'END' || fail "a network that was exported and imported predicts something else"
from npy import read
for output in 'shares', 'scores', 'raw':
    a, b = read(f'all.{output}'), read(f'imported.{output}')
    assert len(a) == len(b) and len(set(a)) > len(a) // 4, output
    worst = max(abs(x - y) / (1 + abs(x)) for x, y in zip(a, b))
    assert worst < 1e-5, (output, worst)
END

# Values in between have names that the user has not taken.
cat > taken.cnn <<'END'
network Taken {
  input v0: f32[N, 4]
  input c0: f32[N, 4]
  param v2: f32[4] = ones
  let v1 = ((v0 * 2 + c0) |> silu) * v2
  output v3 = (v1 * 0.5) |> relu6
  output c1 = v1 |> linear(4) |> silu
}
train Taken {
  input label: i32[N]
  data = npy(".")
  loss = cross_entropy(c1, label)
  optimizer = sgd(lr = 0.05)
  batch = 8
}
END
python3 - <<'END'
from npy import write
for split in 'train', 'test':
    for i, name in enumerate(['v0', 'c0']):
        write(f'{split}_{name}.npy', '<f4', [16, 4], [(i + k * 7919 % 251) / 100 for k in range(64)])
END
"$cnnc" train taken.cnn --data . --quiet --save taken.safetensors > /dev/null
expect 0 'taken.onnx: network Taken' "$cnnc" export taken.cnn --weights taken.safetensors
"$cnnc" import taken.onnx -o retaken.cnn > /dev/null
for network in taken retaken; do
  "$cnnc" predict $network.cnn --weights $network.safetensors --input v0=test_v0.npy --input c0=test_c0.npy \
    --output v3=$network.v3 --output c1=$network.c1
done
cmp taken.v3 retaken.v3 && cmp taken.c1 retaken.c1 || fail "names that the export makes meet those of the network"

expect 1 'net.safetensors does not fit the network All' "$cnnc" export all.cnn --weights net.safetensors
expect 2 'weights' "$cnnc" export all.cnn
