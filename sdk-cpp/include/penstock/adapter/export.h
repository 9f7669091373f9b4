// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

// Marks what users may link against; the library is built with hidden visibility.
#define PENSTOCK_SDK_EXPORT __attribute__((visibility("default")))
