#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the SDK to a temporary prefix, builds a project against it that knows nothing else, and runs it.
# Usage: installed_package_test.sh <source root> <C++ compiler> <with gRPC: ON or OFF>
set -eu
root=$1
compiler=$2
grpc=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake -S "$root" -B "$work/sdk" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
  -DPENSTOCK_BUILD_SERVER=OFF -DPENSTOCK_BUILD_TESTS=OFF -DPENSTOCK_BUILD_EXAMPLES=OFF \
  -DPENSTOCK_WITH_GRPC="$grpc"
cmake --build "$work/sdk" --target penstock_adapter
cmake --install "$work/sdk" --component sdk --prefix "$work/prefix"

cmake -S "$here/outside_project" -B "$work/outside" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" -DCMAKE_PREFIX_PATH="$work/prefix"
cmake --build "$work/outside"
if [ "$grpc" = ON ]; then
  "$work/outside/outside_project" grpc
else
  "$work/outside/outside_project"
fi
