// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The one place where Asio's own code is compiled (ASIO_SEPARATE_COMPILATION).
#include <asio/impl/src.hpp>
