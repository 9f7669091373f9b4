// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/report.h"

#include <cstdio>
#include <string_view>

namespace penstock::load {

namespace {

std::string Number(double value, int digits = 1) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

double Per(double amount, double of) { return of > 0 ? amount / of : 0; }

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) < 0x20) {
      out.push_back(' ');
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

// One object, member after member.
class JsonObject {
 public:
  JsonObject& Add(std::string_view name, const std::string& value) {
    text_.append(text_.empty() ? "{" : ", ").append(Quoted(name)).append(": ").append(value);
    return *this;
  }
  JsonObject& Add(std::string_view name, std::uint64_t value) {
    return Add(name, std::to_string(value));
  }
  JsonObject& Add(std::string_view name, double value) { return Add(name, Number(value, 4)); }
  std::string Done() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

std::string LatencyJson(const Histogram& latency) {
  return JsonObject()
      .Add("count", latency.count())
      .Add("mean", latency.MeanMillis())
      .Add("p50", latency.QuantileMillis(0.5))
      .Add("p90", latency.QuantileMillis(0.9))
      .Add("p99", latency.QuantileMillis(0.99))
      .Add("p99_9", latency.QuantileMillis(0.999))
      .Add("max", latency.MaxMillis())
      .Done();
}

}  // namespace

void WriteProgress(const Second& second, std::ostream& out) {
  out << "\r" << Number(second.at, 0) << " s  " << second.ready << " ready  "
      << Number(second.deliveries, 0) << " deliveries/s  p50 " << Number(second.p50_millis)
      << " ms  p99 " << Number(second.p99_millis) << " ms";
  if (second.server_cpu > 0) out << "  server " << Number(second.server_cpu * 100, 0) << " %";
  out << "  " << second.errors << " errors   " << std::flush;
}

void WriteText(const Options& options, const Result& result, const Tally& tally,
               std::ostream& out) {
  const double seconds = result.seconds;
  out << "sessions      " << result.sessions_ready << " of " << options.sessions
      << " ready, opened " << Number(result.opened_per_second, 0) << " a second, " << tally.rebinds
      << " rebinds\n"
      << "deliveries    " << Number(Per(static_cast<double>(result.deliveries), seconds), 0)
      << " a second, " << result.lost << " told lost\n"
      << "bytes         " << Number(Per(static_cast<double>(result.bytes), seconds) / 1e6, 2)
      << " MB a second, "
      << Number(Per(static_cast<double>(result.deliveries), static_cast<double>(result.reads)), 2)
      << " deliveries a read\n";
  if (options.feed) {
    out << "published     " << Number(Per(static_cast<double>(result.published), seconds), 0)
        << " a second, " << Number(result.delivered_share * 100) << " % delivered, "
        << result.behind << " behind, " << result.stale << " items of sessions stale\n"
        << "latency ms    p50 " << Number(tally.latency.QuantileMillis(0.5), 2) << "  p90 "
        << Number(tally.latency.QuantileMillis(0.9), 2) << "  p99 "
        << Number(tally.latency.QuantileMillis(0.99), 2) << "  p99.9 "
        << Number(tally.latency.QuantileMillis(0.999), 2) << "  max "
        << Number(tally.latency.MaxMillis(), 2) << "\n";
  }
  if (!options.server_pids.empty()) {
    out << "server        " << Number(Per(result.server_cpu_seconds, seconds) * 100)
        << " % of a core, "
        << Number(Per(static_cast<double>(result.deliveries), result.server_cpu_seconds), 0)
        << " deliveries a CPU second, " << result.server_bytes / 1024 << " KiB\n";
  }
  for (const auto& [what, count] : tally.errors)
    out << "error         " << count << " x " << what << "\n";
}

void WriteJson(const Options& options, const Result& result, const Tally& tally,
               const std::vector<Second>& seconds, std::ostream& out) {
  JsonObject errors;
  for (const auto& [what, count] : tally.errors) errors.Add(what, count);
  std::string series;
  for (const Second& one : seconds) {
    series += series.empty() ? "[" : ", ";
    series += JsonObject()
                  .Add("at", one.at)
                  .Add("ready", one.ready)
                  .Add("deliveries", one.deliveries)
                  .Add("p50", one.p50_millis)
                  .Add("p99", one.p99_millis)
                  .Add("server_cpu", one.server_cpu)
                  .Done();
  }
  const double grown =
      static_cast<double>(result.server_bytes) - static_cast<double>(result.server_bytes_before);
  out << JsonObject()
             .Add("sessions", options.sessions)
             .Add("ready", result.sessions_ready)
             .Add("opened_per_second", result.opened_per_second)
             .Add("seconds", result.seconds)
             .Add("deliveries", result.deliveries)
             .Add("deliveries_per_second",
                  Per(static_cast<double>(result.deliveries), result.seconds))
             .Add("lost", result.lost)
             .Add("rebinds", tally.rebinds)
             .Add("bytes", result.bytes)
             .Add("deliveries_per_read",
                  Per(static_cast<double>(result.deliveries), static_cast<double>(result.reads)))
             .Add("published", result.published)
             .Add("delivered_share", result.delivered_share)
             .Add("behind", result.behind)
             .Add("stale", result.stale)
             .Add("latency_ms", LatencyJson(tally.latency))
             .Add("server_cpu", Per(result.server_cpu_seconds, result.seconds))
             .Add("server_open_cpu_us", Per(result.server_open_cpu_seconds * 1e6,
                                            static_cast<double>(result.sessions_ready)))
             .Add("deliveries_per_cpu_second",
                  Per(static_cast<double>(result.deliveries), result.server_cpu_seconds))
             .Add("server_bytes_at_start", result.server_bytes_at_start)
             .Add("server_bytes", result.server_bytes)
             .Add("server_bytes_per_session",
                  Per(grown, static_cast<double>(result.sessions_ready)))
             .Add("errors", errors.Done())
             .Add("each_second", series.empty() ? "[]" : series + "]")
             .Done()
      << "\n";
}

}  // namespace penstock::load
