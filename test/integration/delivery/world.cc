// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "delivery/world.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/parse_number.h"
#include "tlcp/line_writer.h"

namespace penstock::test {

namespace {

constexpr std::size_t kTraceLines = 120;

std::vector<std::string_view> SplitLine(std::string_view line, std::size_t most) {
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < most) {
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) break;
    parts.push_back(line.substr(0, comma));
    line.remove_prefix(comma + 1);
  }
  parts.push_back(line);
  return parts;
}

}  // namespace

struct World::Event {
  kernel::EventKind kind = kernel::EventKind::kUpdate;
  bool is_snapshot = false;
  bool replaces = false;
  Changes changes;
};

// Tells the world what the kernel asks of the adapter.
class World::Source final : public kernel::DataSource {
 public:
  explicit Source(World& world) : world_(world) {}
  kernel::DataSourceId id() const override { return kernel::DataSourceId(1); }
  void Subscribe(kernel::ItemRef item, std::string name) override {
    world_.OnSubscribe(item, name);
  }
  void Unsubscribe(kernel::ItemRef item) override { world_.OnUnsubscribe(item); }

 private:
  World& world_;
};

// A shard and what lives on it. Events for items of the other shard reach their models when they
// reach the items: the hook mails them right behind the router's batch.
struct World::ShardParts final : runtime::TurnHook {
  ShardParts(World& world, std::size_t index)
      : shard(static_cast<runtime::ShardIndex>(index), world.setting_.shards, world.clock_),
        items(shard),
        router(shard, world.field_registry_),
        table(shard, world.options_, items, world.field_registry_, world.gate_) {
    shard.AddHook(runtime::TurnPhase::kRoute, this);
  }
  ~ShardParts() override { shard.RemoveHook(runtime::TurnPhase::kRoute, this); }
  void OnEndTurn() override {
    for (auto& [target, task] : behind_batch) shard.Mail(*target, std::move(task));
    behind_batch.clear();
  }

  runtime::Shard shard;
  kernel::ItemRegistry items;
  kernel::EventRouter router;
  session::SessionTable table;
  std::vector<std::pair<runtime::Shard*, runtime::Task>> behind_batch;
};

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
  const std::uint64_t counted =
      counters.updates - counters.snapshot + counters.filtered + counters.lost + counters.unchanged;
  if (counted == offered) return;
  Fail(nullptr, nullptr, nullptr,
       "offered " + std::to_string(offered) + ", updates " + std::to_string(counters.updates) +
           ", snapshot " + std::to_string(counters.snapshot) + ", filtered " +
           std::to_string(counters.filtered) + ", lost " + std::to_string(counters.lost) +
           ", unchanged " + std::to_string(counters.unchanged),
       "the counters do not balance");
}

// --- The adapter

void World::OnSubscribe(kernel::ItemRef ref, const std::string& name) {
  const auto it =
      std::find_if(items_.begin(), items_.end(), [&](const Item& one) { return one.name == name; });
  it->ref = ref;
  it->model = std::make_shared<ItemModel>(setting_.mode, it->history);
  if (setting_.shards > 1) it->model->SetActive(setting_.mode != tlcp::Mode::kRaw);
  it->snapshot_left = dice_.Chance(80) ? dice_.Roll(7) : 0;
  it->says_end = dice_.Chance(80);
  it->is_lost = false;
  Trace("adapter: SUB " + name);
  Declare(*it);
}

void World::OnUnsubscribe(kernel::ItemRef ref) {
  for (Item& item : items_) {
    if (item.ref != ref || item.model == nullptr) continue;
    Trace("adapter: USB " + item.name);
    item.model = nullptr;
  }
}

void World::Speak() {
  Item& item = items_[dice_.Roll(items_.size())];
  if (item.model == nullptr) return;
  for (std::size_t i = 1 + dice_.Roll(dice_.Chance(10) ? 30 : 3); i > 0; --i) SpeakOf(item);
}

void World::SpeakOf(Item& item) {
  if (item.is_lost) {
    item.is_lost = false;
    Declare(item);
    item.snapshot_left = dice_.Roll(6);
    item.says_end = dice_.Chance(80);
    return;
  }
  const std::size_t what = dice_.Roll(1000);
  if (what < 8) {
    item.is_lost = true;
    Tell(item, {kernel::EventKind::kSourceLost, false, dice_.Chance(80), {}});
  } else if (what < 30) {
    Tell(item, {kernel::EventKind::kClearSnapshot, false, false, {}});
  } else if (what < 34) {
    // Out of order, as adapters should not.
    Tell(item, {kernel::EventKind::kEndOfSnapshot, false, false, {}});
  } else if (what < 40) {
    Tell(item, {kernel::EventKind::kUpdate, true, false, RandomChanges(item, true)});
  } else if (item.snapshot_left > 0) {
    --item.snapshot_left;
    Tell(item, {kernel::EventKind::kUpdate, true, false, RandomChanges(item, true)});
  } else if (std::exchange(item.says_end, false)) {
    Tell(item, {kernel::EventKind::kEndOfSnapshot, false, false, {}});
  } else {
    Tell(item, {kernel::EventKind::kUpdate, false, false, RandomChanges(item, false)});
  }
}

