// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What the clients of a World are told: its order, and to whose model each line goes.

#include <utility>

#include "base/parse_number.h"
#include "delivery/world_parts.h"
#include "tlcp/line_writer.h"

namespace penstock::test {

namespace {

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
