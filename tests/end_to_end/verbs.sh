#!/usr/bin/env bash
# verbs.sh CNNC
# fmt, check --fix, explain, new, completion and the manual page.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$work"
expect 0 '^cnnc [0-9.]+ \(LLVM [0-9.]+, Halide [0-9.]+, ' "$cnnc" --version

# fmt
printf 'let a=1+2 // sum\r\n' > loose.cnn
printf 'let b = 3\n' > tidy.cnn
printf 'let = 3\n' > wrong.cnn
chmod 640 loose.cnn
ln -s loose.cnn link.cnn
expect 1 '^loose.cnn$' "$cnnc" fmt --check tidy.cnn loose.cnn
[ "$(cat output)" = loose.cnn ] || fail "fmt --check names $(cat output)"
expect 0 '^\+let a = 1 \+ 2 // sum' "$cnnc" fmt --diff loose.cnn
cp loose.cnn patched.cnn
"$cnnc" fmt --diff loose.cnn | patch --binary -s patched.cnn || fail "patch refuses what fmt --diff prints"
expect 1 'wrong.cnn:1:5: error' "$cnnc" fmt wrong.cnn link.cnn tidy.cnn
[ "$(cat wrong.cnn)" = 'let = 3' ] || fail "fmt changed a file with a mistake"
[ "$(cat loose.cnn)" = 'let a = 1 + 2 // sum' ] || fail "fmt wrote $(cat loose.cnn)"
cmp loose.cnn patched.cnn || fail "fmt and its diff disagree"
[ -L link.cnn ] || fail "fmt replaced a symbolic link"
[ "$(stat -c %a loose.cnn)" = 640 ] || fail "fmt changed the permissions of a file"
[ "$(printf 'let a=[1,2]' | "$cnnc" fmt -)" = 'let a = [1, 2]' ] || fail "fmt of stdin"
expect 1 'cannot read' "$cnnc" fmt nowhere.cnn
[ "$(find . -name '*.part')" = "" ] || fail "fmt left a temporary file"

# check --fix and --json
printf 'network A {\n  input x: f32[N, 1, 8, 8]\n  output y = x |> cnov(8, kernal = 3)\n}\n' > fix.cnn
expect 0 "^fix.cnn:3:19: fixed: unknown name 'cnov': 'cnov' becomes 'conv'$" "$cnnc" check --fix fix.cnn
grep -qx "fix.cnn:3:27: fixed: conv has no argument 'kernal': 'kernal' becomes 'kernel'" output ||
  fail "check --fix says $(cat output)"
"$cnnc" check fix.cnn || fail "check --fix does not repair the file"
sed 's/conv(8/cnov(9, frob/' fix.cnn > left.cnn
expect 1 "unknown name 'frob'" "$cnnc" check --fix left.cnn
if "$cnnc" check left.cnn 2>&1 | grep cnov; then fail "check --fix fixes nothing beside what it cannot"; fi
cat > torch.cnn <<'END'
network A {
  input image: f32[64, 3, 32, 32]
  y = image |> nn.Conv2d(3, 16, (3, 3), padding = 1) |> BatchNorm2d(16) |> nn.ReLU(inplace = True)
  y = relu(y)
  output logits = y |> AdaptiveAvgPool2d(1) |> flatten(1) |> nn.Linear(16, 10)
}
train A {
  input label: i32[N]
  data       = CIFAR10()
  loss       = nn.CrossEntropyLoss(logits, label)
  optimizer  = optim.Adam(model.parameters(), learning_rate = 1e-3)
  batch_size = 64
}
END
expect 0 '' "$cnnc" check --fix torch.cnn
cat > meant.cnn <<'END'
network A {
  input image: f32[N, 3, 32, 32]
  var y = image |> conv(16, [3, 3], padding = 1) |> batch_norm |> relu
  y = relu(y)
  output logits = y |> global_avg_pool(keep_dims = true) |> flatten |> linear(10)
}
train A {
  input label: i32[N]
  data       = cifar10()
  loss       = cross_entropy(logits, label)
  optimizer  = adam(lr = 1e-3)
  batch = 64
}
END
tr -d '()' < meant.cnn > without && tr -d '()' < torch.cnn | diff without - || fail "check --fix made this of PyTorch's names"
# What has two readings, or is nothing here, stays as it was.
printf 'network A {\n  input x: f32[N, 1, 8, 8]\n  output y = x + x |> relu\n}\n' > choice.cnn
printf 'network A {\n  input x: f32[N, 1, 8, 8]\n  output y = x |> prelu |> global_max_pool\n}\n' > absent.cnn
for file in choice absent; do
  cp $file.cnn before.cnn
  expect 1 '3:' "$cnnc" check --fix $file.cnn
  cmp before.cnn $file.cnn || fail "check --fix changed $file.cnn"
