#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the SDK of a build to a temporary prefix, builds a project against it that knows nothing else, and
# runs it.
# Usage: installed_package_test.sh BUILD_FOLDER   (one without sanitizers, which the project would not have)
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

setting() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
compiler=$(setting CMAKE_CXX_COMPILER)

cmake --install "$build" --component sdk --prefix "$work/prefix"
cmake -S "$here/outside_project" -B "$work/outside" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" -DCMAKE_PREFIX_PATH="$work/prefix"
cmake --build "$work/outside"
if [ "$(setting PENSTOCK_WITH_GRPC)" = ON ]; then
  "$work/outside/outside_project" grpc
else
  "$work/outside/outside_project"
fi
