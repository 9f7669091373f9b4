// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>
#include <mutex>

namespace penstock::log {

namespace internal {
std::atomic<Level> levels[kAreaCount] = {Level::kInfo, Level::kInfo, Level::kInfo,
                                         Level::kInfo, Level::kInfo, Level::kInfo};
}  // namespace internal

namespace {

constexpr std::string_view kAreaNames[kAreaCount] = {"server", "connection", "session",
                                                     "kernel", "adapter",    "config"};
constexpr std::string_view kLevelNames[] = {"trace", "debug", "info", "warn", "error", "off"};
constexpr std::size_t kMaxValue = 1024;
constexpr char kPattern[] = "%Y-%m-%dT%H:%M:%S.%e%z %v";

struct Sink {
  std::mutex mutex;
  std::string path;  // empty: standard error
  std::shared_ptr<spdlog::logger> logger;
};

std::shared_ptr<spdlog::logger> Make(std::shared_ptr<spdlog::sinks::sink> sink) {
  auto logger = std::make_shared<spdlog::logger>("penstock", std::move(sink));
  logger->set_pattern(kPattern);
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

Sink& TheSink() {
  static Sink* const sink = [] {
    auto* made = new Sink;
    made->logger = Make(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return made;
  }();
  return *sink;
}

std::shared_ptr<spdlog::logger> Logger() {
  Sink& sink = TheSink();
  std::lock_guard lock(sink.mutex);
  return sink.logger;
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F) return true;
  }
  return false;
}

// What a peer says may be megabytes long.
std::string Shortened(std::string_view text) {
  std::size_t size = kMaxValue;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return std::string(text.substr(0, size)) + "...";
}

void AppendValue(std::string& line, std::string_view text) {
  std::string shortened;
  if (text.size() > kMaxValue) text = shortened = Shortened(text);
  if (!NeedsQuotes(text)) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    static constexpr char kHex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      line += "\\x";
      line += kHex[byte >> 4];
      line += kHex[byte & 15];
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

std::string_view AreaName(Area area) { return kAreaNames[static_cast<int>(area)]; }
std::string_view LevelName(Level level) { return kLevelNames[static_cast<int>(level)]; }

bool ParseArea(std::string_view name, Area* area) {
  for (int i = 0; i < kAreaCount; ++i) {
    if (kAreaNames[i] == name) {
      *area = static_cast<Area>(i);
      return true;
    }
  }
  return false;
}

bool ParseLevel(std::string_view name, Level* level) {
  for (int i = 0; i <= static_cast<int>(Level::kOff); ++i) {
    if (kLevelNames[i] == name) {
      *level = static_cast<Level>(i);
      return true;
    }
  }
  return false;
}

void SetLevel(Area area, Level level) {
  internal::levels[static_cast<int>(area)].store(level, std::memory_order_relaxed);
}

Status OpenFile(const std::string& path) {
  try {
    auto logger = Make(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
    Sink& sink = TheSink();
    std::lock_guard lock(sink.mutex);
    sink.logger = std::move(logger);
    sink.path = path;
    return OkStatus();
  } catch (const spdlog::spdlog_ex& error) {
    return Unavailable("cannot open log file " + path + ": " + error.what());
  }
}

Status Reopen() {
  std::string path;
  {
    Sink& sink = TheSink();
    std::lock_guard lock(sink.mutex);
    path = sink.path;
  }
  return path.empty() ? OkStatus() : OpenFile(path);
}

void Flush() { Logger()->flush(); }

void Write(Area area, Level level, std::string_view message, std::initializer_list<Field> fields) {
  Write(area, level, message, std::span(fields.begin(), fields.size()));
}

void Write(Area area, Level level, std::string_view message, std::span<const Field> fields) {
  std::string line;
  line.reserve(128);
  line += LevelName(level);
  line += ' ';
  line += AreaName(area);
  line += ' ';
  AppendValue(line, message);
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    if (field.is_number) {
      line += std::to_string(field.number);
    } else {
      AppendValue(line, field.text);
    }
  }
  Logger()->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace penstock::log
