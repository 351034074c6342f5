#!/usr/bin/env bash
# embed.sh CNNC RUNTIME_LIBRARY SOURCE_DIR CXX
# A library with its weights compiled in: a program that opens no file computes what `cnnc predict` does with the file.
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
runtime=$(realpath "$2") source=$3 cxx=$4
cd "$work"

cat > small.cnn <<'END'
network Small {
  input image: f32[N, 3, 8, 8]
  output logits = image |> conv(8, 3, bias = false) |> batch_norm |> relu |> flatten |> linear(4)
}
train Small {
  input label: i32[N]
  loss = cross_entropy(logits, label)
  data = npy(".")
  optimizer = sgd(lr = 0.1)
  batch = 8
  epochs = 1
}
END
python3 - <<'END'
from npy import write
values = [((i * 7919) % 1013) / 500 - 1 for i in range(16 * 192)]
for split in 'train', 'test':
    write(f'{split}_image.npy', '<f4', [16, 3, 8, 8], values)
    write(f'{split}_label.npy', '<i4', [16], [i % 4 for i in range(16)])
END
"$cnnc" train small.cnn --data . --save small.safetensors --quiet > /dev/null
"$cnnc" build small.cnn --predict-only --embed small.safetensors -o with
"$cnnc" build small.cnn --predict-only -o without

cat > program.cpp <<'END'
#include "small.hpp"
#include <cstdio>
int main(int count, char** arguments) {
  small::Model model = small::Model::create().or_exit();
  if (count > 1) model.load(arguments[1]).or_exit();
  float image[small::image_size], logits[small::logits_size];
  for (std::size_t i = 0; i < small::image_size; ++i) image[i] = float(i % 17) / 8 - 1;
  model.predict(image, logits).or_exit();
  for (float logit : logits) std::printf("%.9g\n", double(logit));
}
END
for folder in with without; do
  "$cxx" -std=c++20 -O1 -I$folder -I"$source/runtime/include" -I"$source/runtime/abi/include" program.cpp \
    $folder/libsmall.a "$runtime" -Wl,--gc-sections,--as-needed -pthread -o $folder/program
done
with/program > embedded
without/program small.safetensors > loaded
cmp embedded loaded || fail "weights compiled in and weights loaded give different outputs"
[ "$(sort -u embedded | wc -l)" = 4 ] || fail "expected four different outputs"
without/program > zero
if cmp -s embedded zero; then fail "a program without weights gives the same outputs"; fi

# The same file gives the same library; a file that does not fit gives none.
"$cnnc" build small.cnn --predict-only --embed small.safetensors -o again
cmp with/libsmall.a again/libsmall.a || fail "two builds with the same weights differ"
sed 's/linear(4)/linear(5)/' small.cnn > other.cnn
expect 1 'small.safetensors does not fit the network Small: 2 differences' \
  "$cnnc" build other.cnn --predict-only --embed small.safetensors -o other
[ ! -e other ] || fail "a build that failed left files"
printf 'no weights' > text
expect 1 'text' "$cnnc" build small.cnn --embed text -o other
[ ! -e other ] || fail "a build that failed left files"
(cat small.cnn; sed -n '/^network/,/^}/p' small.cnn | sed 's/Small/Twin/') > two.cnn
"$cnnc" build two.cnn --embed small.safetensors -o two # the one with the train section
[ "$(nm two/libsmall.a | grep -c 'R small_weights_[0-9a-f]*$')" = 1 ] || fail "libsmall.a lacks the weights"
[ "$(nm two/libtwin.a | grep -c '_weights_[0-9a-f]*$')" = 0 ] || fail "libtwin.a has weights that are not its own"
sed -n '/^network/,/^}/p' two.cnn > alike.cnn
expect 1 'holds several networks \(Small, Twin\): choose one with --network' \
  "$cnnc" build alike.cnn --embed small.safetensors -o other
shown=$("$cxx" -shared -nostdlib -Wl,--whole-archive with/libsmall.a -Wl,--no-whole-archive -o small.so &&
  nm -D --defined-only small.so | awk '{ print $3 }' | sed 's/_[0-9a-f]\{16\}$//' | sort -u | tr '\n' ' ')
[ "$shown" = "small_description small_inference " ] || fail "small.so shows: $shown"
