// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "delivery/world.h"

#include <algorithm>
#include <utility>

#include "delivery/selectors.h"
#include "delivery/world_parts.h"

namespace penstock::test {

namespace {
constexpr std::size_t kTraceLines = 120;
}  // namespace

World::World(const Setting& setting) : setting_(setting), dice_(setting.seed) {
  options_.server_name = "Test";
  options_.max_delay = Millis(0);
  options_.item_linger = Millis(0);
  options_.timeout = options_.recovery = std::chrono::hours(1000);
  options_.recovery_max_bytes = 256 * 1024 * 1024;
  options_.content_length_min = 100;
  options_.delta_delivery = !dice_.Chance(10);
  static constexpr int kBuffers[] = {1, 2, 3, 5, 10, 50};
  options_.max_buffer_size = kBuffers[dice_.Roll(6)];
  if (dice_.Chance(20)) options_.max_frequency = 20;
  if (dice_.Chance(50)) options_.diffs.limits.json_patch_min_length = std::nullopt;
  if (dice_.Chance(20)) options_.diffs.default_order = DiffOrder::FromLetters("MJ");
  source_ = std::make_unique<Source>(*this);
  options_.adapter_sets.push_back({"SET", &metadata_, {{"DEFAULT", source_.get()}}});
  for (const Selector& selector : kSelectors) {
    auto made = std::make_shared<session::Selection>();
    selector.make(*made);
    metadata_.selections[selector.name] = std::move(made);
  }
  const std::size_t count = 1 + dice_.Roll(4);
  for (std::size_t i = 0; i < count; ++i) {
    Item item;
    item.name = "item" + std::to_string(i);
    item.limits.distinct_snapshot_length = static_cast<int>(dice_.Roll(6));
    item.history = static_cast<std::size_t>(
        std::min(item.limits.distinct_snapshot_length, options_.max_buffer_size));
    if (dice_.Chance(20)) item.limits.buffer_size = static_cast<int>(1 + dice_.Roll(4));
    if (dice_.Chance(20)) item.limits.max_frequency = 4 + static_cast<double>(dice_.Roll(10));
    metadata_.item_limits[item.name] = item.limits;
    items_.push_back(std::move(item));
  }
  for (std::size_t i = 0; i < setting_.shards; ++i) {
    shards_.push_back(std::make_unique<ShardParts>(*this, i));
  }
  std::vector<kernel::ItemRegistry*> registries;
  std::vector<session::SessionTable*> tables;
  for (const auto& parts : shards_) registries.push_back(&parts->items);
  for (const auto& parts : shards_) tables.push_back(&parts->table);
  for (const auto& parts : shards_) {
    parts->items.Connect(registries);
    parts->router.Connect(registries);
    parts->table.Connect(tables);
  }
  const std::size_t sessions = 1 + dice_.Roll(3);
  for (std::size_t i = 0; i < sessions; ++i) Open(i % setting_.shards);
}

World::~World() {
  for (const auto& parts : shards_) {
    parts->shard.Post([&table = parts->table] {
      table.CloseAll(tlcp::MakeError(tlcp::SessionCode::kClosedByServer));
    });
  }
  for (int i = 0; i < 6; ++i) {
    for (const auto& parts : shards_) parts->shard.RunTurn(Duration::zero());
  }
}

void World::Trace(std::string text) {
  trace_.push_back(std::to_string(step_) + " " + std::move(text));
  if (trace_.size() > kTraceLines) trace_.pop_front();
}

void World::Fail(const Client* client, const Sub* sub, const ClientItem* item,
                 std::string_view line, std::string_view what) {
  if (!error_.empty()) return;
  error_ = std::string(what) + "\nline: " + std::string(line.substr(0, 400)) + "\n";
  error_ += "step " + std::to_string(step_) + ", max_buffer_size " +
            std::to_string(options_.max_buffer_size) + "\n";
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (clients_[i].get() == client) error_ += "client " + std::to_string(i) + "\n";
  }
  if (sub != nullptr) {
    error_ += "sub " + std::to_string(sub->request.sub_id) + " mode " +
              std::to_string(static_cast<int>(sub->request.mode)) + " snapshot " +
              std::to_string(sub->request.snapshot.wanted) + " frequency " +
              std::to_string(static_cast<int>(sub->request.max_frequency.kind)) + " schema " +
              sub->request.schema + "\n";
  }
  if (item != nullptr) {
    error_ += "buffer " + std::to_string(item->wish().buffer) + "\n" + item->Describe();
  }
  for (const std::string& one : trace_) error_ += one + "\n";
}

