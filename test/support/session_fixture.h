// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "kernel/event_router.h"
#include "kernel/item_registry.h"
#include "session/session_table.h"
#include "support/fake_clock.h"
#include "support/fake_data_source.h"

namespace penstock::test {

// A link that writes down what it is told.
class FakeLink final : public session::ClientLink {
 public:
  bool writable() const override { return is_writable; }
  std::uint64_t taken() const override { return bytes; }
  std::uint64_t sent() const override { return sent_bytes; }
  void Flush(std::string& cork) override {
    ++flushes;
    text += cork.substr(session::kHeaderRoom);
    bytes += cork.size() - session::kHeaderRoom + overhead;
    if (fills) is_writable = false;
  }
  std::uint64_t Finish(bool close_socket) override {
    finished = true;
    closed_socket = close_socket;
    return bytes;
  }
  void Abandon(bool) override { abandoned = true; }

  // What came since the last call, with line ends as ' | '.
  std::string Take() {
    std::string out;
    for (const char c : std::exchange(text, {})) {
      if (c == '\n') out += " | ";
      if (c != '\r' && c != '\n') out += c;
    }
    if (out.ends_with(" | ")) out.resize(out.size() - 3);
    return out;
  }

  bool is_writable = true;
  bool fills = false;  // it takes one flush and no more
  bool finished = false;
  bool closed_socket = false;
  bool abandoned = false;
  int flushes = 0;
  std::uint64_t overhead = 0;  // of each flush, on the wire
  std::uint64_t bytes = 0;
  std::uint64_t sent_bytes = 0;  // of them, gone on while it is not writable
  std::string text;
};

// A Metadata Adapter that lists items and fields split on spaces, and refuses on demand.
class FakeMetadata final : public session::MetadataPort {
 public:
  void OpenSession(const session::OpenQuery& query,
                   session::Reply<session::OpenGrant> reply) override {
    log.push_back((query.grant ? "OPEN again " : "OPEN ") + query.user.value_or("-"));
    last_session = query.session_id;
    if (refuse_open) {
      reply(*refuse_open);
    } else if (conflict != nullptr && !query.grant) {
      session::OpenGrant grant = open_grant;
      grant.conflict = conflict;
      reply(grant);
    } else {
      reply(open_grant);
    }
  }
  void CloseSession(std::string, std::optional<std::string>) override { log.push_back("CLOSE"); }
  void Authorize(session::SubscribeQuery query,
                 session::Reply<session::SubscribeGrant> reply) override {
    log.push_back("AUTHORIZE " + query.table.group);
    if (hold) {
      held.emplace_back(std::move(query), std::move(reply));
    } else {
      Answer(query, reply);
    }
  }
  void SendMessage(session::MessageQuery query,
                   session::Reply<session::MessageOutcome> reply) override {
    log.push_back("MESSAGE " + query.text);
    if (hold_messages) {
      held_messages.push_back(std::move(reply));
    } else {
      AnswerMessage(reply);
    }
  }
  void CloseTable(std::string, session::Table table) override {
    statistics = table.statistics;
    log.push_back("CLOSE_TABLE " + table.group + " " + std::to_string(table.items.size()));
  }
  void AnswerHeld() {
    for (auto& [query, reply] : std::exchange(held, {})) Answer(query, reply);
  }

  // Answers the n-th of the messages held, and forgets it.
  void AnswerHeldMessage(std::size_t index = 0) {
    auto reply = std::move(held_messages.at(index));
    held_messages.erase(held_messages.begin() + static_cast<std::ptrdiff_t>(index));
    AnswerMessage(reply);
  }

  std::optional<tlcp::Error> refuse_open;
  std::shared_ptr<const session::SessionConflict> conflict;
  std::optional<tlcp::Error> refuse_message;
  std::string message_response;
  bool hold_messages = false;
  std::vector<session::Reply<session::MessageOutcome>> held_messages;
  std::optional<tlcp::Error> refuse_subscribe;
  session::OpenGrant open_grant;
  bool hold = false;
  bool open_tables = false;
  bool enable_unsubscription = false;
  bool wants_statistics = false;
  std::vector<session::ItemStatistics> statistics;  // of the last table that was closed
  double max_frequency = 0;
  // By selector; others are refused.
  std::map<std::string, std::shared_ptr<const session::Selection>> selections;
  // By item; others have the limits above and may be had in any mode.
  std::map<std::string, session::ItemLimits> item_limits;
  std::map<std::string, std::string> item_modes;  // names with commas
  std::vector<std::string> log;
  std::string last_session;  // that was asked to be opened
  std::vector<std::pair<session::SubscribeQuery, session::Reply<session::SubscribeGrant>>> held;

