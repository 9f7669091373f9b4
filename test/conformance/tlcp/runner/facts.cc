// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What a transcript says with `!`: one function for each verb. README.md of the transcripts has
// the list.

#include <algorithm>

#include "base/parse_number.h"
#include "runner/stage.h"
#include "runner/words.h"
#include "session/session.h"

namespace penstock::transcript {

namespace {

constexpr std::string_view kOpening =
    "create_session\r\nLS_cid=mgQkwtwdysogQz2BJ4Ji%20kOj2Bg&LS_send_sync=false";

std::pair<std::string, std::string> SplitPair(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) return {word, ""};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

// What stands behind the first `count` words.
std::string Behind(std::string_view text, int count) {
  for (; count > 0; --count) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return {};
    text.remove_prefix(space + 1);
  }
  return std::string(text);
}

template <class T>
bool Take(std::string_view text, T* number) {
  const std::optional<T> value = ParseNumber<T>(text);
  if (value) *number = *value;
  return value.has_value();
}

bool Take(std::string_view text, Millis* time) {
  std::int64_t count = 0;
  if (!Take(text, &count)) return false;
  *time = Millis(count);
  return true;
}

bool Take(std::string_view text, std::chrono::seconds* time) {
  std::int64_t count = 0;
  if (!Take(text, &count)) return false;
  *time = std::chrono::seconds(count);
  return true;
}

bool Take(std::string_view text, bool* flag) {
  *flag = text == "true";
  return text == "true" || text == "false";
}

// `J,M` as the Data Adapter says it: the letters.
std::string LettersOf(std::string text) {
  std::erase(text, ',');
  return text;
}

bool SetOption(session::Options& options, const std::string& name, const std::string& value) {
  if (name == "server_name") {
    options.server_name = value;
    return true;
  }
  if (name == "client_ip_hidden") return options.client_ip_hidden = true;
  if (name == "keepalive_millis") return Take(value, &options.keepalive);
  if (name == "keepalive_min_millis") return Take(value, &options.keepalive_min);
  if (name == "keepalive_max_millis") return Take(value, &options.keepalive_max);
  if (name == "timeout_millis") return Take(value, &options.timeout);
  if (name == "recovery_millis") return Take(value, &options.recovery);
  if (name == "recovery_max_bytes") return Take(value, &options.recovery_max_bytes);
  if (name == "max_duration_seconds") return Take(value, &options.max_duration);
  if (name == "streaming_max_millis") return Take(value, &options.streaming_max);
  if (name == "polling_min_millis") return Take(value, &options.polling_min);
  if (name == "node") return Take(value, &options.node);
  if (name == "control_link") {
    options.control_link = value;
    return true;
  }
  if (name == "idle_max_millis") return Take(value, &options.idle_max);
  if (name == "polling_max_millis") return Take(value, &options.polling_max);
  if (name == "content_length") return Take(value, &options.content_length);
  if (name == "content_length_min") return Take(value, &options.content_length_min);
  if (name == "request_limit") return Take(value, &options.request_limit);
  if (name == "max_sessions") return Take(value, &options.max_sessions);
  if (name == "max_subscriptions") return Take(value, &options.max_subscriptions);
  if (name == "max_items") return Take(value, &options.max_items);
  if (name == "max_fields") return Take(value, &options.max_fields);
  if (name == "delta_delivery") return Take(value, &options.delta_delivery);
  if (name == "buffer_max_events") return Take(value, &options.max_buffer_size);
  if (name == "frequency_max") return Take(value, &options.max_frequency);
  if (name == "bandwidth_max_kbps") return Take(value, &options.max_bandwidth_kbps);
  if (name == "slow_client_timeout_millis") return Take(value, &options.slow_client_timeout);
  if (name == "item_linger_millis") return Take(value, &options.item_linger);
  if (name == "missing_message_timeout_millis") {
    return Take(value, &options.messages.missing_timeout);
  }
  if (name == "messages_per_session") return Take(value, &options.messages.messages);
  if (name == "sequences_per_session") return Take(value, &options.messages.sequences);
  if (name == "message_bytes_per_session") return Take(value, &options.messages.bytes);
  if (name == "jsonpatch_min_length") {
    options.diffs.limits.json_patch_min_length.reset();
    return value == "0" || Take(value, &options.diffs.limits.json_patch_min_length.emplace());
  }
  if (name == "default_diff_order") {
    options.diffs.default_order = DiffOrder::FromLetters(LettersOf(value));
    return true;
  }
  if (name == "max_pending_controls") return Take(value, &options.max_pending_controls);
  return false;
}

bool SetLimit(session::ItemLimits& limits, const std::string& name, const std::string& value) {
  if (name == "frequency") return Take(value, &limits.max_frequency);
  if (name == "buffer") return Take(value, &limits.buffer_size);
  if (name == "distinct_snapshot") return Take(value, &limits.distinct_snapshot_length);
  if (name == "prefilter") return Take(value, &limits.min_source_frequency);
  return false;
}

}  // namespace