bool World::Run(std::size_t steps) {
  for (std::size_t i = 0; i < steps && error_.empty(); ++i) {
    ++step_;
    Step();
    if (dice_.Chance(1) && dice_.Chance(50)) Settle();
  }
  if (error_.empty()) Settle();
  return error_.empty();
}

void World::Step() {
  const std::size_t what = dice_.Roll(100);
  Client& client = *clients_[dice_.Roll(clients_.size())];
  if (what < 50) {
    Speak();
  } else if (what < 65) {
    Turn(dice_.Roll(shards_.size()));
  } else if (what < 75) {
    static constexpr int kMillis[] = {1, 5, 30, 100, 400, 2500};
    Advance(Millis(kMillis[dice_.Roll(6)]));
  } else if (what < 81) {
    Stall(client);
  } else if (what < 87) {
    Resume(client);
  } else if (what < 91) {
    Add(client);
  } else if (what < 93) {
    Delete(client);
  } else if (what < 95) {
    Reconfigure(client);
  } else if (what < 96) {
    Constrain(client, dice_.Chance(60) ? std::nullopt
                                       : std::optional(1.0 + static_cast<double>(dice_.Roll(40))));
  } else if (what < 98) {
    Break(client);
  } else {
    Bind(client, false);
  }
}

void World::Turn(std::size_t shard) {
  shards_[shard]->shard.RunTurn(Duration::zero());
  for (const auto& client : clients_) {
    if (client->shard == shard) Read(*client);
  }
}

void World::Advance(Duration by) {
  Trace("advance " + std::to_string(by / Millis(1)));
  const std::size_t parts = 1 + dice_.Roll(4);
  for (std::size_t i = 0; i < parts; ++i) {
    clock_.Advance(by / parts);
    for (std::size_t shard = 0; shard < shards_.size(); ++shard) Turn(shard);
  }
}

// All clients read, no limit holds anything back, and nothing new comes: in the end everybody has
// what there is.
void World::Settle() {
  Trace("settle");
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t shard = 0; shard < shards_.size(); ++shard) Turn(shard);
  }
  for (const auto& client : clients_) {
    client->stalls = false;
    Constrain(*client, std::nullopt);
    Bind(*client, true);
  }
  std::uint64_t lines = lines_;
  int quiet = 0;
  for (int i = 0; i < 3000 && quiet < 30 && error_.empty(); ++i) {
    clock_.Advance(Millis(40));
    for (std::size_t shard = 0; shard < shards_.size(); ++shard) Turn(shard);
    const bool is_quiet = lines == lines_;
    quiet = is_quiet ? quiet + 1 : 0;
    lines = lines_;
  }
  for (const auto& client : clients_) {
    for (const auto& [id, subs] : client->subs) {
      for (const std::shared_ptr<Sub>& sub : subs) {
        if (sub->is_deleted || !sub->is_told) {
          Fail(client.get(), sub.get(), nullptr, "", "a subscription is not told, or not ended");
          continue;
        }
        for (const auto& item : sub->clients) {
          item->Settle();
          if (!item->error().empty()) {
            Fail(client.get(), sub.get(), item.get(), "(at rest)", item->error());
          }
        }
      }
    }
  }
  if (error_.empty() && setting_.shards == 1) CheckBalance();
}

void World::CheckBalance() {
  std::uint64_t offered = offered_;
  for (const auto& client : clients_) {
    for (const auto& [id, subs] : client->subs) {
      for (const std::shared_ptr<Sub>& sub : subs) {
        for (const auto& item : sub->clients) offered += item->Offered();
      }
    }
  }
  const session::PumpCounters& counters = shards_[0]->table.pump().counters();
  const std::uint64_t counted = counters.updates - counters.snapshot + counters.filtered +
                                counters.lost + counters.unchanged + counters.unselected;
  if (counted == offered) return;
  Fail(nullptr, nullptr, nullptr,
       "offered " + std::to_string(offered) + ", updates " + std::to_string(counters.updates) +
           ", snapshot " + std::to_string(counters.snapshot) + ", filtered " +
           std::to_string(counters.filtered) + ", lost " + std::to_string(counters.lost) +
           ", unchanged " + std::to_string(counters.unchanged) + ", unselected " +
           std::to_string(counters.unselected),
       "the counters do not balance");
}

}  // namespace penstock::test
