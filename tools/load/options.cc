// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/options.h"

#include <charconv>
#include <fstream>
#include <functional>
#include <map>
#include <string_view>

#include "load/process_use.h"

namespace penstock::load {

namespace {

constexpr double kMostSeconds = 24 * 3600;
constexpr std::size_t kMostSessions = 1'000'000;
constexpr std::size_t kMostItems = 100'000;
constexpr std::size_t kMostFields = 1000;

template <class T>
std::string ToNumber(std::string_view text, T least, T most, T* out) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return "is no number";
  if (!(value >= least)) return "is too small";
  if (!(value <= most)) return "is too large";
  *out = value;
  return {};
}

// scheme://host[:port]
std::string ToServer(std::string_view text, Options* options) {
  const std::size_t end = text.find("://");
  const std::string_view scheme = text.substr(0, end);
  if (end == std::string_view::npos ||
      (scheme != "ws" && scheme != "wss" && scheme != "http" && scheme != "https")) {
    return "does not begin with ws://, wss://, http:// or https://";
  }
  options->websocket = scheme.starts_with("ws");
  options->tls = scheme == "wss" || scheme == "https";
  std::string_view rest = text.substr(end + 3);
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  const std::size_t bracket = rest.find(']');
  const std::size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  options->port = options->tls ? 443 : 80;
  if (colon != std::string_view::npos) {
    std::string wrong = ToNumber<std::uint16_t>(rest.substr(colon + 1), 1, 65535, &options->port);
    if (!wrong.empty()) return "has a port that " + wrong;
    rest = rest.substr(0, colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  if (rest.empty()) return "names no host";
  options->host = rest;
  return {};
}

std::string ToPids(std::string_view text, std::vector<int>* out) {
  for (;;) {
    const std::size_t comma = text.find(',');
    std::string wrong = ToNumber(text.substr(0, comma), 1, 1 << 30, &out->emplace_back());
    if (!wrong.empty() || comma == std::string_view::npos) return wrong;
    text.remove_prefix(comma + 1);
  }
}

using Take = std::function<std::string(const std::string& value)>;

std::map<std::string, Take, std::less<>> TakersOf(Options* o) {
  const auto text = [](std::string* to) {
    return [to](const std::string& value) {
      *to = value;
      return std::string();
    };
  };
  const auto size = [](std::size_t* to, std::size_t least, std::size_t most) {
    return [=](const std::string& value) { return ToNumber(value, least, most, to); };
  };
  const auto real = [](double* to, double least, double most) {
    return [=](const std::string& value) { return ToNumber(value, least, most, to); };
  };
  return {
      {"url", [o](const std::string& value) { return ToServer(value, o); }},
      {"ca", text(&o->ca)},
      {"sessions", size(&o->sessions, 1, kMostSessions)},
      {"open-rate", real(&o->open_rate, 1, 1e6)},
      {"set", text(&o->set)},
      {"adapter", text(&o->adapter)},
      {"user", text(&o->user)},
      {"password", text(&o->password)},
      {"items", size(&o->items, 0, kMostItems)},
      {"items-each", size(&o->items_each, 0, kMostItems)},
      {"item", text(&o->item)},
      {"mode", text(&o->mode)},
      {"frequency", text(&o->frequency)},
      {"bandwidth", text(&o->bandwidth)},
      {"slow", size(&o->slow, 0, kMostSessions)},
      {"feed",
       [o](const std::string& value) {
         return ToNumber<std::uint16_t>(value, 1, 65535, &o->feed.emplace());
       }},
      {"rate", real(&o->rate, 0, 1e8)},
      {"fields", size(&o->fields, 0, kMostFields)},
      {"changed", size(&o->changed, 0, kMostFields)},
      {"value-bytes", size(&o->value_bytes, 1, 1 << 20)},
      {"seconds", real(&o->seconds, 0.1, kMostSeconds)},
      {"warmup", real(&o->warmup, 0, kMostSeconds)},
      {"patience", real(&o->patience, 0.1, kMostSeconds)},
      {"server-pid", [o](const std::string& value) { return ToPids(value, &o->server_pids); }},
      {"json", text(&o->json)},
      {"plot", text(&o->plot)},
  };
}

std::map<std::string, bool*, std::less<>> SwitchesOf(Options* o) {
  return {{"insecure", &o->insecure}, {"snapshot", &o->snapshot}, {"quiet", &o->quiet}};
}

bool IsWritable(const std::string& file) {
  return file.empty() || std::ofstream(file, std::ios::app).is_open();
}

// What one option alone cannot tell, or not at once.
std::string Contradiction(const Options& o) {
  if (o.items_each > o.items) return "--items-each: is more than --items";
  if (o.slow > o.sessions) return "--slow: is more than --sessions";
  if (o.changed > o.fields) return "--changed: is more than --fields";
  if (o.mode != "MERGE" && o.mode != "DISTINCT" && o.mode != "RAW" && o.mode != "COMMAND") {
    return "--mode: is none of MERGE, DISTINCT, RAW, COMMAND";
  }
  if (o.feed && o.mode == "COMMAND") return "--mode: the feed has no rows";
  if (o.plot == "-") return "--plot: only --json goes to standard output";
  for (const int pid : o.server_pids) {
    if (!IsThere(pid)) return "--server-pid: there is no process " + std::to_string(pid);
  }
  if (o.json != "-" && !IsWritable(o.json)) return "--json: \"" + o.json + "\" cannot be written";
  if (!IsWritable(o.plot)) return "--plot: \"" + o.plot + "\" cannot be written";
  return {};
}

}  // namespace

const char* Options::Usage() {
  return R"(penstock-load: many sessions on a Penstock server, and what they get of it

  --url URL            ws://, wss://, http:// (streaming) or https://   ws://127.0.0.1:8080
  --ca FILE            certificates that wss and https trust            the system's
  --insecure           they trust any
  --sessions N         how many                                         100
  --open-rate N        how many are opened a second                     1000
  --slow N             of them stop reading once they are subscribed    0
  --set ID --adapter NAME --user U --password P                         DEMO
  --items N            item1 … itemN are subscribed; 0: none            30
  --items-each N       each session takes N of them, in turn; 0: all    0
  --item NAME          what their names begin with                      item
  --mode MODE          MERGE, DISTINCT, RAW, COMMAND (of another feed)  MERGE
  --frequency F        updates/s of an item, or unfiltered              not asked for
  --bandwidth K        kbit/s of a session                              not asked for
  --snapshot           with snapshot
  --feed PORT          be the Data Adapter too, on this request_reply_port; without it latency is not known
  --rate N             updates a second over all items                  100
  --fields N --changed N --value-bytes N   of an update                 8 4 8
  --warmup S --seconds S                                                2 10
  --patience S         with a server that opens nothing                 60
  --server-pid PID[,…] tell what the server uses
  --json FILE          the result; - is standard output, in place of the text
  --plot FILE.svg      its picture
  --quiet              no progress
)";
}

Parsed ParseOptions(int argc, const char* const* argv, Options* options, std::string* error) {
  const auto takers = TakersOf(options);
  const auto switches = SwitchesOf(options);
  for (int i = 1; i < argc; ++i) {
    std::string_view name = argv[i];
    if (name == "--help" || name == "-h") return Parsed::kHelp;
    if (!name.starts_with("--")) {
      *error = "\"" + std::string(name) + "\" is no option";
      return Parsed::kError;
    }
    name.remove_prefix(2);
    if (const auto found = switches.find(name); found != switches.end()) {
      *found->second = true;
      continue;
    }
    const auto found = takers.find(name);
    if (found == takers.end()) {
      *error = "there is no option --" + std::string(name);
      return Parsed::kError;
    }
    if (++i == argc) {
      *error = "--" + found->first + ": its value is missing";
      return Parsed::kError;
    }
    if (const std::string wrong = found->second(argv[i]); !wrong.empty()) {
      *error = "--" + found->first + ": \"" + argv[i] + "\" " + wrong;
      return Parsed::kError;
    }
  }
  *error = Contradiction(*options);
  return error->empty() ? Parsed::kRun : Parsed::kError;
}

}  // namespace penstock::load
