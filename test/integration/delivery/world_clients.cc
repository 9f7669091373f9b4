// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The clients of a World: what they ask, and how their links fare.

#include <algorithm>
#include <utility>

#include "delivery/selectors.h"
#include "delivery/world_parts.h"

namespace penstock::test {

void World::Open(std::size_t shard) {
  auto made = std::make_unique<Client>();
  made->shard = shard;
  tlcp::CreateSession request;
  request.version = tlcp::kNewestVersion;
  request.adapter_set = "SET";
  request.allows_json_patch = dice_.Chance(80);
  request.allows_tlcp_diff = dice_.Chance(80);
  ShardParts& parts = *shards_[shard];
  parts.shard.Post([&parts, &client = *made, request]() mutable {
    parts.table.Open(std::move(request), {"10.0.0.1", "1234", "main", {}, {}, {}},
                     [&client](std::variant<session::Session*, tlcp::Error> result) {
                       client.session = std::get<session::Session*>(result);
                     });
  });
  parts.shard.RunTurn(Duration::zero());
  clients_.push_back(std::move(made));
  Bind(*clients_.back(), true);
}

// To a link of some kind; `plain`: to one that never stalls.
void World::Bind(Client& client, bool plain) {
  if (client.binds) return;
  client.binds = true;
  tlcp::LinkOptions options;
  options.send_sync = dice_.Chance(30);
  bool is_websocket = true;
  if (!plain && dice_.Chance(60)) {
    is_websocket = false;
    static constexpr std::int64_t kLengths[] = {150, 300, 1000, 5000};
    options.content_length = kLengths[dice_.Roll(4)];
    if (dice_.Chance(40)) options.polling = {{Millis(0), Millis(100 * dice_.Roll(3))}};
  }
  const bool recovers = !client.links.empty() && client.links.back()->breaks_at_percent;
  client.links.push_back(std::make_unique<StallingLink>());
  StallingLink* const link = client.links.back().get();
  link->stalls_after_flush = !plain && dice_.Chance(30);
  Trace("bind " + std::to_string(is_websocket) + " " + std::to_string(options.polling.has_value()) +
        " " + std::to_string(options.content_length.value_or(0)) + (recovers ? " recovery" : ""));
  shards_[client.shard]->shard.Post([this, &client, link, options, is_websocket, recovers] {
    const auto refused = client.session->PrepareBind(
        recovers ? std::optional<std::uint64_t>(client.received) : std::nullopt);
    if (refused) return Fail(&client, nullptr, nullptr, "", refused->message);
    if (recovers) client.next = client.received;
    client.session->Bind(link, options, is_websocket, false, "10.0.0.1");
    client.binds = false;
  });
}

void World::Stall(Client& client) {
  client.links.back()->is_writable = false;
  Trace("stall");
}

// From the next flush on nothing comes through, which the server may notice or not.
void World::Break(Client& client) {
  StallingLink* const link = client.links.back().get();
  if (client.binds || link->is_finished || link->breaks_at_percent) return;
  link->breaks_at_percent = dice_.Roll(101);
  Trace("break");
  if (dice_.Chance(50)) return;
  link->is_broken = link->is_finished = true;
  shards_[client.shard]->shard.Post([&client, link] {
    if (link == client.links.back().get()) client.session->OnLinkLost();
  });
}

void World::Resume(Client& client) {
  StallingLink* const link = client.links.back().get();
  if (link->is_finished || link->breaks_at_percent) return Bind(client, false);
  Trace("resume");
  shards_[client.shard]->shard.Post([&client, link] {
    if (link->is_finished || link != client.links.back().get()) return;
    link->is_writable = true;
    client.session->OnLinkWritable();
  });
}

void World::Control(Client& client, tlcp::ControlOp op, session::Answer answer) {
  shards_[client.shard]->shard.Post(
      [this, &client, op = std::move(op), answer = std::move(answer)]() mutable {
        tlcp::Control control;
        control.request_id = "1";
        control.op = std::move(op);
        client.session->Handle(std::move(control), std::move(answer));
        if (setting_.shards == 1) RefreshActive();
      });
}

// Which items have subscribers of their mode now.
void World::RefreshActive() {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (items_[i].model == nullptr) continue;
    bool is_active = false;
    for (const auto& client : clients_) {
      for (const auto& [id, subs] : client->subs) {
        for (const std::shared_ptr<Sub>& sub : subs) {
          if (sub->is_deleted || !sub->is_answered || sub->request.mode == tlcp::Mode::kRaw)
            continue;
          is_active = is_active || std::count(sub->items.begin(), sub->items.end(), i) > 0;
        }
      }
    }
    items_[i].model->SetActive(is_active);
  }
}