 private:
  void AnswerMessage(session::Reply<session::MessageOutcome>& reply) const {
    if (refuse_message) {
      reply(*refuse_message);
    } else {
      reply(session::MessageOutcome{message_response});
    }
  }
  static std::vector<std::string> Split(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin < text.size()) {
      const std::size_t end = std::min(text.find(' ', begin), text.size());
      parts.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return parts;
  }
  void Answer(const session::SubscribeQuery& query,
              session::Reply<session::SubscribeGrant>& reply) const {
    if (refuse_subscribe) {
      reply(*refuse_subscribe);
      return;
    }
    session::SubscribeGrant grant;
    if (query.table.selector) {
      const auto selection = selections.find(*query.table.selector);
      if (selection == selections.end()) {
        reply(tlcp::MakeError(tlcp::RequestCode::kInvalidSelector));
        return;
      }
      grant.selection = selection->second;
    }
    grant.items = Split(query.table.group);
    grant.fields = Split(query.table.schema);
    grant.limits.resize(grant.items.size());
    static constexpr std::string_view kModes[] = {"RAW", "MERGE", "DISTINCT", "COMMAND"};
    for (std::size_t i = 0; i < grant.items.size(); ++i) {
      grant.limits[i].max_frequency = max_frequency;
      if (const auto it = item_limits.find(grant.items[i]); it != item_limits.end()) {
        grant.limits[i] = it->second;
      }
      const auto modes = item_modes.find(grant.items[i]);
      if (modes == item_modes.end()) continue;
      const std::string_view mode = kModes[static_cast<int>(query.table.mode)];
      if (modes->second.find(mode) == std::string::npos) {
        reply(tlcp::MakeError(tlcp::RequestCode::kInvalidMode));
        return;
      }
    }
    grant.table_open = open_tables;
    grant.enable_unsubscription = enable_unsubscription;
    grant.wants_final_statistics = wants_statistics;
    reply(grant);
  }
};

// One shard turned by hand, with everything a session needs, and time that stands still.
class SessionFixture : public testing::Test {
 protected:
  explicit SessionFixture(protection::Gate::Options limits = {}) : gate_(std::move(limits)) {
    options_.server_name = "Test";
    options_.max_delay = Millis(0);
    options_.keepalive_jitter_percent = 0;
    options_.item_linger = Millis(0);
    options_.adapter_sets.push_back({"SET", &metadata_, {{"DEFAULT", &source_}}});
    items_ = std::make_unique<kernel::ItemRegistry>(shard_);
    router_ = std::make_unique<kernel::EventRouter>(shard_, fields_);
    items_->Connect({items_.get()});
    router_->Connect({items_.get()});
  }
  ~SessionFixture() override {
    table_.reset();
    Turn();
  }

  session::SessionTable& table() {
    if (table_ == nullptr) {
      table_ = std::make_unique<session::SessionTable>(shard_, options_, *items_, fields_, gate_);
      table_->Connect({table_.get()});
    }
    return *table_;
  }
  void Turn() {
    shard_.RunTurn(Duration::zero());
    shard_.RunTurn(Duration::zero());
  }
  void Advance(Duration by) {
    // In steps, as a real loop would.
    for (const Duration step = std::min<Duration>(by, Millis(5)); by > Duration::zero();
         by -= step) {
      clock_.Advance(std::min(step, by));
      shard_.RunTurn(Duration::zero());
    }
    Turn();
  }
  // Opens a session; null if refused, see refusal_.
  session::Session* Open(tlcp::CreateSession request = {}) {
    if (request.version == tlcp::Version()) request.version = tlcp::kNewestVersion;
    request.adapter_set = request.adapter_set == "DEFAULT" ? "SET" : request.adapter_set;
    session::Session* opened = nullptr;
    shard_.Post([&] {
      table().Open(std::move(request), {"10.0.0.1", "1234", "main", {}, {}, {}},
                   [&](std::variant<session::Session*, tlcp::Error> result) {
                     if (auto* session = std::get_if<session::Session*>(&result)) {
                       opened = *session;
                     } else {
                       refusal_ = std::get<tlcp::Error>(result);
                     }
                   });
    });
    Turn();
    return opened;
  }
  // A session bound to `link` over a WebSocket; the head is taken away.
  session::Session* OpenBound(FakeLink& link, tlcp::LinkOptions options = {}) {
    session::Session* const session = Open();
    Bind(session, link, options);
    return session;
  }
  void Bind(session::Session* session, FakeLink& link, tlcp::LinkOptions options = {},
            bool websocket = true) {
    shard_.Post(
        [&, options, websocket] { session->Bind(&link, options, websocket, true, "10.0.0.1"); });
    Turn();
  }
  // The answer of a control request: "OK", "<code> <text>", or "none" so far.
  std::string Control(session::Session* session, tlcp::ControlOp op) {
    auto answer = std::make_shared<std::string>("none");
    shard_.Post([=, op = std::move(op)]() mutable {
      tlcp::Control control;
      control.request_id = "1";
      control.op = std::move(op);
      session->Handle(std::move(control), [answer](std::optional<tlcp::Error> error) {
        *answer = error ? std::to_string(error->code) + " " + error->message : "OK";
      });
    });
    Turn();
    last_answer_ = answer;
    return *answer;
  }
  static tlcp::Add MakeAdd(int id, std::string group, std::string schema, bool snapshot = true) {
    tlcp::Add add;
    add.sub_id = id;
    add.group = std::move(group);
    add.schema = std::move(schema);
    add.snapshot.wanted = snapshot;
    return add;
  }
  // An update of `item` from the Data Adapter: pairs of field and value; "#" is null.
  void Send(const std::string& item, std::vector<std::pair<std::string, std::string>> fields,
            bool snapshot = false) {
    const kernel::ItemRef ref = source_.Find(item);
    shard_.Post([this, ref, snapshot, fields = std::move(fields)] {
      std::vector<kernel::FieldValue> values;
      for (const auto& [name, value] : fields) {
        values.push_back({*router_->field_names().Intern(name), value, value == "#"});
      }
      router_->Route(ref, {kernel::EventKind::kUpdate, snapshot, false, values});
    });
    Turn();
  }

  FakeClock clock_;
  protection::Gate gate_;
  runtime::Shard shard_{0, 1, clock_};
  kernel::FieldRegistry fields_{100};
  FakeDataSource source_;
  FakeMetadata metadata_;
  session::Options options_;
  std::unique_ptr<kernel::ItemRegistry> items_;
  std::unique_ptr<kernel::EventRouter> router_;
  std::unique_ptr<session::SessionTable> table_;
  tlcp::Error refusal_;
  std::shared_ptr<std::string> last_answer_;
};

}  // namespace penstock::test
