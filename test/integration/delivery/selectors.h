// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <memory>

#include "delivery/item_model.h"
#include "session/selection.h"

namespace penstock::test {

// A selector of the property test, written down twice: for the server, and for the model.
struct Selector {
  const char* name;
  void (*make)(session::Selection& out);
  bool (*takes)(const Vector& values);
};

inline bool IsDigit(const Value& value) {
  return value && value->size() == 1 && (*value)[0] >= '0' && (*value)[0] <= '9';
}

inline constexpr std::array<Selector, 4> kSelectors = {{
    {"a > 0",
     [](session::Selection& out) {
       using session::Selection;
       out.StartAt(
           out.Add("a", Selection::Relation::kGreater, 0.0, Selection::kHolds, Selection::kFails));
     },
     [](const Vector& values) { return IsDigit(values[2]) && *values[2] > "0"; }},
    {"a = b = 0, 1 or 2",
     [](session::Selection& out) {
       using session::Selection;
       Selection::Target start = Selection::kFails;
       for (const char* const value : {"0", "1", "2"}) {
         const Selection::Target b =
             out.Add("b", Selection::Relation::kEqual, value, Selection::kHolds, start);
         start = out.Add("a", Selection::Relation::kEqual, value, b, start);
       }
       out.StartAt(start);
     },
     [](const Vector& values) {
       return values[2] == values[3] && IsDigit(values[2]) && *values[2] <= "2";
     }},
    {"not b = 1, and never is null",
     [](session::Selection& out) {
       using session::Selection;
       const Selection::Target never =
           out.Add("never", Selection::Relation::kEqual, {}, Selection::kHolds, Selection::kFails);
       out.StartAt(out.Add("b", Selection::Relation::kEqual, "1", Selection::kFails, never));
     },
     [](const Vector& values) { return values[3] != "1"; }},
    {"nothing", [](session::Selection& out) { out.StartAt(session::Selection::kFails); },
     [](const Vector&) { return false; }},
}};

}  // namespace penstock::test