const std::map<std::string, Stage::Fact, std::less<>>& Stage::Facts() {
  static const std::map<std::string, Fact, std::less<>> facts = {
      {"open", &Stage::Open},         {"link", &Stage::Link},       {"address", &Stage::Address},
      {"stall", &Stage::Stall},       {"read", &Stage::Read},       {"cut", &Stage::Cut},
      {"option", &Stage::Option},     {"update", &Stage::Update},   {"snapshot", &Stage::Snapshot},
      {"eos", &Stage::EndOfSnapshot}, {"clear", &Stage::Clear},     {"lost", &Stage::Lost},
      {"back", &Stage::Back},         {"refuse", &Stage::Refuse},   {"accept", &Stage::Accept},
      {"hold", &Stage::Hold},         {"release", &Stage::Release}, {"grant", &Stage::Grant},
      {"allow", &Stage::Allow},       {"expects", &Stage::Expects}, {"shutdown", &Stage::Shutdown},
      {"diffs", &Stage::Diffs},       {"answer", &Stage::Reply},    {"deny", &Stage::Deny},
      {"conflict", &Stage::Conflict},
  };
  return facts;
}

// --- Clients

Stage::Problem Stage::Open(const Step& step, const Words& words) {
  Client& client = ClientOf(step.client);
  std::string message(kOpening);
  if (words.size() > 1) message += "&" + words[1];
  if (Problem problem = FillIn(&message)) return problem;
  InTurn([&] { client.Send(message); });
  const std::vector<std::string> got = client.Take();
  if (got.empty()) return "no answer to the create_session";
  if (!got[0].starts_with("CONOK,")) return "the session is refused: " + got[0];
  Mask(got[0]);
  for (const std::string& line : got) {
    const std::string tag = line.substr(0, line.find(','));
    if (tag != "CONOK" && tag != "SERVNAME" && tag != "CLIENTIP" && tag != "CONS") {
      return "unexpected in the opening: " + line;
    }
  }
  return std::nullopt;
}

Stage::Problem Stage::Link(const Step& step, const Words& words) {
  if (words.size() < 2) return "! link websocket or http";
  tlcp::Version version = tlcp::kNewestVersion;
  if (words.size() > 2) {
    const std::optional<tlcp::Version> named = tlcp::ParseProtocol(words[2]);
    if (!named) return "no version: " + words[2];
    version = *named;
  }
  if (words[1] != "websocket" && words[1] != "http") return "unknown link: " + words[1];
  ClientOf(step.client)
      .Use(words[1] == "http" ? Client::Transport::kHttp : Client::Transport::kWebSocket, version);
  return std::nullopt;
}

Stage::Problem Stage::Address(const Step& step, const Words& words) {
  if (words.size() != 2) return "! address <ip>";
  ClientOf(step.client).SetAddress(words[1]);
  return std::nullopt;
}

Stage::Problem Stage::Stall(const Step& step, const Words& /*words*/) {
  ClientOf(step.client).SetWritable(false);
  return std::nullopt;
}

Stage::Problem Stage::Read(const Step& step, const Words& /*words*/) {
  Client& client = ClientOf(step.client);
  InTurn([&] { client.SetWritable(true); });
  return std::nullopt;
}

Stage::Problem Stage::Cut(const Step& step, const Words& /*words*/) {
  Client& client = ClientOf(step.client);
  InTurn([&] { client.Cut(); });
  return std::nullopt;
}

// --- The server

Stage::Problem Stage::Option(const Step& /*step*/, const Words& words) {
  if (table_ != nullptr) return "options stand before everything else";
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto [name, value] = SplitPair(words[i]);
    if (!SetOption(options_, name, value)) return "no such option: " + words[i];
  }
  return std::nullopt;
}

