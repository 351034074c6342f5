#!/usr/bin/env bash
# .ci/run in a project of two tests: it sets up first, and fails where a test fails and where one is skipped.
set -uo pipefail
source=$1 cmake=$2
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
fail() { printf 'FAILED: %s\n--- output:\n' "$1"; cat "$project/output"; exit 1; }

mkdir -p "$project"/{.ci,tests,build}
cp "$source"/.ci/* "$project/.ci/"
cat >"$project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.28)
project(two_tests NONE)
enable_testing()
add_test(NAME good COMMAND true)
add_test(NAME other COMMAND sh -c "echo 'there is no moon here'; exit ${STATUS}")
set_tests_properties(other PROPERTIES SKIP_RETURN_CODE 77)
END
printf '#!/bin/sh\necho "$@" > setup\n' >"$project/setup.sh"
printf '#!/bin/sh\nexec "%s/ctest" --test-dir build --output-on-failure "$@"\n' "$(dirname "$cmake")" >"$project/tests/run.sh"
chmod +x "$project/setup.sh" "$project/tests/run.sh"
run() {
  "$cmake" -S "$project" -B "$project/build" -DSTATUS="$1" >"$project/output" 2>&1 || fail "no project"
  bash "$project/.ci/run" >"$project/output" 2>&1
}

run 0 || fail "tests that pass fail"
[ "$(cat "$project/setup")" = --dev ] || fail "setup.sh --dev did not run first"
run 1 && fail "a test that fails passes"
run 77 && fail "a test that is skipped passes"
grep -q 'other: there is no moon here' "$project/output" || fail "it is not said what was skipped and why"
exit 0
