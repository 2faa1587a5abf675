#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs into an empty prefix, builds a plugin there with nothing but what was installed, and has
# the installed program use it; once with pkg-config and cc, once with the CMake package.
set -euo pipefail
build=$1
fixture=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

fail() { printf 'out_of_tree: %s\n' "$*" >&2; exit 1; }

# expect CODE VERDICT EXIT: what the installed `chilang verify` says of a code.
expect() {
  local said status=0
  said=$("$prefix/bin/chilang" verify --json -- "$1") || status=$?
  case $said in
    *"\"verdict\":\"$2\""*) ;;
    *) fail "$1: expected verdict $2, got $said" ;;
  esac
  [ "$status" -eq "$3" ] || fail "$1: expected exit $3, got $status"
}

cmake --install "$build" --prefix "$prefix" >"$work/log" || { cat "$work/log" >&2; exit 1; }
# Moved after installing: nothing in it may remember where it was put.
mv "$prefix" "$work/moved"
prefix=$work/moved

export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
plugindir=$(pkg-config --variable=plugindir chilang)
[ "$(realpath "$plugindir")" = "$(realpath "$prefix/lib/chilang/plugins")" ] ||
  fail "expected plugindir in the prefix, got $plugindir"
[ "$(pkg-config --variable=abi chilang)" = 1.2 ] || fail "expected ABI 1.2 in chilang.pc"

if compgen -G "$plugindir/credential_*.so" >/dev/null; then
  expect EXAMPLE1:001122334455 unknown 1 # nobody knows it yet
fi

# shellcheck disable=SC2046 # flags are words
cc -std=c11 -Wall -Wextra -Werror -O2 -fPIC -shared $(pkg-config --cflags chilang) \
  -o "$plugindir/credential_example.so" "$fixture/credential_example.c"
expect EXAMPLE1:001122334455 claim 0
expect EXAMPLE1:0011 invalid 1
expect EXAMPLE2:001122334455 unknown 1
rm "$plugindir/credential_example.so"

cmake -S "$fixture" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 &&
  cmake --build "$work/build" >>"$work/log" 2>&1 &&
  cmake --install "$work/build" >>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
expect EXAMPLE1:001122334455 claim 0

# Built against another major: named, and refused.
# shellcheck disable=SC2046
cc -std=c11 -O2 -fPIC -shared $(pkg-config --cflags chilang) -include "$fixture/other_major.h" \
  -o "$plugindir/credential_example.so" "$fixture/credential_example.c"
if said=$("$prefix/bin/chilang" verify -- EXAMPLE1:001122334455 2>&1); then
  fail "expected a refusal of another ABI, got $said"
fi
case $said in
  *credential_example.so*"expected plugin ABI 1.x, got 9.0"*) ;;
  *) fail "expected file, expected and got of another ABI, got $said" ;;
esac
echo "out_of_tree: ok"