// As the application ends its sessions.
Stage::Problem Stage::Shutdown(const Step& /*step*/, const Words& words) {
  tlcp::Error cause =
      tlcp::MakeError(tlcp::SessionCode::kMaxDurationReached, "The server shuts down");
  if (words.size() > 1 && words[1] == "failed_start") {
    cause = tlcp::MakeError(tlcp::SessionCode::kClosedByServer);
  }
  InTurn([&] { table().CloseAll(cause); });
  return std::nullopt;
}

// --- The Data Adapters

Stage::Problem Stage::Emit(const std::string& name, kernel::EventKind kind, bool is_snapshot,
                           const Words& fields) {
  constexpr std::string_view kOther = "OTHER/";
  const bool other = name.starts_with(kOther);
  const kernel::ItemRef ref = other ? other_.Find(name.substr(kOther.size())) : source_.Find(name);
  if (ref == kernel::ItemRef{}) return "nobody has asked the Data Adapter for " + name;
  std::vector<std::pair<std::string, Value>> named;
  for (const std::string& field : fields) {
    const auto [field_name, word] = SplitPair(field);
    std::optional<Value> value = ReadValue(word);
    if (!value) return "no value: " + field;
    named.emplace_back(field_name, *std::move(value));
  }
  InTurn([&] {
    std::vector<kernel::FieldValue> values;
    for (const auto& [field_name, value] : named) {
      values.push_back({*router_->field_names().Intern(field_name), value.text, value.is_null});
    }
    const bool replaces = kind == kernel::EventKind::kSourceLost;  // events_recovery = use_snapshot
    router_->Route(ref, {kind, is_snapshot, replaces, values});
  });
  return std::nullopt;
}

Stage::Problem Stage::EmitUpdate(const Words& words, bool is_snapshot) {
  if (words.size() < 2) return "! update <item> <field>=<value>...";
  if (source_lost_) return "the Data Adapter is lost";
  return Emit(words[1], kernel::EventKind::kUpdate, is_snapshot, {words.begin() + 2, words.end()});
}

Stage::Problem Stage::Update(const Step& /*step*/, const Words& words) {
  return EmitUpdate(words, false);
}

Stage::Problem Stage::Snapshot(const Step& /*step*/, const Words& words) {
  return EmitUpdate(words, true);
}

Stage::Problem Stage::EndOfSnapshot(const Step& /*step*/, const Words& words) {
  if (words.size() != 2) return "! eos <item>";
  return Emit(words[1], kernel::EventKind::kEndOfSnapshot, false, {});
}

Stage::Problem Stage::Clear(const Step& /*step*/, const Words& words) {
  if (words.size() != 2) return "! clear <item>";
  return Emit(words[1], kernel::EventKind::kClearSnapshot, false, {});
}

Stage::Problem Stage::Diffs(const Step& /*step*/, const Words& words) {
  if (words.size() < 3) return "! diffs <item> <field>=<letters>...";
  Words fields(words.begin() + 2, words.end());
  for (std::string& field : fields) field = LettersOf(std::move(field));
  return Emit(words[1], kernel::EventKind::kDiffOrder, false, fields);
}

Stage::Problem Stage::Lost(const Step& /*step*/, const Words& words) {
  if (words.size() < 2) return "! lost <item>...";
  source_lost_ = true;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (Problem problem = Emit(words[i], kernel::EventKind::kSourceLost, false, {})) return problem;
  }
  return std::nullopt;
}

Stage::Problem Stage::Back(const Step& /*step*/, const Words& /*words*/) {
  if (!source_lost_) return "the Data Adapter is not lost";
  source_lost_ = false;
  return std::nullopt;
}

// --- The Metadata Adapter

Stage::Problem Stage::Refuse(const Step& step, const Words& words) {
  int code = 0;
  if (words.size() < 3 || !Take(words[2], &code))
    return "! refuse open|subscribe|message <code> <text>";
  const tlcp::Error error{code, Behind(step.text, 3)};
  if (words[1] == "open") {
    metadata_.refuse_open = error;
  } else if (words[1] == "subscribe") {
    metadata_.refuse_subscribe = error;
  } else if (words[1] == "message") {
    metadata_.refuse_message = error;
  } else {
    return "! refuse open|subscribe|message <code> <text>";
  }
  return std::nullopt;
}

