#!/usr/bin/env bash
# Sets up, builds and runs all tests. Arguments go to ctest: ./tests/run.sh -L dsl
# The exit code is ctest's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
step() { printf '== %s\n' "$*"; }

step "set-up"
./setup.sh
step "build"
build/venv/bin/cmake --build build -j "${JOBS:-2}"
step "tests"
# A build that registers no test is a failure, not a success.
exec build/venv/bin/ctest --test-dir build --no-tests=error --output-on-failure -j "${JOBS:-2}" "$@"
