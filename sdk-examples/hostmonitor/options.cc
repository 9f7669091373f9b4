// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "hostmonitor/options.h"

#include <charconv>
#include <string_view>
#include <system_error>

namespace penstock::hostmonitor {
namespace {

constexpr double kMinInterval = 0.1;
constexpr double kMaxInterval = 3600;
constexpr std::size_t kMaxProcesses = 100;

template <typename T>
bool ParseWhole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool TakeInterval(std::string_view text, std::chrono::milliseconds& interval) {
  double seconds = 0;
  if (!ParseWhole(text, seconds) || !(seconds >= kMinInterval) || seconds > kMaxInterval) {
    return false;
  }
  interval = std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(seconds * 1000));
  return true;
}

// False when the value is none for this option; `known` tells whether there is such an option.
bool Take(std::string_view name, const std::string& value, Options& options, bool& known) {
  if (name == "--host") {
    options.host = value;
    return !value.empty();
  }
  if (name == "--data-port") {
    return ParseWhole(value, options.data_port) && options.data_port != 0;
  }
  if (name == "--interval") {
    return TakeInterval(value, options.interval);
  }
  if (name == "--processes") {
    return ParseWhole(value, options.process_count) && options.process_count <= kMaxProcesses;
  }
  known = false;
  return false;
}

}  // namespace

std::optional<Options> Options::Parse(int argc, const char* const* argv, std::string& error) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string_view name = argv[i];
    if (name == "--help" || name == "-h") {
      options.help = true;
      return options;
    }
    std::string value;
    bool has_value = false;
    if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
      has_value = true;
    } else if (i + 1 < argc) {
      value = argv[++i];
      has_value = true;
    }
    bool known = true;
    if (!Take(name, value, options, known) || !has_value) {
      error = known ? std::string(name) + ": \"" + value + "\" is no good value"
                    : std::string(name) + " is no option of this program";
      return std::nullopt;
    }
  }
  return options;
}

const char* Options::Usage() {
  return "penstock-example-hostmonitor [options]\n"
         "  --host HOST       where the server is (127.0.0.1)\n"
         "  --data-port PORT  the server's port for the Data Adapter (6662)\n"
         "  --interval N      seconds between two readings, 0.1 to 3600 (1)\n"
         "  --processes N     how many of the busiest processes are items, 0 to 100 (10)\n"
         "  --help            this text\n";
}

}  // namespace penstock::hostmonitor
