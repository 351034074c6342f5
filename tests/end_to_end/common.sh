# The beginning of the tests through the command line: `cnnc` is the command, `here` this folder, `work` a folder of the
# test's own that goes when it ends, with an empty kernel cache. To be sourced.
set -euo pipefail
cnnc=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 # for npy.py

expect() { # expect STATUS PATTERN command…: the exit status, and what stdout and stderr together must match
  local status=$1 pattern=$2 found=0
  shift 2
  "$@" > output 2>&1 || found=$?
  [ "$found" = "$status" ] || { cat output; fail "$*: exit status $found, expected $status"; }
  grep -qE -e "$pattern" output || { cat output; fail "$*: expected $pattern"; }
}

learnt() { # learnt NAME PERCENT: what NAME.txt says of the test data
  awk -v least="$2" '/^test accuracy/ { found = $3 > least } END { exit !found }' "$work/$1.txt" ||
    fail "$1 did not learn: $(cat "$work/$1.txt")"
}