done
# Warnings are said, and are no errors.
printf 'network A {\n  input x: f32[N, 3, 8, 8]\n  input z: f32[N, 3, 8, 8]\n  output y = x |> relu\n}\n' > warned.cnn
expect 0 "^warned.cnn:3:9: warning\[W0601\]: input 'z' is not used" "$cnnc" check warned.cnn
"$cnnc" check --json warned.cnn | grep -q '"severity": "warning"' || fail "check --json has no warning"

# words that are nearly right
expect 2 'no verb chek, did you mean check' "$cnnc" chek tidy.cnn
expect 2 'does not exist: tidy; did you mean tidy.cnn' "$cnnc" check tidy
python3 -c 'import json, sys; assert json.load(sys.stdin) == {"version": 1, "diagnostics": []}' \
  < <("$cnnc" check --json fix.cnn) || fail "check --json of a right file"

# No fix makes a line worse: a type is no pipeline.
printf 'func f(k: int | [int]) -> int = 1\nlet a = f(1)\n' > types.cnn
cp types.cnn before.cnn
expect 1 '1:15: error.E0005' "$cnnc" check --fix types.cnn
cmp -s before.cnn types.cnn || fail "check --fix made this of two types: $(cat types.cnn)"

# explain
expect 0 'not whole' "$cnnc" explain E0302
expect 0 'example.cnn:1:24: error\[E0302\]' "$cnnc" explain inexactdivision
expect 1 'no diagnostic E9999' "$cnnc" explain E9999
"$cnnc" explain > list
[ "$(grep -c '^[EW][0-9]' list)" = "$(grep -Ec '^CNN_(ERROR|WARNING)\(' "$here/../../dsl/diagnostics.def")" ] ||
  fail "explain lists $(wc -l < list) diagnostics"
cut -c1-5 list | while read -r id; do "$cnnc" explain "$id" > page || fail "explain $id"; done

# new
expect 0 'network MyNet' "$cnnc" new my-net
expect 1 'exists already' "$cnnc" new my-net.cnn
expect 1 'no name' "$cnnc" new 3d
for name in n conv layer image N; do "$cnnc" new "$name" > /dev/null; "$cnnc" check "$name.cnn" || fail "new $name"; done
"$cnnc" fmt --check my-net.cnn || fail "the file of cnnc new is not formatted"
"$cnnc" train my-net.cnn --epochs 1 --quiet --save my-net.safetensors > training || { cat training; fail "cnnc new: training"; }
expect 0 'accuracy (8|9)' "$cnnc" eval my-net.cnn --weights my-net.safetensors

# completion and the manual page
complete_bash() { # what bash offers after these words
  bash -c 'source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cnnc; printf "%s\n" "${COMPREPLY[@]}"' \
    "$cnnc" "$@" 2>&1
}
offers() { # offers ANSWER word…: bash completes the words to the answer
  local answer=$1
  shift
  complete_bash "$@" > offered
  grep -qxe "$answer" offered || { cat offered; fail "bash does not complete $* to $answer"; }
}
offers train cnnc tr
offers --epochs cnnc train --ep
offers groups cnnc build --emit gr
offers tidy.cnn cnnc check ti
offers zsh cnnc completion z
"$cnnc" completion bash > cnnc.bash
"$cnnc" completion zsh > _cnnc
"$cnnc" completion fish > cnnc.fish
"$cnnc" manual > cnnc.1
sed 's/\\-/-/g' cnnc.1 > manual
"$cnnc" --help | sed -n '/^Subcommands:/,$s/^  \([a-z]\+\) .*/\1/p' > verbs
[ "$(wc -l < verbs)" -ge 14 ] || fail "only these verbs were found: $(cat verbs)"
while read -r verb; do
  for option in $("$cnnc" "$verb" --help | grep -oE '^  (-[a-zA-Z],)?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
    for page in cnnc.bash _cnnc manual; do grep -qe "$option" $page || fail "$page lacks $verb $option"; done
    grep -qe "-l ${option#--}" cnnc.fish || fail "cnnc.fish lacks $verb $option"
  done
done < verbs
missing=
has() { command -v "$1" > /dev/null || { missing="$missing $1"; return 1; }; }
if has zsh; then zsh -n _cnnc || fail "zsh cannot read its completion"; fi
if has fish; then fish -n cnnc.fish || fail "fish cannot read its completion"; fi
if has groff; then
  groff -man -Tutf8 -ww cnnc.1 > page 2> warnings
  [ ! -s warnings ] || { cat warnings; fail "the manual page is not clean"; }
fi
[ -z "$missing" ] || { echo "skipped in part: there is no$missing here; ./setup.sh --dev installs it"; exit 77; }
