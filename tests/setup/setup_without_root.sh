#!/usr/bin/env bash
# setup.sh on a machine with nothing installed, as an ordinary user without sudo: it names what is
# missing, says how to get it, and ends with 1. A wrong argument ends with 2.
set -uo pipefail
setup=$1
machine=$(mktemp -d)
trap 'rm -rf "$machine"' EXIT
fail() { printf 'FAILED: %s\n--- output:\n%s\n' "$1" "$output"; exit 1; }

for tool in bash dirname sed cat env; do ln -s "$(command -v $tool)" "$machine/$tool"; done
printf '#!/bin/sh\necho g++ installed\n' >"$machine/dpkg-query"
printf '#!/bin/sh\necho "apt-get must not run" >&2; exit 99\n' >"$machine/apt-get"
printf '#!/bin/sh\necho 1000\n' >"$machine/id"
chmod +x "$machine"/{dpkg-query,apt-get,id}

output=$(PATH=$machine "$setup" 2>&1)
[ $? = 1 ] || fail "expected exit status 1"
[[ $output == *"needs root, and there is no sudo"* ]] || fail "no plain message about root"
[[ $output == *"libmlir-22-dev"*"MLIR"* ]] || fail "a missing package is not named with its reason"
[[ $output == *"apt-get install"*" ninja-build "* ]] || fail "no command to type"
[[ $output != *" g++ "* ]] || fail "an installed package is listed"
[[ $output != *$'\e'* ]] || fail "colour on something that is not a terminal"

output=$("$setup" --nonsense 2>&1)
[ $? = 2 ] || fail "expected exit status 2 for an unknown argument"
[[ $output == *"'--nonsense'"* ]] || fail "the unknown argument is not named"
