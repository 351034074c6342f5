#!/usr/bin/env bash
# evaluation.sh CNNC
# Whatever a train section measures is measured on data as well: sums and factors of losses, labels that do not count,
# several outputs, a target that is an input. What `cnnc eval` prints is what plain arithmetic makes of predict's outputs.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$work"
python3 "$here/evaluation.py" data .
cat > two.cnn <<'END'
network Two {
  input image: f32[N, 1, 8, 8]
  let features = image |> conv(4, 3, padding = 1) |> batch_norm |> relu |> dropout(0.5)
  output logits = features |> flatten |> linear(3)
  output back = features |> conv(1, 1)
  train output early = features |> flatten |> linear(3) @early
}
train Two {
  input label: i32[N]
  data = npy(".")
  let some = cross_entropy(logits, label, ignore_index = 2)
  let distance = mse(back, image)
  loss = some + 0.5 * distance + 0.25 * cross_entropy(early, label)
  metric smooth   = cross_entropy(logits, label, label_smoothing = 0.1)
  metric counted  = some
  metric shifted  = 1 - 2 * some - distance
  metric product  = distance * some
  metric right    = accuracy(logits, label, ignore_index = 2)
  metric wrong    = 1 - accuracy(logits, label)
  metric absolute = l1(back, image)
  metric robust   = huber(back, image, delta = 0.75)
  metric second   = top_k(logits, label, k = 2)
  metric away     = bce_with_logits(back, image)
  optimizer  = adam(lr = 1e-2)
  validation = 0.2
  stop       = patience(shifted, 1)
  epochs     = 3
}
END
"$cnnc" train two.cnn --save two.safetensors --checkpoint two.checkpoint > trained.txt 2> log.txt || fail "$(cat log.txt)"
grep -Eq '^epoch 1/3 .*  validation loss [0-9.]+  validation smooth .*  validation right [0-9.]+ %' log.txt ||
  fail "progress does not tell every measure of the validation share: $(cat log.txt)"
grep -Eq 'the best: validation shifted -?[0-9.]+$' log.txt || fail "a sum was not watched: $(cat log.txt)"
for threads in 1 2; do "$cnnc" eval two.cnn --weights two.checkpoint --threads $threads > eval.$threads; done
cmp eval.1 eval.2 && cmp eval.1 trained.txt || fail "evaluations differ: $(cat eval.1 eval.2 trained.txt)"
"$cnnc" eval two.cnn --weights two.safetensors > without.txt
grep -v '^test loss ' eval.1 | cmp - without.txt || fail "what saved weights do not hold: $(cat without.txt)"
"$cnnc" predict two.cnn --weights two.safetensors --input image=test_image.npy --output logits=logits.npy \
  --output back=back.npy
python3 "$here/evaluation.py" check . eval.1 || fail "$(cat eval.1)"
"$cnnc" verify two.cnn --batch 1 17 > verify.txt || fail "verify: $(cat verify.txt)"
