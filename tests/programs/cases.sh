#!/usr/bin/env bash
# cases.sh CNNC: programs that check passes and that other verbs did not take, and what cnnc says of its own mistakes.
source "$(dirname "${BASH_SOURCE[0]}")/../end_to_end/common.sh"
cd "$work"

# The network's own input as the target of a loss, with a halo and without.
for loss in mse bce_with_logits; do
  for layer in 'conv(4, 3, padding = 1)' 'conv(4, 1)'; do
    cat > own.cnn <<X
network Own {
  input image: f32[N, 1, 7, 6]
  output picture = image |> $layer |> relu |> conv(1, 3, padding = 1)
}
train Own {
  loss = $loss(picture, image)
  optimizer = adam(lr = 1e-3)
}
X
    "$cnnc" check own.cnn
    "$cnnc" own.cnn -o own
    expect 0 'all [0-9]* comparisons hold' "$cnnc" verify own.cnn
  done
done

# The train section's augment is about training's sizes.
cat > sizes.cnn <<'X'
network Sizes {
  input photo: u8[N, 3, H, W]
  output mask = photo |> to_float |> conv(4, 3, padding = 1) |> relu |> conv(2, 1)
}
train Sizes {
  input label: u8[N, H, W]
  data = pairs("pictures", "masks")
  loss = cross_entropy(mask, label)
  optimizer = adam(lr = 1e-3)
  augment [photo, label] = random_crop(16)
}
X
larger=(--set H=20 W=24)
expect 0 'mask|parameters' "$cnnc" summary sizes.cnn "${larger[@]}"
"$cnnc" build sizes.cnn --predict-only "${larger[@]}" -o sizes
expect 0 'comparisons hold' "$cnnc" verify sizes.cnn "${larger[@]}" --batch 2
expect 1 'E0500.*augment' "$cnnc" check sizes.cnn "${larger[@]}"
expect 1 'E0500.*augment' "$cnnc" build sizes.cnn "${larger[@]}" -o sizes
"$cnnc" build sizes.cnn --set H=16 W=16 -o sizes

# Batches of one value for each channel.
cat > one.cnn <<'X'
network One {
  input x: f32[N, 4]
  output y = x |> linear(3) |> batch_norm @bn
}
train One {
  input t: f32[N, 3]
  data = npy("data")
  loss = mse(y, t)
  optimizer = sgd(lr = 0.1)
  batch = 4
}
X
sed 's/batch = 4/batch = 1/' one.cnn > single.cnn
expect 1 "E0310.*batch of 1: N >= 2 in training: batch_norm bn" "$cnnc" check single.cnn
"$cnnc" check one.cnn
sed 's/@bn/@bn/; s/optimizer/freeze = ["bn"]; optimizer/; s/batch = 4/batch = 1/' one.cnn > frozen.cnn
"$cnnc" check frozen.cnn # goes on with its running statistics
sed 's/\[N, 4\]/[N, 4, 1, 2]/; s/linear(3)/conv(3, 1)/; s/\[N, 3\]/[N, 3, 1, 2]/; s/batch = 4/batch = 1/' one.cnn > pixels.cnn
"$cnnc" check pixels.cnn # two values in each sample
expect 0 'batch 2 .*is taken for 1' "$cnnc" verify one.cnn
expect 0 'One, train, batch 2' "$cnnc" profile one.cnn --mode train --iterations 1

# A mistake of cnnc says so.
mkfifo never
"$cnnc" lsp --stdio < never > lsp_output 2> lsp_errors &
server=$!
exec 9> never
sleep 1
kill -SEGV $server
status=0
wait $server || status=$?
exec 9>&-
[ "$status" = 3 ] || fail "a crash ends with $status"
grep -q 'internal error: this is a bug in cnnc' lsp_errors || fail "a crash says: $(cat lsp_errors)"
! grep -q 'segmentation' lsp_errors || fail "a crash shows: $(cat lsp_errors)"
