// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

namespace penstock::ari {

// The outcome of a parse: fine, or a static English text that says what was wrong.
// Thread: any; a trivially copied value. It never owns memory, so that a stream of malformed lines
// costs no allocation.
class [[nodiscard]] Status {
 public:
  constexpr Status() = default;
  // `error` must be a string literal.
  static constexpr Status Error(const char* error) { return Status(error); }

  constexpr bool ok() const { return error_ == nullptr; }
  // Empty when ok().
  constexpr const char* message() const { return ok() ? "" : error_; }

 private:
  constexpr explicit Status(const char* error) : error_(error) {}

  const char* error_ = nullptr;
};

}  // namespace penstock::ari