void World::Declare(Item& item) {
  if (dice_.Chance(40)) return;
  static const std::vector<std::string> kLetters = {"J", "M", "JM", "MJ", ""};
  Changes letters;
  for (std::size_t field = 4; field < 7; ++field) {
    if (dice_.Chance(70)) letters.emplace_back(field, dice_.Pick(kLetters));
  }
  Tell(item, {kernel::EventKind::kDiffOrder, false, false, std::move(letters)});
}

void World::Tell(Item& item, Event event) {
  std::string text = "adapter: " + item.name + " " + std::to_string(static_cast<int>(event.kind)) +
                     (event.is_snapshot ? "s" : "") + (event.replaces ? "r" : "");
  for (const auto& [field, value] : event.changes) {
    text += " " + std::string(kFieldNames[field]) + "=" + value.value_or("(null)").substr(0, 40);
  }
  Trace(std::move(text));
  ShardParts& home = *shards_[dice_.Chance(50) ? 0 : shards_.size() - 1];
  home.shard.Post([this, &home, ref = item.ref, model = item.model, event = std::move(event)] {
    std::vector<kernel::FieldValue> values;
    for (const auto& [field, value] : event.changes) {
      values.push_back({*home.router.field_names().Intern(kFieldNames[field]),
                        value ? std::string_view(*value) : std::string_view(), !value});
    }
    home.router.Route(ref, {event.kind, event.is_snapshot, event.replaces, values});
    auto follow = [this, model, event] {
      switch (event.kind) {
        case kernel::EventKind::kUpdate:
          model->Update(event.is_snapshot, event.changes);
          break;
        case kernel::EventKind::kEndOfSnapshot:
          model->EndSnapshotByAdapter();
          break;
        case kernel::EventKind::kClearSnapshot:
          model->Clear();
          break;
        case kernel::EventKind::kSourceLost:
          model->Lose(event.replaces);
          break;
        case kernel::EventKind::kDiffOrder:
          return;
      }
      for (const auto& client : clients_) {
        for (const auto& [id, subs] : client->subs) {
          for (const std::shared_ptr<Sub>& sub : subs) {
            for (const auto& one : sub->clients) {
              if (&one->item() == model.get()) one->OnFlow();
            }
          }
        }
      }
    };
    if (ref.shard == home.shard.index()) {
      follow();
    } else {
      home.behind_batch.emplace_back(&shards_[ref.shard]->shard, std::move(follow));
    }
  });
}

Changes World::RandomChanges(Item& item, bool is_snapshot) {
  Changes changes;
  if (setting_.mode == tlcp::Mode::kCommand) {
    static const std::vector<std::string> kCommands = {"ADD",    "UPDATE", "UPDATE", "UPDATE",
                                                       "UPDATE", "UPDATE", "DELETE"};
    static const std::vector<std::string> kKeys = {"k1", "k2", "k3", "", "\xC3\xA9|#"};
    if (!dice_.Chance(1)) changes.emplace_back(0, dice_.Pick(kKeys));
    if (!dice_.Chance(1)) changes.emplace_back(1, is_snapshot ? "ADD" : dice_.Pick(kCommands));
  }
  for (std::size_t field = 2; field < 7; ++field) {
    if (dice_.Chance(50)) changes.emplace_back(field, RandomValue(item, field));
  }
  return changes;
}

Value World::RandomValue(Item& item, std::size_t field) {
  static const std::vector<std::string> kShort = {"1",
                                                  "2",
                                                  "3",
                                                  "",
                                                  "#",
                                                  "$",
                                                  "^",
                                                  "^3",
                                                  "a|b",
                                                  "%41",
                                                  "1,2",
                                                  "\xC3\xA0\xE2\x82\xAC",
                                                  "\xF0\x9F\x98\x80",
                                                  "a\r\nb"};
  if (dice_.Chance(8)) return std::nullopt;
  if (field < 4) return dice_.Chance(20) ? dice_.Pick(kShort) : std::to_string(dice_.Roll(3));
  if (field == 4) {  // a text that changes a little
    if (item.text.size() > 400 || dice_.Chance(3)) item.text.clear();
    item.text.insert(dice_.Roll(item.text.size() + 1), 1 + dice_.Roll(40),
                     static_cast<char>('a' + dice_.Roll(26)));
    return item.text;
  }
  if (field == 5) {  // a document that changes a little
    auto document = nlohmann::json::parse(item.document, nullptr, false);
    if (!document.is_object() || dice_.Chance(2)) document = nlohmann::json::object();
    document["k" + std::to_string(dice_.Roll(6))] =
        dice_.Chance(50) ? nlohmann::json(dice_.Roll(1000))
                         : nlohmann::json({"some", "words~/", std::string(dice_.Roll(30), 'x')});
    if (dice_.Chance(20)) document.erase("k" + std::to_string(dice_.Roll(6)));
    item.document = document.dump();
    return item.document;
  }
  switch (dice_.Roll(5)) {
    case 0:
      return std::string(dice_.Roll(3000), 'z');
    case 1:
      return item.document;
    case 2:
      return item.text;
    default:
      return dice_.Pick(kShort);
  }
}

