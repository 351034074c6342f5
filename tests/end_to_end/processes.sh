#!/usr/bin/env bash
# processes.sh CNNC CC
# Processes that are ended while they write, two that train on one checkpoint, files behind links.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cc=$2
cd "$work"
parts() { find . -name '*.part' | wc -l; }

# Ended at any rename: SIGTERM takes away what was begun, and what SIGKILL left is swept by the next build.
cat > small.cnn <<'END'
network Small {
  input image: f32[N, 1, 4, 4]
  output logits = image |> flatten |> linear(3) |> relu |> linear(2)
}
END
"$cc" -shared -fPIC -O1 "$here/at_a_rename.c" -o at_a_rename.so
ended() { # ended SIGNAL RENAME: a build that gets the signal
  local status=0
  END_SIGNAL=$1 END_AT=$2 LD_PRELOAD=$work/at_a_rename.so "$cnnc" small.cnn -o out --cache cache -j 1 2>log || status=$?
  [ "$status" = $((128 + $1)) ] || { cat log; fail "a build that got signal $1 at rename $2: exit status $status"; }
}
for rename in 1 2 3; do
  ended 15 $rename
  [ "$(parts)" = 0 ] || fail "SIGTERM at rename $rename left $(find . -name '*.part')"
  ended 2 $rename
  [ "$(parts)" = 0 ] || fail "SIGINT at rename $rename left $(find . -name '*.part')"
done
rm -rf out cache
ended 9 1
[ "$(parts)" -gt 0 ] || fail "SIGKILL left nothing: the test tests nothing"
"$cnnc" small.cnn -o out --cache cache -j 1
ended 9 1
[ "$(parts)" -gt 0 ] || fail "SIGKILL left nothing in the output folder"
"$cnnc" small.cnn -o out --cache cache -j 1
[ "$(parts)" = 0 ] || fail "not swept: $(find . -name '*.part')"
[ "$(find out -type f | wc -l)" = 3 ] || fail "out holds $(ls out)"

# Sources, libraries, weights and arrays through links; modes stay.
printf 'network A {\n  input x: f32[N, 4]\n  output y = x |> linear(2, bais = true)\n}\n' > real.cnn
chmod 640 real.cnn
ln -s real.cnn link.cnn
"$cnnc" check --fix link.cnn > /dev/null 2>&1 || fail "check --fix of a link"
[ -L link.cnn ] && grep -q 'bias = true' real.cnn || fail "check --fix did not write through the link"
[ "$(stat -c %a real.cnn)" = 640 ] || fail "check --fix changed the permissions"
mkdir elsewhere
mv out/libsmall.a elsewhere && ln -s ../elsewhere/libsmall.a out/libsmall.a
"$cnnc" small.cnn -o out --cache cache
[ -L out/libsmall.a ] && [ ! -L elsewhere/libsmall.a ] || fail "a library was not written through a link"
ln -s /dev/null nowhere.svg
"$cnnc" draw small.cnn -o nowhere.svg > /dev/null && [ -L nowhere.svg ] && [ -c /dev/null ] || fail "draw to a device"

# A checkpoint belongs to one training at a time; a start that fails takes nothing away.
mkdir data
python3 "$here/rows.py" data
cat > rows.cnn <<'END'
network Rows {
  input image: f32[N, 1, 8, 8]
  output logits = image |> flatten |> linear(3)
}
train Rows {
  input label: i32[N]
  data = npy("data")
  loss = cross_entropy(logits, label)
  metric top1 = accuracy(logits, label)
  optimizer = sgd(lr = 1e-2)
  batch = 8
}
END
"$cnnc" train rows.cnn --quiet --epochs 1 > /dev/null # the kernels are in the cache
"$cnnc" train rows.cnn --quiet --epochs 1000000 --checkpoint run.ck --checkpoint-steps 1 > first.log 2>&1 &
first=$!
for _ in $(seq 300); do [ -e run.ck ] && break; sleep 0.1; done
[ -e run.ck ] || { cat first.log; fail "no checkpoint after 30 s"; }
expect 1 "run.ck: .*process $first on " "$cnnc" train rows.cnn --quiet --checkpoint run.ck --resume
for _ in 1 2 3; do expect 1 . "$cnnc" train rows.cnn --quiet --checkpoint run.ck --resume --data nowhere; done
kill -0 $first || { cat first.log; fail "the first training has ended"; }
kill $first
wait $first && fail "SIGTERM did not end the training"
[ "$(parts)" = 0 ] || fail "left: $(find . -name '*.part')"
[ ! -e run.ck.lock ] || fail "the lock is still there"
"$cnnc" train rows.cnn --quiet --epochs 1 --checkpoint other.ck > /dev/null
expect 1 'run.ck' "$cnnc" train rows.cnn --quiet --epochs 1 --checkpoint run.ck --resume --batch 4
[ ! -e run.ck.lock ] || fail "a training that could not begin left its lock"
