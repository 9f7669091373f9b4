// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ari/exception.h"
#include "ari/method.h"
#include "ari/types.h"
#include "ari/version.h"

namespace penstock::ari {

// Takes values off the input; zeros once it is empty.
class Source {
 public:
  Source(const uint8_t* data, size_t size) : left_(reinterpret_cast<const char*>(data), size) {}

  uint8_t Byte() {
    if (left_.empty()) return 0;
    const char c = left_.front();
    left_.remove_prefix(1);
    return static_cast<uint8_t>(c);
  }
  bool Flag() { return (Byte() & 1) != 0; }
  template <class T>
  T Number() {
    T value{};
    char bytes[sizeof(T)] = {};
    const size_t n = left_.copy(bytes, sizeof(T));
    left_.remove_prefix(n);
    std::memcpy(&value, bytes, sizeof(T));
    return value;
  }
  double Double() {
    const double value = Number<double>();
    return std::isnan(value) ? 0.5 : value;
  }
  std::string String() {
    const size_t size = Byte() % 24;
    const std::string text(left_.substr(0, size));
    left_.remove_prefix(text.size());
    return text;
  }
  NullableString Nullable() { return Flag() ? NullableString(String()) : std::nullopt; }
  // A few of what `make` makes.
  template <class Make>
  auto List(Make make, size_t least = 0) {
    std::vector<decltype(make())> list;
    for (size_t count = least + Byte() % 4; count > 0; --count) list.push_back(make());
    return list;
  }
  std::vector<std::string> Strings(size_t least = 0) {
    return List([this] { return String(); }, least);
  }
  std::vector<Pair> Pairs() {
    return List([this] {
      Pair pair;
      pair.name = String();
      pair.value = Nullable();
      return pair;
    });
  }
  ModeSet Modes() {
    ModeSet modes;
    for (const Mode mode : {Mode::kRaw, Mode::kMerge, Mode::kDistinct, Mode::kCommand}) {
      if (Flag()) modes.Add(mode);
    }
    return modes;
  }

 private:
  std::string_view left_;
};

inline void Require(bool condition, std::string_view what, std::string_view line) {
  if (condition) return;
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(line.size()), line.data());
  std::abort();
}

// One packet under test: written to `line`, its head read back.
class Trip {
 public:
  Trip(Source* source, const Dialect& dialect) : s(*source), d(dialect) {}

  // `value` was written to line(): `read` must give it back.
  template <class T, class Read>
  void Same(const T& value, Read read) {
    T again{};
    const Status status = read(Args(), &again);
    Require(status.ok(), status.message(), line_);
    Require(again == value, "is read as something else", line_);
  }
  template <class T, class Read>
  void SameReply(const T& value, Read read) {
    Same(Reply<T>{std::nullopt, value}, read);
  }
  // A refusal, as each reply may be.
  template <class T, class Read>
  void Refusal(Method method, Read read) {
    constexpr int kKinds = static_cast<int>(ExceptionKind::kFailure) + 1;
    Reply<T> reply;
    Exception& e = reply.exception.emplace();
    e.kind = static_cast<ExceptionKind>(s.Byte() % kKinds);
    if (!IsAllowed(e.kind, method)) e.kind = ExceptionKind::kGeneric;
    if (e.kind == ExceptionKind::kResourceUnavailable && d.version < Version::k190) {
      e.kind = ExceptionKind::kAccess;
    }
    e.message = s.Nullable();
    if (e.kind == ExceptionKind::kCredits || e.kind == ExceptionKind::kConflictingSession) {
      e.client_code = s.Number<int32_t>();
      e.client_message = s.Nullable();
    }
    if (e.kind == ExceptionKind::kConflictingSession) e.conflicting_session = s.String();
    WriteException("7", method, e, d, &line_);
    Same(reply, read);
  }
  std::string* line() { return &line_; }

  std::string_view Args() {
    Require(line_.ends_with("\r\n") && line_.find('\n') == line_.size() - 1, "no one line", line_);
    if (d.ascii_only || d.version < Version::k190) {
      for (const char c : line_) Require(static_cast<uint8_t>(c) < 0x80, "is no ASCII", line_);
    }
    Require(ParseHead(std::string_view(line_).substr(0, line_.size() - 2), &head_).ok(),
            "has no head", line_);
    return head_.args;
  }
  Method method() const { return head_.method; }

  Source& s;
  const Dialect& d;

 private:
  std::string line_;
  PacketHead head_;
};

// Each draws one packet of its kind, writes it and reads it back.
void CheckRequestValues(Trip& t, uint8_t kind);
void CheckReplyValues(Trip& t, uint8_t kind);
void CheckNotificationValues(Trip& t, uint8_t kind);

}  // namespace penstock::ari
