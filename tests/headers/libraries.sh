#!/usr/bin/env bash
# libraries.sh CNNC RUNTIME_LIBRARY SOURCE_DIR CC CXX: libraries beside others in one program.
set -euo pipefail
cnnc=$1 runtime=$2 source=$3 cc=$4 cxx=$5
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME=$work/cache
include=(-I"$source/runtime/include" -I"$source/runtime/abi/include")
compile() { "$cxx" -std=c++20 -Wall -Wextra -Werror "${include[@]}" "$@"; }
refused() { # refused PATTERN command…
  local pattern=$1
  shift
  if "$@" > output 2>&1; then fail "accepted: $*"; fi
  grep -qE -e "$pattern" output || { cat output; fail "expected $pattern: $*"; }
}

cat > nets.cnn <<'X'
network Small(classes: int = 5) {
  input image: f32[N, 2, 6, 6]
  output logits = image |> conv(6, 3, padding = 1) |> relu |> max_pool(2) |> flatten |> linear(classes)
}
train Small {
  input label: i32[N]
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr = 0.1)
  batch = 8
}
X
sed 's/Small/Wide/; s/max_pool(2)/max_pool(2) |> conv(19, 3)/' nets.cnn | sed 's/train Small/train Wide/' > wide.cnn
"$cnnc" nets.cnn -o five
"$cnnc" nets.cnn -o seven --set classes=7
"$cnnc" wide.cnn -o wide
"$cnnc" nets.cnn -o nine --set classes=9 --prefix other_small

# Two versions of one network: each file has the code that its header belongs to, in C++ and in C.
for version in five seven; do
  cat > $version.cpp <<X
#include "small.hpp"
long long ${version}_of_library() {
  auto model = small::Model::create({.max_batch = 1}).or_exit();
  return model.description().outputs[0].shape[1] * 100 + static_cast<long long>(small::logits_size);
}
X
  cat > $version.c <<X
#include "small.h"
long long ${version}_of_c(void) {
  cnn_model* model = 0;
  if (small_create(0, &model, 0, 0)) return 0;
  long long classes = cnn_model_description(model)->outputs[0].shape[1];
  cnn_model_destroy(model);
  return classes * 100 + SMALL_LOGITS_SIZE;
}
X
  compile -I$version -c $version.cpp -o $version.o
  "$cc" -std=c11 -Wall -Wextra -Werror "${include[@]}" -I$version -c $version.c -o ${version}_c.o
done
cat > main.cpp <<'X'
#include "other_small.hpp"
#include "wide.hpp"
#include <cstdio>
long long five_of_library();
long long seven_of_library();
extern "C" long long five_of_c(void);
extern "C" long long seven_of_c(void);
int main() {
  auto nine = other_small::Model::create().or_exit();
  auto wide = wide::Model::create().or_exit();
  std::printf("%lld %lld %lld %lld %zu %lld\n", five_of_library(), seven_of_library(), five_of_c(), seven_of_c(),
              other_small::logits_size, static_cast<long long>(wide.description().outputs[0].shape[1]));
}
X
objects=(five.o seven.o five_c.o seven_c.o)
libraries=(five/libsmall.a seven/libsmall.a wide/libwide.a nine/libother_small.a)
rest=("$runtime" -Wl,--as-needed -lz -pthread)
compile -Inine -Iwide main.cpp "${objects[@]}" "${libraries[@]}" "${rest[@]}" -o program
[ "$(./program)" = "505 707 505 707 9 5" ] || fail "the program prints: $(./program)"
# Whole in one shared library, where each is found by its plain name; which of two versions would have it?
whole() { "$cxx" -shared -fPIC -Wl,--whole-archive "$@" -Wl,--no-whole-archive "${rest[@]}" -o all.so; }
whole seven/libsmall.a wide/libwide.a nine/libother_small.a
cat > by_name.cpp <<'X'
#include <cnn/training.h>
#include <cstdio>
#include <dlfcn.h>
#include <initializer_list>
int main() {
  void* library = dlopen("./all.so", RTLD_NOW | RTLD_LOCAL);
  for (const char* name : {"small_description", "wide_description", "other_small_description"})
    if (auto* table = static_cast<const cnn_description*>(library ? dlsym(library, name) : nullptr))
      std::printf("%lld ", static_cast<long long>(table->outputs[0].shape[1]));
  std::printf("%d %d\n", dlsym(library, "wide_inference") != nullptr, dlsym(library, "wide_training") != nullptr);
}
X
compile by_name.cpp -ldl -o by_name
[ "$(./by_name)" = "7 5 9 1 1" ] || fail "by plain names: $(./by_name)"
refused 'multiple definition of .small_inference' whole "${libraries[@]}"
# A declaration by hand, as other languages have it.
cat > by_hand.c <<'X'
#include <cnn/training.h>
extern const cnn_inference small_inference;
extern const cnn_training small_training;
int main(void) {
  cnn_model* model = 0;
  if (cnn_model_create(&small_inference, 0, &model, 0, 0)) return 1;
  return cnn_training_attach(model, &small_training, 8) || cnn_model_description(model)->outputs[0].shape[1] != 7;
}
X
"$cc" -std=c11 -Wall -Wextra -Werror "${include[@]}" -c by_hand.c -o by_hand.o
compile by_hand.o seven/libsmall.a "${rest[@]}" -o by_hand && ./by_hand
# The header of one version with the library of the other does not link.
echo 'int main() { return five_of_library() != 505; }' | cat <(echo 'long long five_of_library();') - > alone.cpp
refused 'undefined reference to .small_inference_' compile alone.cpp five.o seven/libsmall.a "${rest[@]}" -o alone
compile alone.cpp five.o five/libsmall.a "${rest[@]}" -o alone && ./alone
# Two versions in one source file.
printf '#include "../five/small.h"\n#include "../seven/small.h"\nint main() {}\n' > five/both.cpp
refused 'two versions of small in one source file' compile -Ifive five/both.cpp
# The same version twice is one.
printf '#include "small.h"\n#include "small.hpp"\n#include "small.h"\nint main() {}\n' > twice.cpp
compile -Ifive -fsyntax-only twice.cpp

