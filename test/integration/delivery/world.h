// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/client_item.h"
#include "delivery/dice.h"
#include "delivery/item_model.h"
#include "delivery/stalling_link.h"
#include "kernel/event_router.h"
#include "kernel/item_registry.h"
#include "session/session_table.h"
#include "support/fake_clock.h"
#include "support/session_fixture.h"

namespace penstock::test {

// A server without sockets in small: shards turned by hand, one Data Adapter, sessions, and beside
// them the models of items and clients. Does one random thing after the other and looks at every
// line. Everything follows from the seed. Shard: all, on the test's thread.
class World {
 public:
  struct Setting {
    tlcp::Mode mode = tlcp::Mode::kMerge;
    std::size_t shards = 1;
    bool with_raw = false;  // items have RAW subscribers too
    std::uint64_t seed = 0;
  };

  explicit World(const Setting& setting);
  ~World();

  // Does `steps` things, then lets all come to rest. False, with error(), if a rule was broken.
  bool Run(std::size_t steps);
  const std::string& error() const { return error_; }
  std::uint64_t lines() const { return lines_; }
  std::uint64_t again() const { return again_; }

 private:
  struct ShardParts;
  class Source;
  struct Item {
    std::string name;
    std::size_t history = 0;
    session::ItemLimits limits;
    kernel::ItemRef ref;
    std::shared_ptr<ItemModel> model;  // null while nobody subscribes
    std::size_t snapshot_left = 0;     // events of the snapshot still to come
    bool says_end = false;             // then the end of the snapshot is said
    bool is_lost = false;
    std::string document;
    std::string text;
  };
  struct Sub {
    tlcp::Add request;
    std::vector<std::size_t> items;
    std::vector<std::size_t> fields;
    std::vector<std::size_t> low;  // of each item's flow, when asked
    std::vector<std::shared_ptr<ItemModel>> model_before;
    std::vector<std::unique_ptr<ClientItem>> clients;  // empty until accepted
    bool is_answered = false;
    bool is_deleted = false;
    bool is_told = false;  // SUBOK or SUBCMD has come
    bool has_conf = false;
    tlcp::Frequency frequency;
  };
  struct Client {
    session::Session* session = nullptr;
    std::size_t shard = 0;
    std::vector<std::unique_ptr<StallingLink>> links;  // the last one is the present one
    bool binds = false;                                // a bind is on its way
    // Data notifications so far, how many came through, and which comes next.
    std::vector<std::string> told;
    std::size_t received = 0;
    std::size_t next = 0;
    std::map<int, std::deque<std::shared_ptr<Sub>>> subs;  // by id, those before UNSUB
    bool stalls = false;
  };
  struct Event;

  void Trace(std::string text);
  void Fail(const Client* client, const Sub* sub, const ClientItem* item, std::string_view line,
            std::string_view what);

  void Step();
  void Turn(std::size_t shard);
  void Advance(Duration by);
  void Settle();
  void CheckBalance();

  // The adapter.
  void Speak();
  void SpeakOf(Item& item);
  void Tell(Item& item, Event event);
  void Declare(Item& item);
  Changes RandomChanges(Item& item, bool is_snapshot);
  Value RandomValue(Item& item, std::size_t field);
  void OnSubscribe(kernel::ItemRef ref, const std::string& name);
  void OnUnsubscribe(kernel::ItemRef ref);

  // Clients.
  void Open(std::size_t shard);
  void Bind(Client& client, bool is_first);
  void Stall(Client& client);
  void Resume(Client& client);
  void Break(Client& client);
  void Add(Client& client);
  void Delete(Client& client);
  void Reconfigure(Client& client);
  void Constrain(Client& client, std::optional<double> kbps);
  void Control(Client& client, tlcp::ControlOp op, session::Answer answer);
  void Accept(const std::shared_ptr<Sub>& sub);
  Duration IntervalOf(const Sub& sub, std::size_t item) const;
  void RefreshActive();

  // Lines.
  void Read(Client& client);
  void ReadText(Client& client, std::string& text, bool came_through);
  void ReadLine(Client& client, std::string_view line, bool came_through);

  const Setting setting_;
  Dice dice_;
  FakeClock clock_;
  protection::Gate gate_{{}};
  kernel::FieldRegistry field_registry_{100};
  FakeMetadata metadata_;
  session::Options options_;
  std::unique_ptr<Source> source_;
  std::vector<std::unique_ptr<ShardParts>> shards_;
  std::vector<Item> items_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::uint64_t offered_ = 0;  // to subscriptions that have ended
  std::uint64_t lines_ = 0;
  std::uint64_t again_ = 0;  // of lines that did not come through
  std::size_t step_ = 0;
  std::deque<std::string> trace_;
  std::string error_;
};

}  // namespace penstock::test
