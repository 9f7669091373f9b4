// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/options.h"

#include <charconv>
#include <string_view>
#include <system_error>

#include "stocklist/replay_clock.h"

namespace penstock::stocklist {
namespace {

template <typename T>
bool ParseWhole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool TakeDay(std::string_view text, std::optional<CalendarDay>& day) {
  day = ParseDay(text);
  return day.has_value();
}

// False when the value is none for this option; `known` tells whether there is such an option.
bool Take(std::string_view name, const std::string& value, Options& options, bool& known) {
  if (name == "--host") {
    options.host = value;
    return !value.empty();
  }
  if (name == "--metadata-port") {
    return ParseWhole(value, options.metadata_port) && options.metadata_port != 0;
  }
  if (name == "--data-port") {
    return ParseWhole(value, options.data_port) && options.data_port != 0;
  }
  if (name == "--data") {
    options.data_folder = value;
    return !value.empty();
  }
  if (name == "--users") {
    options.users_file = value;
    return !value.empty();
  }
  if (name == "--speed") {
    return ParseWhole(value, options.speed) && options.speed >= ReplayClock::kMinSpeed &&
           options.speed <= ReplayClock::kMaxSpeed;
  }
  if (name == "--from") {
    return TakeDay(value, options.from);
  }
  if (name == "--to") {
    return TakeDay(value, options.to);
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
  if (options.data_folder.empty()) {
    error = "--data is missing: the folder with stocks.csv and sp500-2000.csv";
    return std::nullopt;
  }
  return options;
}

const char* Options::Usage() {
  return "penstock-example-stocklist --data DIR [options]\n"
         "  --data DIR            folder with stocks.csv and sp500-2000.csv\n"
         "  --host HOST           where the server is (127.0.0.1)\n"
         "  --metadata-port PORT  the server's port for the Metadata Adapter (6663)\n"
         "  --data-port PORT      the server's port for the Data Adapter (6661)\n"
         "  --speed N             trading days a second, 0.01 to 10000 (5)\n"
         "  --from DATE           first day to show, as 2000-01-31 (the first recorded one)\n"
         "  --to DATE             last day to show (the last one that stocks and index both have)\n"
         "  --users FILE          table of users: user,password,items,max_frequency\n"
         "  --help                this text\n";
}

}  // namespace penstock::stocklist
