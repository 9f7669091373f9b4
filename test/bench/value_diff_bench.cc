// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What an update costs whose value is sent as a diff, and one that is tried in vain.

#include <benchmark/benchmark.h>

#include <string>

#include "tlcp/update_encoder.h"
#include "tlcp/value_diff.h"

namespace penstock::tlcp {
namespace {

constexpr DiffSupport kAll{true, true};

DiffOrder Order(DiffAlgorithm algorithm) {
  DiffOrder order;
  order.Add(algorithm);
  return order;
}

// 443 bytes, a quote with a few levels of its book.
std::string Document(int price) {
  std::string text =
      R"({"instrument":"Example Industries plc","isin":"XX0000000000","currency":"EUR","last":)" +
      std::to_string(price) + R"(,"open":1021,"high":1040,"low":1009,"state":"trading","book":[)";
  for (int level = 0; level < 5; ++level) {
    text += R"({"bid":)" + std::to_string(1000 + level) + R"(,"bid_size":250,"ask":)" +
            std::to_string(1100 + level) + R"(,"ask_size":300},)";
  }
  text.back() = ']';
  text += R"(,"note":"")";
  text.insert(text.size() - 1, 443 - 1 - text.size(), 'n');
  return text + "}";
}

// 1 KB of prose with a number in the middle and one at the end.
std::string Text(int number) {
  std::string text;
  for (int i = 0; text.size() < 1000; ++i) {
    if (i == 8) text += std::to_string(number);
    text += "sentence " + std::to_string(i) + " of a story that goes on for long; ";
  }
  return text + std::to_string(number);
}

void Measure(benchmark::State& state, const std::string& base, const std::string& next,
             DiffOrder order) {
  std::string token;
  for (auto _ : state) {
    token.clear();
    if (!AppendValueDiff(base, next, order, kAll, {}, token)) AppendEncodedValue(next, token);
    benchmark::DoNotOptimize(token);
  }
  state.counters["value_bytes"] = static_cast<double>(next.size());
  state.counters["token_bytes"] = static_cast<double>(token.size());
}

void JsonPatch(benchmark::State& state) {
  Measure(state, Document(1021), Document(1022), Order(DiffAlgorithm::kJsonPatch));
}
void TlcpDiffOfJson(benchmark::State& state) {
  Measure(state, Document(1021), Document(1022), Order(DiffAlgorithm::kTlcpDiff));
}
void TlcpDiffOfText(benchmark::State& state) {
  Measure(state, Text(111111), Text(222222), Order(DiffAlgorithm::kTlcpDiff));
}
void TlcpDiffInVain(benchmark::State& state) {
  std::string other = Text(1);
  for (char& c : other) c = static_cast<char>(c ^ 1);
  Measure(state, Text(1), other, Order(DiffAlgorithm::kTlcpDiff));
}
void ShortValue(benchmark::State& state) {
  Measure(state, "1021.4", "1021.7", Order(DiffAlgorithm::kTlcpDiff));
}
void WholeValue(benchmark::State& state) { Measure(state, Text(1), Text(2), DiffOrder::None()); }
BENCHMARK(JsonPatch);
BENCHMARK(TlcpDiffOfJson);
BENCHMARK(TlcpDiffOfText);
BENCHMARK(TlcpDiffInVain);
BENCHMARK(ShortValue);
BENCHMARK(WholeValue);

}  // namespace
}  // namespace penstock::tlcp