// --- Clients

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
  for (const std::size_t i : sub->items) {
    const std::shared_ptr<ItemModel>& model = items_[i].model;
    sub->model_before.push_back(model);
    sub->low.push_back(model == nullptr ? 0 : model->flow(add.mode == tlcp::Mode::kRaw).size());
  }
  client.subs[id].push_back(sub);
  Trace("add " + std::to_string(id) + " mode " + std::to_string(static_cast<int>(add.mode)) + " " +
        add.group + " [" + add.schema + "] snapshot " + std::to_string(add.snapshot.wanted));
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

// --- Lines

void World::Read(Client& client) {
  for (const std::unique_ptr<StallingLink>& link : client.links) {
    ReadText(client, link->text, true);
    ReadText(client, link->lost, false);
  }
  // Those before the present one say nothing any more.
  if (!client.binds && client.links.size() > 1) {
    client.links.erase(client.links.begin(), client.links.end() - 1);
  }
}

void World::ReadText(Client& client, std::string& text, bool came_through) {
  std::string_view rest = text;
  while (!rest.empty() && error_.empty()) {
    const std::size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) {
      return Fail(&client, nullptr, nullptr, rest, "half a line");
    }
    ReadLine(client, rest.substr(0, end), came_through);
    rest.remove_prefix(end + 2);
  }
  text.clear();
}

// The rules are for what the server says, whether it comes through or not; what it says again must
// be the same.
void World::ReadLine(Client& client, std::string_view line, bool came_through) {
  if (line.starts_with("PROG,") && line != "PROG," + std::to_string(client.next)) {
    return Fail(&client, nullptr, nullptr, line, "not where the client is");
  }
  if (tlcp::IsDataNotification(line)) {
    const std::size_t number = client.next++;
    if (came_through) client.received = client.next;
    if (number < client.told.size()) {
      if (line != client.told[number]) {
        Fail(&client, nullptr, nullptr, line, "not as before: " + client.told[number]);
      }
      ++again_;
      return;
    }
    client.told.emplace_back(line);
  }
  static const std::vector<std::string_view> kOfSubscriptions = {"U",   "SUBOK", "SUBCMD", "UNSUB",
                                                                 "EOS", "CS",    "OV",     "CONF"};
  const std::vector<std::string_view> parts = SplitLine(line, line.starts_with("U,") ? 4 : 8);
  if (std::find(kOfSubscriptions.begin(), kOfSubscriptions.end(), parts[0]) ==
      kOfSubscriptions.end()) {
    return;
  }
  ++lines_;
  Trace("line: " + std::string(line.substr(0, 160)));
  const auto number = [&](std::size_t at) {
    return at < parts.size() ? ParseNumber<std::size_t>(parts[at]).value_or(0) : 0;
  };
  std::deque<std::shared_ptr<Sub>>& subs = client.subs[static_cast<int>(number(1))];
  if (subs.empty()) return Fail(&client, nullptr, nullptr, line, "of no subscription");
  const std::shared_ptr<Sub> sub = subs.front();
  const auto wrong = [&](std::string_view what) { Fail(&client, sub.get(), nullptr, line, what); };
  if (parts[0] == "SUBOK" || parts[0] == "SUBCMD") {
    const bool is_command = sub->request.mode == tlcp::Mode::kCommand;
    if (std::exchange(sub->is_told, true) || is_command != (parts[0] == "SUBCMD")) {
      wrong("not the time, or not the mode");
    }
    if (number(2) != sub->items.size() || number(3) != sub->fields.size()) wrong("wrong numbers");
    return;
  }
  if (!sub->is_told) return wrong("before SUBOK");
  if (parts[0] == "UNSUB") {
    if (!sub->is_deleted) wrong("not asked for");
    subs.pop_front();
    return;
  }
  if (parts[0] == "CONF") {
    sub->has_conf = true;
    return;
  }
  if (!sub->has_conf) return wrong("before CONF");
  const std::size_t index = number(2) - 1;
  if (index >= sub->items.size()) return wrong("of no item");
  if (sub->is_deleted && sub->clients.empty()) return;
  ClientItem& item = *sub->clients[index];
  if (parts[0] == "U") item.OnUpdate(parts[3], shards_[client.shard]->shard.now());
  if (parts[0] == "EOS") item.OnEndOfSnapshot();
  if (parts[0] == "CS") item.OnClear();
  if (parts[0] == "OV") item.OnLoss(number(3));
  if (!item.error().empty()) Fail(&client, sub.get(), &item, line, item.error());
}

}  // namespace penstock::test
