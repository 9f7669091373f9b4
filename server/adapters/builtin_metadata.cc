// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/builtin_metadata.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/credentials.h"
#include "adapters/grant_rules.h"
#include "base/check.h"
#include "base/log.h"

namespace penstock::adapters {

namespace {

bool IsLoopback(std::string_view ip) {
  if (ip.starts_with("::ffff:")) ip.remove_prefix(7);
  return ip.starts_with("127.") || ip == "::1";
}

std::vector<std::string> SplitOnSpaces(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    count += text[i] != ' ' && (i == 0 || text[i - 1] == ' ');
  }
  std::vector<std::string> words;
  words.reserve(count);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// Answers in a later step of the caller's shard, as a remote adapter would.
template <class T>
void Answer(const Courier& courier, session::Reply<T> reply, std::variant<T, tlcp::Error> answer) {
  runtime::Shard* const home = courier.Here();
  PENSTOCK_CHECK(home != nullptr);
  home->Mail(*home, [reply = std::move(reply), answer = std::move(answer)]() mutable {
    reply(std::move(answer));
  });
}

}  // namespace

bool BuiltinMetadata::MayEnter(const session::OpenQuery& query) const {
  const config::Policy& policy = set_.policy;
  if (!policy.allow_remote && !IsLoopback(query.remote_ip)) {
    PENSTOCK_LOG(kAdapter, kWarn, "client refused: the policy lets in this machine only",
                 {"adapter_set", set_.id}, {"peer", query.remote_ip});
    return false;
  }
  if (!policy.credentials.empty()) {
    return CredentialsMatch(policy.credentials, query.user, query.password);
  }
  if (!policy.allowed_users) return true;
  const std::vector<std::string>& users = *policy.allowed_users;
  return query.user && std::find(users.begin(), users.end(), *query.user) != users.end();
}

void BuiltinMetadata::OpenSession(const session::OpenQuery& query,
                                  session::Reply<session::OpenGrant> reply) {
  if (!MayEnter(query)) {
    Answer<session::OpenGrant>(courier_, std::move(reply),
                               tlcp::MakeError(tlcp::SessionCode::kCredentialsRefused));
    return;
  }
  session::OpenGrant grant;
  grant.max_bandwidth_kbps = set_.policy.max_bandwidth_kbps;
  Answer<session::OpenGrant>(courier_, std::move(reply), grant);
}

std::variant<session::SubscribeGrant, tlcp::Error> BuiltinMetadata::Decide(
    session::SubscribeQuery query) const {
  session::Table& table = query.table;
  if (table.selector) return tlcp::MakeError(tlcp::RequestCode::kInvalidSelector);
  session::SubscribeGrant grant;
  grant.items = table.items.empty() ? SplitOnSpaces(table.group) : std::move(table.items);
  grant.fields = SplitOnSpaces(table.schema);
  if (grant.fields.empty()) return tlcp::MakeError(tlcp::RequestCode::kInvalidSchema);
  const config::Policy& policy = set_.policy;
  session::ItemLimits limits{policy.distinct_snapshot_length, policy.prefilter_frequency,
                             policy.buffer_size, policy.max_frequency};
  grant.limits.reserve(grant.items.size());
  for (const std::string& item : grant.items) {
    const ModeSet modes = families_.ModesOf(item, table.data_adapter);
    const auto refusal = RefusalOf(table.mode, query.unfiltered, modes, limits);
    if (refusal) return tlcp::MakeError(*refusal);
    limits.kept_mode = KeptMode(modes);
    grant.limits.push_back(limits);
  }
  return grant;
}

void BuiltinMetadata::Authorize(session::SubscribeQuery query,
                                session::Reply<session::SubscribeGrant> reply) {
  Answer<session::SubscribeGrant>(courier_, std::move(reply), Decide(std::move(query)));
}

void BuiltinMetadata::SendMessage(session::MessageQuery /*query*/,
                                  session::Reply<session::MessageOutcome> reply) {
  Answer<session::MessageOutcome>(courier_, std::move(reply),
                                  tlcp::MakeCustomError(0, "Unsupported function"));
}

}  // namespace penstock::adapters
