// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "kernel/event.h"
#include "session/metadata_port.h"
#include "tlcp/codes.h"

// The rules of a grant that are the same whoever decides about an item, a remote adapter or the
// built-in policy. Pure.
namespace penstock::adapters {

// The modes of an item, a bit each.
using ModeSet = std::uint8_t;
constexpr ModeSet ModeBit(kernel::Mode mode) {
  return static_cast<ModeSet>(1u << static_cast<unsigned>(mode));
}
constexpr ModeSet kAllModes = ModeBit(kernel::Mode::kRaw) | ModeBit(kernel::Mode::kMerge) |
                              ModeBit(kernel::Mode::kDistinct) | ModeBit(kernel::Mode::kCommand);

// The one mode beside RAW among these; MERGE if there are several, or none.
constexpr kernel::Mode KeptMode(ModeSet modes) {
  const auto beside = static_cast<ModeSet>(modes & ~ModeBit(kernel::Mode::kRaw));
  if (beside == ModeBit(kernel::Mode::kDistinct)) return kernel::Mode::kDistinct;
  if (beside == ModeBit(kernel::Mode::kCommand)) return kernel::Mode::kCommand;
  return kernel::Mode::kMerge;
}

// What an adapter says of a frequency: zero is "no limit"; so is what is no number of updates a
// second.
inline double ToFrequency(double said) { return std::isfinite(said) ? std::max(said, 0.0) : 0; }

// The same of a bandwidth, where "Infinity" is how it may say that it sets no limit; nothing if
// it makes no sense.
inline std::optional<double> ToBandwidth(double said) {
  if (said < 0 || std::isnan(said)) return std::nullopt;
  return std::isfinite(said) ? said : 0;
}

// Why an item with these modes and limits may not be subscribed so (TLCP 24, 26, 27); nothing if
// it may. RAW is never filtered: there, a wish for it is none.
inline std::optional<tlcp::RequestCode> RefusalOf(kernel::Mode mode, bool unfiltered,
                                                  ModeSet allowed,
                                                  const session::ItemLimits& limits) {
  if ((allowed & ModeBit(mode)) == 0) return tlcp::RequestCode::kInvalidMode;
  if (!unfiltered || mode == kernel::Mode::kRaw) return std::nullopt;
  if (limits.max_frequency > 0) return tlcp::RequestCode::kUnfilteredLimited;
  if (limits.min_source_frequency > 0) return tlcp::RequestCode::kUnfilteredPrefiltered;
  return std::nullopt;
}

}  // namespace penstock::adapters
