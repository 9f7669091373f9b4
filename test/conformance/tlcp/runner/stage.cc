// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runner/stage.h"

#include <algorithm>

#include "base/parse_number.h"
#include "runner/words.h"

namespace penstock::transcript {

namespace {

std::string Join(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += "\n      " + line;
  return lines.empty() ? "\n      (nothing)" : out;
}

}  // namespace

Stage::Stage() {
  options_.keepalive_jitter_percent = 0;
  options_.adapter_sets = {{"DEFAULT", &metadata_, {{"DEFAULT", &source_}, {"OTHER", &other_}}}};
  asked_["DATA"].log = [this] { return source_.log(); };
  asked_["OTHER"].log = [this] { return other_.log(); };
  asked_["METADATA"].log = [this] { return metadata_.log; };
}

Stage::~Stage() {
  // Sessions die before the clients and adapters that they know.
  InTurn([this] {
    for (auto& [number, client] : clients_) client->Cut();
  });
  table_.reset();
  Turn();
}

std::optional<std::string> Stage::Play(const Transcript& transcript) {
  const auto where = [&](int line) { return transcript.file + ":" + std::to_string(line) + ": "; };
  for (const Step& step : transcript.steps) {
    if (const Problem problem = Do(step)) return where(step.line) + *problem;
  }
  if (const Problem problem = Rest()) return where(transcript.steps.back().line) + *problem;
  return std::nullopt;
}

Stage::Problem Stage::Do(const Step& step) {
  switch (step.kind) {
    case Step::Kind::kRequest:
      return Request(step);
    case Step::Kind::kExpect:
      return Expect(step);
    case Step::Kind::kFact:
      return Tell(step);
    case Step::Kind::kWait:
      return Wait(step);
  }
  return "no such step";
}

Stage::Problem Stage::Request(const Step& step) {
  std::string message = Expand(step.text);
  if (Problem problem = FillIn(&message)) return problem;
  Client& client = ClientOf(step.client);
  InTurn([&] { client.Send(message); });
  return std::nullopt;
}

Stage::Problem Stage::Expect(const Step& step) {
  std::vector<std::string> expected;
  for (const std::string& line : step.lines) expected.push_back(Expand(line));
  std::vector<std::string> got;
  for (const std::string& line : ClientOf(step.client).Take()) got.push_back(Mask(line));
  if (got == expected) return std::nullopt;
  const auto different = std::mismatch(got.begin(), got.end(), expected.begin(), expected.end());
  const auto at = static_cast<std::size_t>(different.first - got.begin());
  return "client " + std::to_string(step.client) + " got something else from line " +
         std::to_string(at + 1) + " of this block on\n    expected:" + Join(expected) +
         "\n    got:" + Join(got);
}

Stage::Problem Stage::Rest() {
  for (auto& [number, client] : clients_) {
    std::vector<std::string> got;
    for (const std::string& line : client->Take()) got.push_back(Mask(line));
    if (got.empty()) continue;
    return "at the end client " + std::to_string(number) + " has got lines that nobody expected" +
           Join(got);
  }
  for (const auto& [name, asked] : asked_) {
    const std::vector<std::string> log = asked.log();
    if (!asked.looked_at || asked.seen == log.size()) continue;
    const auto seen = static_cast<std::ptrdiff_t>(asked.seen);
    return "at the end there is more that an adapter was asked" +
           Join({log.begin() + seen, log.end()});
  }
  return std::nullopt;
}

Stage::Problem Stage::Wait(const Step& step) {
  std::string_view text = step.text;
  std::int64_t unit = 1;
  if (text.ends_with("ms")) {
    text.remove_suffix(2);
  } else if (text.ends_with("s")) {
    text.remove_suffix(1);
    unit = 1000;
  } else {
    return "a time ends in ms or s";
  }
  const std::optional<std::int64_t> count = ParseNumber<std::int64_t>(text);
  if (!count || *count <= 0) return "no time: " + step.text;
  Advance(Millis(*count * unit));
  return std::nullopt;
}

Stage::Problem Stage::Tell(const Step& step) {
  std::string text = Expand(step.text);
  if (step.text.starts_with("conflict ")) {
    if (Problem problem = FillIn(&text)) return problem;
  }
  const Words words = SplitWords(text);
  if (words.empty()) return "a ! line says what happens";
  const auto fact = Facts().find(words[0]);
  if (fact == Facts().end()) return "unknown: ! " + words[0];
  return (this->*fact->second)(step, words);
}

Client& Stage::ClientOf(int number) {
  std::unique_ptr<Client>& client = clients_[number];
  if (client == nullptr) {
    client = std::make_unique<Client>(table(), "10.0.0." + std::to_string(number));
  }
  return *client;
}

void Stage::InTurn(runtime::Task task) {
  shard_.Post(std::move(task));
  Turn();
}

Stage::Problem Stage::FillIn(std::string* text) const {
  for (std::size_t at = 0; (at = text->find("<id", at)) != std::string::npos;) {
    const std::size_t end = text->find('>', at);
    if (end == std::string::npos) return "a placeholder without its >";
    const std::string digits = text->substr(at + 3, end - at - 3);
    const std::size_t number = digits.empty() ? 1 : ParseNumber<std::size_t>(digits).value_or(0);
    if (number == 0 || number > session_ids_.size()) return "no session <id" + digits + "> yet";
    text->replace(at, end + 1 - at, session_ids_[number - 1]);
  }
  return std::nullopt;
}

std::string Stage::Mask(std::string line) {
  constexpr std::string_view kOpened = "CONOK,";
  if (line.starts_with(kOpened)) {
    const std::string id = line.substr(kOpened.size(), line.find(',', kOpened.size()) - 6);
    if (std::find(session_ids_.begin(), session_ids_.end(), id) == session_ids_.end()) {
      session_ids_.push_back(id);
    }
  }
  for (std::size_t i = 0; i < session_ids_.size(); ++i) {
    const std::size_t at = line.find(session_ids_[i]);
    if (at == std::string::npos) continue;
    line.replace(at, session_ids_[i].size(), i == 0 ? "<id>" : "<id" + std::to_string(i + 1) + ">");
  }
  return line;
}

}  // namespace penstock::transcript
