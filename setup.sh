#!/usr/bin/env bash
# Prepares a Debian 12 machine for building cnnc: installs what is missing, says what and why,
# and configures the build in build/. Run again at any time: what is there is left alone.
#
#   ./setup.sh            what building and testing need
#   ./setup.sh --dev      also the tools for formatting, linting, sanitizing and fuzzing, and what every test needs
#   ./setup.sh --install  also `ninja` and `cmake --install` to PREFIX (default /usr/local)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# package | why
packages=(
  "g++                   | compiles cnnc and the examples"
  "ninja-build           | runs the build"
  "ccache                | keeps compiled files for the next build"
  "git                   | fetches the source"
  "libmlir-22-dev        | MLIR: dialects, passes, and the ORC JIT"
  "mlir-22-tools         | mlir-tblgen writes the dialect's C++ from its .td files"
  "llvm-22-dev           | LLVM: object files, archives, code generation for the driver"
  "llvm-22-tools         | FileCheck and not, which the compiler's tests use"
  "catch2                | the C++ test framework"
  "libcli11-dev          | command-line parsing of cnnc"
  "libonnx-dev           | ONNX's messages, which cnnc import reads"
  "libprotobuf-dev       | how these messages are encoded"
  "nlohmann-json3-dev    | JSON output and safetensors headers"
  "libjpeg62-turbo-dev   | reads JPEG"
  "libpng-dev            | reads PNG"
  "libwebp-dev           | reads WebP"
  "libstb-dev            | scales pictures"
  "librapidcheck-dev     | random inputs for tests"
  "zlib1g-dev            | reads gzip-compressed data sets"
  "dataset-fashion-mnist | the pictures that the examples train on"
  "patch                 | a test applies what cnnc fmt --diff prints"
  "python3               | runs the tools below"
  "python3-venv          | keeps those tools inside build/venv"
)
developer_packages=(
  "zsh                   | a test reads the completion script for it"
  "fish                  | the same"
  "groff                 | a test checks the manual page with it"
  "clang-22              | compiles the fuzz targets"
  "libclang-rt-22-dev    | libFuzzer and the sanitizers for clang"
  "clang-format-22       | formats the source"
  "clang-tidy-22         | lints the source"
  "chromium              | opens drawn networks in tests/drawing, which are skipped without it"
)
# Debian's nodejs and npm, unless the machine has them from elsewhere: those do not go together with Debian's.
command -v node >/dev/null || developer_packages+=(
  "nodejs                | runs the editors' grammar in tests/editors, which is skipped without it")
command -v npm >/dev/null || developer_packages+=(
  "npm                   | fetches the grammar's library")
requirements=("cmake>=3.28,<5" "halide==21.0.0" "lit>=22")
requirement_reasons=(
  "Halide's package files need a newer CMake than Debian 12 has"
  "Halide compiles the kernels; the wheel carries library, headers and CMake package"
  "runs the compiler's text tests"
)

if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi
say() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }
fail() { printf 'setup.sh: %s\n' "$*" >&2; exit 1; }

install=no developer=no
for argument in "$@"; do
  case $argument in
    --dev) developer=yes packages+=("${developer_packages[@]}") ;;
    --install) install=yes ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "setup.sh: unknown argument '$argument'; expected --dev, --install or --help" >&2; exit 2 ;;
  esac
done

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  fail "this machine has no apt; cnnc is set up on Debian 12 (bookworm)"

trim() { local text=$1; text=${text%"${text##*[![:space:]]}"}; printf '%s' "${text#"${text%%[![:space:]]*}"}"; }

# One dpkg-query for all packages: a second run takes milliseconds.
declare -A installed=()
while read -r name; do installed[$name]=1; done < <(
  dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' 2>/dev/null | sed -n 's/ installed$//p')
missing=()
for entry in "${packages[@]}"; do
  name=$(trim "${entry%%|*}")
  if [ -z "${installed[$name]:-}" ]; then
    [ ${#missing[@]} -gt 0 ] || say "Debian packages to install:"
    printf '  %-22s %s\n' "$name" "$(trim "${entry#*|}")"
    missing+=("$name")
  fi
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ]; then as_root=()
  elif command -v sudo >/dev/null; then as_root=(sudo)
  else fail "installing these needs root, and there is no sudo here. As root, run:
  apt-get update && apt-get install --no-install-recommends ${missing[*]}
then start this script again."
  fi
  "${as_root[@]}" apt-get update -qq || fail "apt-get update failed (see above)"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Use-Pty=0 "${missing[@]}" || fail "apt-get install failed (see above)"
fi

# The wheel's Python must be Debian's: a python3 of another version first in PATH may have no Halide.
venv=build/venv
wanted=$(printf '%s\n' "${requirements[@]}")
if [ "$(cat $venv/requirements.txt 2>/dev/null)" != "$wanted" ] || ! [ -x $venv/bin/cmake ] ||
  ! compgen -G "$venv/lib*/python3*/site-packages/halide/lib*/cmake/Halide" >/dev/null; then
  say "Python packages to install in $venv:"
  for i in "${!requirements[@]}"; do printf '  %-22s %s\n' "${requirements[$i]}" "${requirement_reasons[$i]}"; done
  if ! $venv/bin/python -c 'import pip' 2>/dev/null; then
    /usr/bin/python3 -m venv --clear $venv || fail "/usr/bin/python3 could not make $venv"
  fi
  $venv/bin/python -m pip install --quiet --disable-pip-version-check "${requirements[@]}" ||
    fail "pip install failed (see above)"
  printf '%s\n' "$wanted" >$venv/requirements.txt
fi

if [ $developer = yes ] && ! [ -d tests/editors/node_modules/vscode-textmate ]; then
  say "npm packages to install in tests/editors: the library that runs the grammar in VS Code"
  npm install --no-save --no-package-lock --no-audit --no-fund --silent --prefix tests/editors ||
    fail "npm install failed (see above)"
fi

if ! [ -f build/build.ninja ] || [ CMakePresets.json -nt build/build.ninja ]; then
  say "Configuring build/"
  $venv/bin/cmake --preset release
fi

if [ $install = yes ]; then
  say "Building and installing to ${PREFIX:=/usr/local}"
  $venv/bin/cmake --build build -j 2
  $venv/bin/cmake --install build --prefix "$PREFIX"
fi
