#!/usr/bin/env bash
# installed_package.sh SOURCE_DIR BUILD_DIR CMAKE CXX
set -euo pipefail
source_dir=$1 build_dir=$2 cmake=$3 cxx=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }

work=$(mktemp -d /var/tmp/cnnc-package.XXXXXX)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build_dir" --prefix "$work/prefix" >/dev/null
for page in man/man1/cnnc.1 bash-completion/completions/cnnc zsh/site-functions/_cnnc fish/vendor_completions.d/cnnc.fish; do
  [ -s "$work/prefix/share/$page" ] || fail "share/$page is not installed"
done
cp -r "$here/project" "$work/project"
cp "$source_dir/examples/lenet/lenet.cnn" "$work/project/"
cp "$here/use.sh" "$work/"

if grep -rlF -e "$source_dir/" -e "$build_dir/" "$work/prefix/lib/cmake" "$work/prefix/include" "$work/prefix/share"
then
  fail "these installed files name the source or build folder"
fi
run_path=$(readelf -d "$work/prefix/bin/cnnc" | sed -n 's/.*R\(UN\)\?PATH.*\[\(.*\)\]/\2/p')
case $run_path in
  *"$source_dir"* | *"$build_dir"*) fail "cnnc's run path names the source or build folder: $run_path" ;;
  '$ORIGIN'*) ;;
  *) fail "cnnc's run path does not begin with \$ORIGIN: $run_path" ;;
esac

# A CMake that lives in one of the folders about to be hidden goes along: its bin and share are all it needs.
case $cmake in "$source_dir"/* | "$build_dir"/*)
  mkdir "$work/cmake"
  cp -r "$(dirname "$cmake")" "$(dirname "$(dirname "$cmake")")/share" "$work/cmake/"
  cmake=$work/cmake/bin/cmake ;;
esac

hide='mount -t tmpfs none "$1" && mount -t tmpfs none "$2" && shift 2 && exec "$@"'
for namespace in "unshare --mount" "unshare --map-root-user --mount"; do
  if $namespace true 2>/dev/null; then
    $namespace bash -c "$hide" hide "$build_dir" "$source_dir" "$work/use.sh" "$work" "$cmake" "$cxx" \
      "$build_dir" "$source_dir"
    exit
  fi
done
echo "note: no mount namespace here; source and build folders stay visible"
"$work/use.sh" "$work" "$cmake" "$cxx"
