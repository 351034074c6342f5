#!/usr/bin/env bash
# optimizers.sh CNNC
# Every optimizer and schedule, from text to weights that have learnt; a run that is gone on with gives the same bytes.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mkdir "$work/data"
python3 "$here/rows.py" "$work/data"

recipe() { # recipe NAME LINES
  cat > "$work/$1.cnn" <<END
network Rows {
  input image: f32[N, 1, 8, 8]
  output logits = image |> conv(4, 3) |> relu |> flatten |> linear(3)
}
train Rows {
  input label: i32[N]
  data = npy("$work/data")
  loss = cross_entropy(logits, label)
  metric top1 = accuracy(logits, label)
  batch = 20
  epochs = 4
  $2
}
END
}
train() { # train NAME WEIGHTS arguments…
  local name=$1 weights=$2
  shift 2
  "$cnnc" train "$work/$name.cnn" --save "$weights" "$@" > "$work/$name.txt" 2> "$work/$name.log" ||
    fail "$name does not train: $(cat "$work/$name.log")"
}
# With a checkpoint after two epochs where the schedule allows another number of epochs.
check() { # check NAME [by_length]
  train "$1" "$work/$1.safetensors"
  learnt "$1" 80
  [ "${2:-}" != by_length ] || return 0
  train "$1" "$work/part.safetensors" --epochs 2 --checkpoint "$work/$1.checkpoint"
  train "$1" "$work/part.safetensors" --checkpoint "$work/$1.checkpoint" --resume
  cmp "$work/part.safetensors" "$work/$1.safetensors" || fail "$1 goes on with other weights"
}

declare -A optimizers=(
  [sgd]='sgd(lr = 0.1, momentum = 0.9)'
  [adam]='adam(lr = 1e-2)'
  [adamw]='adamw(lr = 1e-2)'
  [rmsprop]='rmsprop(lr = 3e-3, momentum = 0.8, centered = true)'
  [adagrad]='adagrad(lr = 3e-2, lr_decay = 0.01, initial_accumulator_value = 0.1)'
)
declare -A schedules=(
  [constant]='constant' [step]='step(2, gamma = 0.5)' [exponential]='exponential(0.8)' [cosine]='cosine(warmup = 1)'
  [one_cycle]='one_cycle(max_lr = 2e-2)'
)
for name in "${!optimizers[@]}"; do
  recipe "$name" "optimizer = ${optimizers[$name]}"
  check "$name"
done
for name in "${!schedules[@]}"; do
  recipe "$name" "optimizer = adam(lr = 1e-2); schedule = ${schedules[$name]}"
  case $name in cosine | one_cycle) check "$name" by_length ;; *) check "$name" ;; esac
done

# None is forgotten here.
known=$(awk -F'[(,]' '/^CNN_(OPTIMIZER|SCHEDULE)\(/ { gsub(/ /, "", $3); print $3 }' "$here"/../../runtime/abi/include/cnn/{optimizers,schedules}.def | sort)
tested=$(printf '%s\n' "${!optimizers[@]}" "${!schedules[@]}" | sort)
[ -n "$known" ] && [ "$known" = "$tested" ] || fail "not tested, or not known: $(diff <(echo "$known") <(echo "$tested"))"
