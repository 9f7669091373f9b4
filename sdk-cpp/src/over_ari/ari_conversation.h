// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <poll.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ari/init.h"
#include "ari/line_splitter.h"
#include "ari/method.h"
#include "connector.h"
#include "conversation.h"
#include "outbox.h"
#include "over_ari/links.h"
#include "over_ari/packet_sink.h"
#include "session.h"

namespace penstock::adapter {

// A conversation in ARI, over one or two byte streams: opens the adapter, reads requests. Each
// stream has a thread that writes.
// Owner, thread: as Conversation.
class AriConversation final : public Conversation {
 public:
  explicit AriConversation(Context context);

  Status Open() override;
  Ending Serve() override;
  void Retire() override;
  void Wake() override;
  size_t queued_bytes() override;
  // FAL.
  Status Fail(std::string_view message) override;
  std::shared_ptr<MetadataSession> metadata_session() override;

 private:
  using Clock = Outbox::Clock;
  enum class Next { kGoOn, kDisconnect, kFlushAndDisconnect, kStop };

  bool is_data() const { return context_.adapter->is_data(); }
  const HostOptions& options() const { return *context_.options; }
  const Log& log() const { return *context_.log; }
  NodeCells& cells() const { return *context_.cells; }
  ari::Method init_method() const { return is_data() ? ari::Method::kDpi : ari::Method::kMpi; }

  // Waits for what comes next and sees to it.
  Next ServeOnce(std::string* reason);
  // Another server comes to a listener.
  void OnCaller();
  Next ReadSome(size_t link, std::string* reason);
  Next OnBytes(std::string_view bytes, std::string* reason);
  Next OnLine(std::string_view line, std::string* reason);
  Next OnInit(const ari::PacketHead& head, std::string* reason);
  Next Refuse(const ari::PacketHead& head, const Error& error, std::string* reason);
  Next ProtocolError(std::string_view what, std::string* reason);
  void OpenSession(ari::Version version, const ari::InitRequest& request);
  // Lets running calls end and queued lines go out, until the deadline.
  void Flush(Clock::time_point deadline);
  void EndSession();

  const Context context_;
  const std::string greeting_;

  // Reader only.
  std::unique_ptr<Connector> connector_;
  Links links_;
  std::vector<pollfd> waits_;
  std::optional<ari::LineSplitter> splitter_;
  std::vector<char> buffer_;
  PacketSink* packets_ = nullptr;  // the session
  bool warned_ = false;
  Clock::time_point stable_at_;     // from then on the connection counts as one that works
  Clock::time_point callers_from_;  // until then other servers that come wait

  std::mutex mutex_;
  // Replaced by the reader under the lock; used by Fail() and the Force functions.
  std::shared_ptr<Session> session_;
  std::shared_ptr<MetadataSession> metadata_session_;  // the same one
  std::shared_ptr<Outbox> events_;
  ari::Dialect dialect_;
};

}  // namespace penstock::adapter