void World::Add(Client& client) {
  int id = 1;
  while (client.subs.contains(id) && !client.subs[id].empty() &&
         !client.subs[id].back()->is_deleted) {
    ++id;
  }
  if (id > 4) return;
  auto sub = std::make_shared<Sub>();
  tlcp::Add& add = sub->request;
  add.sub_id = id;
  add.mode = setting_.with_raw && dice_.Chance(25) ? tlcp::Mode::kRaw : setting_.mode;
  const std::size_t first = dice_.Roll(items_.size());
  const std::size_t count = 1 + dice_.Roll(items_.size() - first);
  for (std::size_t i = first; i < first + count; ++i) {
    sub->items.push_back(i);
    add.group += (add.group.empty() ? "" : " ") + items_[i].name;
  }
  for (std::size_t field = 0; field < kFields; ++field) {
    const bool must = add.mode == tlcp::Mode::kCommand && field < 2;
    if (must || dice_.Chance(50)) sub->fields.push_back(field);
  }
  if (sub->fields.empty()) sub->fields.push_back(2);
  if (dice_.Chance(30)) std::reverse(sub->fields.begin(), sub->fields.end());
  for (const std::size_t field : sub->fields) {
    add.schema += (add.schema.empty() ? "" : " ") + std::string(kFieldNames[field]);
  }
  add.snapshot.wanted = add.mode != tlcp::Mode::kRaw && dice_.Chance(70);
  if (add.snapshot.wanted && add.mode == tlcp::Mode::kDistinct && dice_.Chance(40)) {
    add.snapshot.length = static_cast<int>(1 + dice_.Roll(6));
  }
  if (dice_.Chance(50)) {
    add.buffer_size = tlcp::BufferSize{};
    if (dice_.Chance(70)) add.buffer_size->events = static_cast<int>(1 + dice_.Roll(6));
  }
  const std::size_t frequency = dice_.Roll(3);
  if (frequency == 1 && options_.max_frequency == 0) {
    add.max_frequency = tlcp::Frequency::Unfiltered();
  } else if (frequency == 2) {
    add.max_frequency = tlcp::Frequency::Limited(4 + static_cast<double>(dice_.Roll(20)));
  }
  sub->frequency = add.max_frequency;
  if (dice_.Chance(35)) add.selector = kSelectors[dice_.Roll(kSelectors.size())].name;
  for (const std::size_t i : sub->items) {
    const std::shared_ptr<ItemModel>& model = items_[i].model;
    sub->model_before.push_back(model);
    sub->low.push_back(model == nullptr ? 0 : model->flow(add.mode == tlcp::Mode::kRaw).size());
  }
  client.subs[id].push_back(sub);
  Trace("add " + std::to_string(id) + " mode " + std::to_string(static_cast<int>(add.mode)) + " " +
        add.group + " [" + add.schema + "] snapshot " + std::to_string(add.snapshot.wanted) +
        " selector " + std::string(add.selector.value_or("-")));
  Control(client, add, [this, &client, sub](std::optional<tlcp::Error> error) {
    if (error) {
      Fail(&client, sub.get(), nullptr, error->message, "a subscription was refused");
    } else {
      Accept(sub);
    }
  });
}

Duration World::IntervalOf(const Sub& sub, std::size_t item) const {
  const bool is_unfiltered = sub.request.mode == tlcp::Mode::kRaw ||
                             sub.frequency.kind == tlcp::Frequency::Kind::kUnfiltered;
  if (sub.request.mode == tlcp::Mode::kRaw) return Duration::zero();
  double limit =
      sub.frequency.kind == tlcp::Frequency::Kind::kLimited ? sub.frequency.per_second : 0;
  const double server = is_unfiltered ? 0 : options_.max_frequency;
  for (const double other : {server, items_[item].limits.max_frequency}) {
    if (other > 0) limit = limit > 0 ? std::min(limit, other) : other;
  }
  if (limit == 0) return Duration::zero();
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / limit));
}

