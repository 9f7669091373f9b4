// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace penstock::session {

// Room that the pump leaves in front of the lines it composes, for the header of a frame or chunk.
inline constexpr std::size_t kHeaderRoom = 16;

// The stream connection of a session: the current way to its client (TLCP "stream connection").
// endpoint/ implements it over a WebSocket, a streaming HTTP response and a poll. It is owned by
// its connection, which tells the session (OnLinkWritable, OnLinkLost) and unbinds before it dies.
// Shard: the session's.
class ClientLink {
 public:
  // All that was flushed has left the process; nothing is composed while this is false.
  virtual bool writable() const = 0;
  // A hint: Flush() comes soon.
  virtual void Prefetch() const {}
  // Bytes that it has taken so far, as they go on the wire: with the heads, frames, chunks and TLS
  // records around the lines, and with what else its connection has said. Only differences count.
  virtual std::uint64_t taken() const = 0;
  // Those of them that have left this process.
  virtual std::uint64_t sent() const = 0;
  // Sends the lines that `cork` holds from kHeaderRoom on, as one piece. What stands in front of
  // them, and the string behind them, is the link's to use.
  virtual void Flush(std::string& cork) = 0;
  // LOOP or END was flushed: the session has left this link. A response ends; a WebSocket stays
  // open unless `close_socket`. Gives taken() with the last of it; the link may be gone by then.
  virtual std::uint64_t Finish(bool close_socket) = 0;
  // The session has gone to another link, or died, without last words on this one. `broken`: the
  // client says that nothing comes through any more; the connection is of no use.
  virtual void Abandon(bool broken) = 0;

 protected:
  ~ClientLink() = default;
};

// Between BeginBatch() and SendBatch() links may hold what they are flushed, so that one system
// call sends for many. After SendBatch() they are as if each had written at once. Shard: one of
// each.
class LinkBatch {
 public:
  virtual void BeginBatch() = 0;
  virtual void SendBatch() = 0;

 protected:
  ~LinkBatch() = default;
};

}  // namespace penstock::session