Stage::Problem Stage::Conflict(const Step& step, const Words& words) {
  int code = 0;
  if (words.size() < 4 || !Take(words[2], &code)) return "! conflict <session> <code> <text>";
  metadata_.conflict = std::make_shared<session::SessionConflict>(
      session::SessionConflict{words[1], {code, Behind(step.text, 3)}});
  return std::nullopt;
}

Stage::Problem Stage::Accept(const Step& /*step*/, const Words& /*words*/) {
  metadata_.refuse_open.reset();
  metadata_.conflict.reset();
  metadata_.refuse_subscribe.reset();
  metadata_.refuse_message.reset();
  return std::nullopt;
}

Stage::Problem Stage::Hold(const Step& /*step*/, const Words& words) {
  if (words.size() > 1 && words[1] != "messages") return "! hold [messages]";
  (words.size() > 1 ? metadata_.hold_messages : metadata_.hold) = true;
  return std::nullopt;
}

Stage::Problem Stage::Release(const Step& /*step*/, const Words& /*words*/) {
  metadata_.hold = false;
  InTurn([this] { metadata_.AnswerHeld(); });
  return std::nullopt;
}

Stage::Problem Stage::AnswerMessage(const std::string& word, std::string response,
                                    std::optional<tlcp::Error> error) {
  constexpr std::string_view kMessage = "message";
  std::size_t number = 1;
  if (!word.starts_with(kMessage) ||
      (word.size() > kMessage.size() && !Take(word.substr(kMessage.size()), &number))) {
    return "message, message2, ..., not " + word;
  }
  if (number == 0 || number > metadata_.held_messages.size()) return "no such message is held";
  metadata_.message_response = std::move(response);
  metadata_.refuse_message = std::move(error);
  InTurn([&] { metadata_.AnswerHeldMessage(number - 1); });
  metadata_.message_response.clear();
  metadata_.refuse_message.reset();
  return std::nullopt;
}

Stage::Problem Stage::Reply(const Step& step, const Words& words) {
  if (words.size() < 2) return "! answer message <text>";
  return AnswerMessage(words[1], Behind(step.text, 2), std::nullopt);
}

Stage::Problem Stage::Deny(const Step& step, const Words& words) {
  int code = 0;
  if (words.size() < 3 || !Take(words[2], &code)) return "! deny message <code> <text>";
  return AnswerMessage(words[1], {}, tlcp::Error{code, Behind(step.text, 3)});
}

Stage::Problem Stage::Grant(const Step& /*step*/, const Words& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto [name, value] = SplitPair(words[i]);
    std::int64_t seconds = 0;
    if (name == "bandwidth" && Take(value, &metadata_.open_grant.max_bandwidth_kbps)) continue;
    if (name == "ttl_seconds" && Take(value, &seconds)) {
      metadata_.open_grant.time_to_live = std::chrono::seconds(seconds);
    } else if (name == "tables") {
      metadata_.open_grant.wants_tables = metadata_.open_tables = true;
    } else {
      return "no such grant: " + words[i];
    }
  }
  return std::nullopt;
}

Stage::Problem Stage::Allow(const Step& /*step*/, const Words& words) {
  if (words.size() < 3) return "! allow <item> <limit>=<number>...";
  for (std::size_t i = 2; i < words.size(); ++i) {
    const auto [name, value] = SplitPair(words[i]);
    if (name == "modes") {
      metadata_.item_modes[words[1]] = value;
    } else if (!SetLimit(metadata_.item_limits[words[1]], name, value)) {
      return "no such limit: " + words[i];
    }
  }
  return std::nullopt;
}

// --- What the adapters were asked

Stage::Problem Stage::Expects(const Step& step, const Words& words) {
  if (words.size() < 2) return "! expects <what an adapter is asked>";
  std::string expected = Behind(step.text, 1);
  std::string_view name = "METADATA";
  if (words[1] == "SUB" || words[1] == "USB") name = "DATA";
  if (words[1] == "OTHER") {
    name = words[1];
    expected = Behind(step.text, 2);
  }
  Asked& asked = asked_.find(name)->second;
  asked.looked_at = true;
  const std::vector<std::string> log = asked.log();
  if (asked.seen == log.size()) return "no adapter was asked " + expected;
  std::string next = log[asked.seen];
  while (next.ends_with(' ')) next.pop_back();  // an empty word
  if (next != expected) {
    return "expected the adapter to be asked\n      " + expected +
           "\n    but it was asked\n      " + next;
  }
  ++asked.seen;
  return std::nullopt;
}

}  // namespace penstock::transcript
