// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "penstock/adapter/error.h"

namespace penstock::adapter {

// What a call gives: a value, or the Error that prevented it. The library throws nothing, and what
// a provider throws is caught and answered as a plain Error; returning one is the way to choose its
// kind. Thread: as the value's own; no hidden sharing. Reading value() of a failure, or error() of
// a success, is undefined.
template <class T>
class [[nodiscard]] Result {
 public:
  // Both not explicit on purpose: a provider returns either a value or an error.
  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(std::move(error)) {}
  // Lets `return AccessError{...};` do.
  template <class E>
  requires(!std::is_same_v<std::decay_t<E>, Result> && !std::is_convertible_v<E, T> &&
           std::is_convertible_v<E, Error>) Result(E error)
      : error_(Error(std::move(error))) {}

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }

  const T& value() const& { return *value_; }
  T&& value() && { return std::move(*value_); }
  const T& operator*() const& { return *value_; }
  const T* operator->() const { return &*value_; }

  const Error& error() const { return *error_; }

 private:
  std::optional<T> value_;
  std::optional<Error> error_;
};

// Success without a value, written as `return {};`, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  template <class E>
  requires(!std::is_same_v<std::decay_t<E>, Result> && std::is_convertible_v<E, Error>)
      Result(E error)
      : error_(Error(std::move(error))) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace penstock::adapter
