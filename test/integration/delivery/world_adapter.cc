// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The adapter of a World: what it says of its items, at random, and how their models follow.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "delivery/world_parts.h"

namespace penstock::test {

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
        case kernel::EventKind::kSourceResumed:  // no source here does
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

}  // namespace penstock::test