void World::Accept(const std::shared_ptr<Sub>& sub) {
  const tlcp::Add& add = sub->request;
  sub->is_answered = true;
  if (setting_.shards == 1) RefreshActive();
  Wish wish;
  wish.mode = add.mode;
  wish.wants_snapshot = add.snapshot.wanted;
  wish.is_unfiltered =
      add.mode == tlcp::Mode::kRaw || add.max_frequency.kind == tlcp::Frequency::Kind::kUnfiltered;
  wish.fields = sub->fields;
  wish.is_exact = setting_.shards == 1;
  wish.log = static_cast<std::size_t>(options_.max_buffer_size);
  for (const Selector& selector : kSelectors) {
    if (add.selector == selector.name) wish.takes = selector.takes;
  }
  const auto cap = static_cast<std::size_t>(options_.max_buffer_size);
  std::vector<std::size_t> buffers;
  for (const std::size_t i : sub->items) {
    std::size_t buffer = cap;
    if (!wish.is_unfiltered && add.mode != tlcp::Mode::kCommand) {
      if (add.buffer_size && add.buffer_size->events) {
        buffer = std::min(cap, static_cast<std::size_t>(*add.buffer_size->events));
      } else if (!add.buffer_size && add.mode == tlcp::Mode::kMerge) {
        buffer = 1;
      }
    }
    const auto allowed = static_cast<std::size_t>(items_[i].limits.buffer_size);
    if (allowed > 0 && add.mode != tlcp::Mode::kCommand) buffer = std::min(buffer, allowed);
    buffers.push_back(buffer);
  }
  wish.is_latest =
      add.mode == tlcp::Mode::kMerge && !wish.is_unfiltered &&
      std::all_of(buffers.begin(), buffers.end(), [](std::size_t buffer) { return buffer <= 1; });
  for (std::size_t i = 0; i < sub->items.size(); ++i) {
    const Item& item = items_[sub->items[i]];
    wish.buffer = buffers[i];
    wish.interval = IntervalOf(*sub, sub->items[i]);
    wish.snapshot_length = std::min(
        {item.history, buffers[i],
         static_cast<std::size_t>(add.snapshot.length.value_or(options_.max_buffer_size))});
    const std::size_t size = item.model->flow(add.mode == tlcp::Mode::kRaw).size();
    std::size_t low = size;
    if (setting_.shards > 1) low = sub->model_before[i] == item.model ? sub->low[i] : 0;
    sub->clients.push_back(std::make_unique<ClientItem>(wish, item.model, low, size));
    sub->clients.back()->OnFlow();
  }
}

void World::Delete(Client& client) {
  const int id = 1 + static_cast<int>(dice_.Roll(4));
  if (client.subs[id].empty() || client.subs[id].back()->is_deleted) return;
  if (setting_.shards == 1) Settle();
  const std::shared_ptr<Sub> sub = client.subs[id].back();
  if (sub->is_deleted || !sub->is_answered || !error_.empty()) return;
  Trace("delete " + std::to_string(id));
  for (const auto& item : sub->clients) offered_ += item->Offered();
  sub->is_deleted = true;
  if (setting_.shards == 1) sub->clients.clear();
  Control(client, tlcp::Delete{id}, [this, &client, sub](std::optional<tlcp::Error> error) {
    if (error) Fail(&client, sub.get(), nullptr, error->message, "a deletion was refused");
  });
}

void World::Reconfigure(Client& client) {
  const int id = 1 + static_cast<int>(dice_.Roll(4));
  if (client.subs[id].empty()) return;
  const std::shared_ptr<Sub> sub = client.subs[id].back();
  const bool is_unfiltered = sub->request.mode == tlcp::Mode::kRaw ||
                             sub->frequency.kind == tlcp::Frequency::Kind::kUnfiltered;
  if (sub->is_deleted || !sub->is_answered || is_unfiltered) return;
  const tlcp::Frequency wanted =
      dice_.Chance(30) ? tlcp::Frequency::Unlimited()
                       : tlcp::Frequency::Limited(4 + static_cast<double>(dice_.Roll(20)));
  Trace("reconf " + std::to_string(id) + " " + std::to_string(wanted.per_second));
  Control(client, tlcp::Reconf{id, wanted},
          [this, &client, sub, wanted](std::optional<tlcp::Error> error) {
            if (sub->is_deleted) return;
            if (error) {
              return Fail(&client, sub.get(), nullptr, error->message, "a reconf was refused");
            }
            sub->frequency = wanted;
            for (std::size_t i = 0; i < sub->clients.size(); ++i) {
              sub->clients[i]->SetInterval(IntervalOf(*sub, sub->items[i]));
            }
          });
}

void World::Constrain(Client& client, std::optional<double> kbps) {
  Trace("constrain " + std::to_string(kbps.value_or(0)));
  Control(client, tlcp::Constrain{tlcp::Bandwidth{kbps}}, [](const std::optional<tlcp::Error>&) {});
}

}  // namespace penstock::test