# Older C++: one message.
printf '#include "small.hpp"\n#include <cnn/cnn.hpp>\nint main() {}\n' > old.cpp
refused "the C\+\+ headers of cnnc are C\+\+20: compile with -std=c\+\+20" "$cxx" -std=c++17 -Ifive "${include[@]}" -fsyntax-only old.cpp
[ "$(grep -c 'error:' output)" = 1 ] || { cat output; fail "expected one error"; }

# Names that C, C++ or the headers use.
cat > names.cnn <<'X'
network Log {
  input inputs: f32[N, 3]
  input model: f32[N, 3]
  output results = (inputs + model) |> linear(2)
}
train Log {
  input batch: i32[N]
  loss = cross_entropy(results, batch)
  optimizer = sgd(lr = 0.1)
  phase new { epochs = 1 }
  phase NEW { epochs = 1 }
}
network Float {
  input int: f32[N, 3]
  input I: f32[N, 3]
  output a = (int + I) |> linear(2)
  output A = a |> relu
  output size_t = A |> linear(1)
}
network Cnn_model {
  input cnn: f32[N, 3]
  output std = cnn |> linear(2)
}
network _1 {
  input x: f32[N, 3]
  output y = x |> linear(2)
}
X
"$cnnc" check names.cnn
"$cnnc" names.cnn -o names
for library in log_net float_net net_cnn_model net_1; do
  [ -e names/lib$library.a ] || fail "no names/lib$library.a: $(ls names)"
  printf '#include <math.h>\n#include <complex.h>\n#include "%s.h"\nint main(void) { return 0; }\n' $library > names.c
  printf '#include <cmath>\n#include <complex.h>\n#include "%s.hpp"\nint main() { return %s::Model::create().ok() ? 0 : 1; }\n' \
    $library $library > names.cpp
  "$cc" -std=c11 -Wall -Wextra -Werror "${include[@]}" -Inames -fsyntax-only names.c
  compile -Inames names.cpp names/lib$library.a "${rest[@]}" -o names_program
  ./names_program
done
grep -q 'FLOAT_NET_a_SIZE = 2' names/float_net.h && grep -q 'FLOAT_NET_A_SIZE = 2' names/float_net.h || fail "no a and A"

# A name for a library that cannot be one, and two networks of one name.
refused "'log': C, C\+\+ or their headers use this name themselves" "$cnnc" nets.cnn --prefix log -o out
refused "'a-b': expected a letter" "$cnnc" nets.cnn --prefix a-b -o out
printf 'network LeNet {\n  input x: f32[N, 3]\n  output y = x |> linear(2)\n}\n' > same.cnn
sed 's/LeNet/Lenet/' same.cnn > other.cnn
cat other.cnn >> same.cnn
refused "E0613.*'LeNet' and 'Lenet' both become the library 'lenet'" "$cnnc" check same.cnn
"$cnnc" same.cnn --network Lenet -o out
