// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_ari/links.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "ari/method.h"
#include "over_ari/keepalive.h"
#include "tcp.h"

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;

// For a writer to tell why its write has failed.
constexpr milliseconds kTellTime{50};
// How long the server may take to hang up after our end of the connection is closed.
constexpr milliseconds kLingerTime{500};

}  // namespace

Status Links::Open(Connector::Streams streams, const std::string& greeting) {
  for (auto& stream : streams) {
    Link& link = links_.emplace_back();
    link.stream = std::move(stream);
    link.outbox = std::make_shared<Outbox>(options_.max_queued_bytes, cells_);
  }
  SetKeepalive(KeepaliveInterval(options_.keepalive, std::nullopt));
  try {
    for (Link& link : links_) {
      if (!greeting.empty()) link.outbox->PushAnswer(greeting);
      link.writer = std::thread(
          [outbox = link.outbox, stream = link.stream.get()] { outbox->WriterLoop(stream); });
    }
  } catch (const std::system_error& e) {
    Close();
    return Error(std::string("cannot start a thread: ") + e.what());
  }
  return {};
}

void Links::SetKeepalive(milliseconds interval) {
  for (Link& link : links_) link.outbox->SetKeepalive(interval, ari::kKeepaliveLine);
}

std::string Links::WhyEnded(size_t link, bool hung_up) const {
  Outbox& outbox = *links_[link].outbox;
  // A write that failed has taken the error with it, and ends both directions. Its writer is about
  // to tell, where one that has seen nothing would wait on.
  if (hung_up) static_cast<void>(outbox.WaitWriterDone(DeadlineAfter(kTellTime)));
  const std::string failure = outbox.failure();
  return failure.empty() ? "the server closed the connection" : "cannot send: " + failure;
}

void Links::Flush(Outbox::Clock::time_point deadline) {
  for (Link& link : links_) link.outbox->Finish();
  for (Link& link : links_) {
    if (!link.outbox->WaitWriterDone(deadline)) return;
  }
  const auto linger = std::min(deadline, Outbox::Clock::now() + kLingerTime);
  for (Link& link : links_) link.stream->Linger(linger);
}

void Links::Close() {
  for (Link& link : links_) {
    link.outbox->Close();
    link.stream->Shutdown();
    if (link.writer.joinable()) link.writer.join();
  }
  links_.clear();
}

}  // namespace penstock::adapter
