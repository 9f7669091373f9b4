// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/builtin_metadata.h"

#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"

namespace penstock::adapters {

namespace {

bool IsLoopback(std::string_view ip) {
  if (ip.starts_with("::ffff:")) ip.remove_prefix(7);
  return ip.starts_with("127.") || ip == "::1";
}

std::vector<std::string> SplitOnSpaces(std::string_view text) {
  std::vector<std::string> words;
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

void BuiltinMetadata::OpenSession(session::OpenQuery query,
                                  session::Reply<session::OpenGrant> reply) {
  if (IsLoopback(query.remote_ip)) {
    Answer<session::OpenGrant>(courier_, std::move(reply), session::OpenGrant());
    return;
  }
  PENSTOCK_LOG(kAdapter, kWarn,
               "client refused: an adapter set without a metadata adapter serves this machine only",
               {"adapter_set", adapter_set_}, {"peer", query.remote_ip});
  Answer<session::OpenGrant>(courier_, std::move(reply),
                             tlcp::MakeError(tlcp::SessionCode::kCredentialsRefused));
}

void BuiltinMetadata::Authorize(session::SubscribeQuery query,
                                session::Reply<session::SubscribeGrant> reply) {
  if (query.table.selector) {
    Answer<session::SubscribeGrant>(courier_, std::move(reply),
                                    tlcp::MakeError(tlcp::RequestCode::kInvalidSelector));
    return;
  }
  session::SubscribeGrant grant;
  grant.items =
      query.table.items.empty() ? SplitOnSpaces(query.table.group) : std::move(query.table.items);
  grant.fields = SplitOnSpaces(query.table.schema);
  if (grant.fields.empty()) {
    Answer<session::SubscribeGrant>(courier_, std::move(reply),
                                    tlcp::MakeError(tlcp::RequestCode::kInvalidSchema));
    return;
  }
  grant.limits.resize(grant.items.size());
  Answer<session::SubscribeGrant>(courier_, std::move(reply), std::move(grant));
}

}  // namespace penstock::adapters
