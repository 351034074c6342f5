# Sourced by the examples' run scripts: sets the machine up, builds cnnc, and sets
#   root   the repository     here   the example's folder
#   out    build/examples/…   cnnc   the compiler
here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/build/examples/$(basename "$here")
cnnc=$root/build/bin/cnnc
"$root/setup.sh"
"$root/build/venv/bin/cmake" --build "$root/build" -j "${JOBS:-2}" --target cnnc cnn_runtime
mkdir -p "$out"
