// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

// Structured log: one line an event, a fixed message and key=value fields, a level for each area.
//   PENSTOCK_LOG(kSession, kInfo, "session opened", {"session", id}, {"user", user});
// Values with blanks or quotes are quoted, long ones cut at 1,024 bytes. Never pass a password.
// Nothing is logged per update.
namespace penstock::log {

enum class Level : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };

// The areas an operator can set a level for; names as in conf/penstock.toml.
enum class Area : std::uint8_t { kServer, kConnection, kSession, kKernel, kAdapter, kConfig };
inline constexpr int kAreaCount = 6;

std::string_view AreaName(Area area);
std::string_view LevelName(Level level);
bool ParseArea(std::string_view name, Area* area);
bool ParseLevel(std::string_view name, Level* level);

struct Field {
  Field(std::string_view k, std::string_view v) : key(k), text(v) {}
  Field(std::string_view k, const char* v) : key(k), text(v) {}
  Field(std::string_view k, const std::string& v) : key(k), text(v) {}
  Field(std::string_view k, std::int64_t v) : key(k), number(v), is_number(true) {}
  Field(std::string_view k, int v) : Field(k, static_cast<std::int64_t>(v)) {}
  Field(std::string_view k, unsigned v) : Field(k, static_cast<std::int64_t>(v)) {}
  Field(std::string_view k, std::size_t v) : Field(k, static_cast<std::int64_t>(v)) {}
  std::string_view key;
  std::string_view text;
  std::int64_t number = 0;
  bool is_number = false;
};

namespace internal {
extern std::atomic<Level> levels[kAreaCount];
}  // namespace internal

inline bool Enabled(Area area, Level level) {
  return level >= internal::levels[static_cast<int>(area)].load(std::memory_order_relaxed);
}

void SetLevel(Area area, Level level);

// Where lines go: standard error (the default) or a file, opened for append. Reopens on demand.
Status OpenFile(const std::string& path);
Status Reopen();
void Flush();

// Writes a line without looking at the level; use the macro. Thread-safe.
void Write(Area area, Level level, std::string_view message, std::initializer_list<Field> fields);
void Write(Area area, Level level, std::string_view message, std::span<const Field> fields);

}  // namespace penstock::log

#define PENSTOCK_LOG(area, level, message, ...)                                                   \
  do {                                                                                            \
    if (::penstock::log::Enabled(::penstock::log::Area::area, ::penstock::log::Level::level))     \
      ::penstock::log::Write(::penstock::log::Area::area, ::penstock::log::Level::level, message, \
                             {__VA_ARGS__});                                                      \
  } while (false)
