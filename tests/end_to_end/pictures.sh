#!/usr/bin/env bash
# pictures.sh CNNC
# Pictures of any size as inputs: predict, training from a folder, names of classes, what is wrong with a picture.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$work"
pictures() { python3 "$here/pictures.py" "$@"; }
refused() { # refused PATTERN command…: exit status 1, and what stderr must match
  local pattern=$1 status=0
  shift
  "$@" > output 2> errors || status=$?
  [ "$status" = 1 ] && grep -qE "$pattern" errors ||
    { cat output errors; fail "$*: status $status, expected $pattern"; }
}

# What predict makes of a PNG file is what the same pipeline makes in Python.
cat > plain.cnn <<'END'
network Plain {
  input photo: u8[N, 3, 24, 24]
  preprocess photo = resize(32) |> center_crop(24)
  output y = photo |> to_float |> normalize(mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225])
}
END
printf '\x08\0\0\0\0\0\0\0{}      ' > none.safetensors
for size in "50 71" "90 33" "20 25" "32 32"; do
  pictures picture wave.png $size
  "$cnnc" predict plain.cnn --weights none.safetensors --output y=y.npy wave.png
  pictures compare y.npy 32 24 $size || fail "predict of a picture of $size"
done
sed '/preprocess/d' plain.cnn > covered.cnn # without preprocess: scaled to cover the input, and cut
"$cnnc" predict covered.cnn --weights none.safetensors --output y=y.npy wave.png
pictures compare y.npy 24 24 32 32 || fail "predict without preprocess"
sed 's/resize(32)/resize([32, 32])/' plain.cnn > square.cnn
pictures picture wave.png 50 71
"$cnnc" predict square.cnn --weights none.safetensors --output y=y.npy wave.png
! pictures compare y.npy 32 24 50 71 2> /dev/null || fail "a list of two sizes keeps the proportions"
sed 's/resize(32) |> //' plain.cnn > cut.cnn
pictures picture small.png 10 30
refused 'small.png: center_crop: expected a picture of at least 24 x 24, found 10 x 30' \
  "$cnnc" predict cut.cnn --weights none.safetensors small.png

# The generated headers take bytes; the compiled code is the reference's.
"$cnnc" plain.cnn -o library > /dev/null
grep -q 'predict(std::span<const std::uint8_t> photo, std::span<float> y)' library/plain.hpp || fail "the C++ header"
grep -q 'plain_predict(cnn_model\* model, const uint8_t\* photo, float\* y' library/plain.h || fail "the C header"
"$cnnc" verify plain.cnn --batch 1 5 > verify.txt || { cat verify.txt; fail "verify"; }

# A folder of pictures of different sizes trains, to the same bytes whatever the number of threads.
pictures folder colours
cat > colours.cnn <<END
network Colours {
  input photo: u8[N, 3, 12, 12]
  preprocess photo = resize(14) |> center_crop(12)
  output logits = photo |> to_float |> normalize(0.5, 0.25) |> conv(8, 3) |> relu |> global_avg_pool |> linear(3)
  labels logits = "names.txt"
}
train Colours {
  input label: i32[N]
  data       = folder("$work/colours")
  validation = 0.1
  loss       = cross_entropy(logits, label)
  metric top1 = accuracy(logits, label)
  optimizer  = adam(lr = 2e-2)
  batch      = 16
  epochs     = 8
  augment photo = random_resized_crop(12) |> random_hflip
}
END
printf 'amber\nbasil\ncobalt\n' > names.txt
for threads in 1 2; do
  "$cnnc" train colours.cnn --quiet --threads $threads --save colours$threads.safetensors > training.txt ||
    fail "training on pictures of different sizes"
  learnt training 90
done
cmp colours1.safetensors colours2.safetensors || fail "one and two threads give different weights"
"$cnnc" eval colours.cnn --quiet --weights colours1.safetensors > evaluation.txt
cmp training.txt evaluation.txt || fail "eval gives other numbers than training"
sed '/augment/d' colours.cnn > preprocessed.cnn
"$cnnc" train preprocessed.cnn --quiet --save preprocessed.safetensors > /dev/null
! cmp -s colours1.safetensors preprocessed.safetensors || fail "augment makes no difference"

# Names of classes: the likeliest first.
"$cnnc" predict colours.cnn --weights colours1.safetensors colours/test/cobalt/*.png > prediction.txt
[ "$(grep -c '%  ' prediction.txt)" = 18 ] || fail "three classes for each of six pictures: $(cat prediction.txt)"
[ "$(grep -A1 '\.png$' prediction.txt | grep -c '%  cobalt  (')" -ge 5 ] || fail "names: $(cat prediction.txt)"
printf 'amber\nbasil\n' > names.txt
refused 'labels logits: expected a name for each of the 3 classes, found 2 lines in names.txt' \
  "$cnnc" predict colours.cnn --weights colours1.safetensors colours/test/cobalt/0.png
rm names.txt
refused 'labels logits: cannot open the class names names.txt' "$cnnc" colours.cnn -o library
printf 'amber\r\nbasil\r\ncobalt' > names.txt
"$cnnc" predict colours.cnn --weights colours1.safetensors colours/test/amber/0.png > prediction.txt
grep -q '%  amber  (' prediction.txt || fail "names with carriage returns: $(cat prediction.txt)"

# Without such a line the names travel with the weights, and into the library that they become a part of.
sed '/labels/d' colours.cnn > nameless.cnn
"$cnnc" predict nameless.cnn --weights colours1.safetensors colours/test/cobalt/*.png > prediction.txt 2> warnings.txt
[ "$(grep -A1 '\.png$' prediction.txt | grep -c '%  cobalt  (')" -ge 5 ] || fail "kept names: $(cat prediction.txt)"
"$cnnc" nameless.cnn --embed colours1.safetensors -o embedded > /dev/null 2> warnings.txt
grep -q cobalt embedded/libcolours.a || fail "the embedded weights have lost the names of the classes"

# What is not in the data is said, and validation data is tested on where there is no other.
cp -r colours parts
mv parts/test parts/val
echo x > parts/train/amber/notes.txt
"$cnnc" train colours.cnn --data parts --epochs 1 > training.txt 2> progress.txt || { cat progress.txt; fail "train and val"; }
grep -q 'parts/train: skipped 1 file: 1 .txt' progress.txt || fail "nothing is said of a text file: $(cat progress.txt)"
grep -q 'validation = 0.1 holds nothing out: the data has a part for it, .*parts/val' progress.txt ||
  fail "nothing is said of two kinds of validation: $(cat progress.txt)"
grep -q '^validation accuracy' training.txt || fail "not tested on the validation data: $(cat training.txt)"

# A picture that cannot be used is named.
pictures picture colours/train/amber/tiny.png 1 200
sed 's/resize(14) |> center_crop/center_crop/; /augment/d' colours.cnn > strict.cnn
refused 'train/amber/tiny.png: center_crop: expected a picture of at least 12 x 12, found 1 x 200' \
  "$cnnc" train strict.cnn --quiet
rm colours/train/amber/tiny.png
head -c 200 colours/train/basil/3.png > colours/train/basil/cut.png
refused 'train/basil/cut.png: truncated' "$cnnc" train colours.cnn --quiet --save never.safetensors
[ ! -e never.safetensors ] || fail "weights were saved after a failed training"
