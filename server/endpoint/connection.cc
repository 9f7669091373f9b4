// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/connection.h"

#include <algorithm>
#include <span>

#include "base/log.h"
#include "endpoint/http_channel.h"
#include "endpoint/web_socket.h"

namespace penstock::endpoint {

namespace {
// How long a closing connection waits for the client to close too, so that the last bytes are not
// lost to a reset.
constexpr auto kLinger = std::chrono::seconds(2);
}  // namespace

Connection::Connection(Endpoint& endpoint, std::uint32_t listener, tcp::Descriptor socket,
                       const Client& client, protection::Seat seat)
    : endpoint_(endpoint),
      socket_(endpoint.shard(), std::move(socket), this),
      client_(client),
      seat_(std::move(seat)),
      listener_index_(listener),
      http_(std::make_unique<HttpChannel>(*this)),
      timer_([](void* self) { static_cast<Connection*>(self)->OnTimer(); }, this) {}

Connection::~Connection() = default;

void Connection::Start(ConnectionRef self) {
  self_ = self;
  if (!socket_.is_open()) {
    Close("this shard cannot watch it");
    return;
  }
  if (handover_ == nullptr) {
    if (!endpoint_.Count(*this, &place_)) {
      Close("too many connections");
      return;
    }
    ExpectInput(endpoint_.options().read_timeout);
    Secure();
  } else {
    Arrive(*std::exchange(handover_, nullptr));
    if (state_ == State::kOpen) ProcessKept();
  }
  if (state_ == State::kOpen) socket_.WaitReadable();
}

void Connection::SetClient(const std::optional<asio::ip::address>& ip) {
  if (!ip && !client_.is_told) return;
  const tcp::Endpoint peer = socket_.Remote();
  client_ = {ip ? tcp::Endpoint(*ip, peer.port()) : peer, ip.has_value()};
}

void Connection::ExpectInput(Millis limit) {
  input_due_ = limit.count() > 0 ? shard().now() + limit : TimePoint::max();
  if (input_due_ != TimePoint::max()) {
    shard().wheel().Arm(timer_, std::min(input_due_, output_due_));
  }
}

void Connection::ExpectRest(TimePoint since, std::size_t received) {
  const Options& options = endpoint_.options();
  if (options.read_timeout.count() == 0) return;
  input_due_ = since + options.read_timeout;
  if (options.min_body_rate != 0) {
    input_due_ += Duration(std::chrono::seconds(1)) * received / options.min_body_rate;
  }
  shard().wheel().Arm(timer_, std::min(input_due_, output_due_));
}

bool Connection::CountRequest() {
  // Somebody who is told no and goes on like that is not listening.
  constexpr std::uint32_t kFloodFactor = 10;
  if (flood_.Take(shard().now(), kFloodFactor * endpoint_.options().request_rate)) return true;
  endpoint_.sessions().Note(protection::Limit::kRequestFlood, client_ip());
  return false;
}

bool Connection::CountForAddress() {
  // Behind HTTP proxies each request may be somebody else's; the connection is the proxy's.
  const bool forwarded = client_.is_told && listener().forward_hops > 0;
  const TimePoint now = shard().now();
  if (forwarded ? endpoint_.CountRequest(listener(), client_ip(), now) : place_.TakeRequest(now)) {
    return true;
  }
  endpoint_.sessions().Note(protection::Limit::kRequestRatePerAddress, client_ip());
  return false;
}

// A client that goes on sending while a request is served waits in the kernel.
bool Connection::HasRoom() const {
  const Options& options = endpoint_.options();
  const std::size_t bound =
      ws_ != nullptr ? ws_->max_unread() : options.max_head_bytes + options.request_limit;
  return kept_ == nullptr || kept_->size() <= bound;
}

void Connection::OnReadable() {
  // A few reads a turn: a fast sender must not starve the others.
  constexpr int kReads = 4;
  for (int i = 0; i < kReads && state_ != State::kClosed && (i == 0 || HasRoom()); ++i) {
    const std::span<char> buffer = shard().read_buffer();
    const tcp::ReadResult result = socket_.Read(buffer);
    if (securing_ && !OnHandshake(result.status)) return;
    if (result.status == tcp::ReadStatus::kWouldBlock) break;
    if (result.status == tcp::ReadStatus::kEnd) {
      OnEnd();
      return;
    }
    if (result.status == tcp::ReadStatus::kBroken) {
      OnBroken();
      return;
    }
    if (state_ == State::kClosing) continue;
    Consume(buffer.data(), result.size);
    if (result.size < buffer.size()) break;
  }
  if (state_ != State::kClosed && HasRoom()) socket_.WaitReadable();
}

void Connection::Keep(std::string_view unread) {
  if (!unread.empty()) kept_ = std::make_unique<std::string>(unread);
}

void Connection::Consume(char* data, std::size_t size) {
  if (kept_ != nullptr) {
    kept_->append(data, size);
    ProcessKept();
    return;
  }
  processing_ = true;
  std::size_t used = 0;
  // The upgrade changes who reads on in the middle of a buffer.
  for (std::size_t before = size + 1; used < size && state_ == State::kOpen && before != used;) {
    before = used;
    used += ws_ != nullptr ? ws_->Consume({data + used, size - used})
                           : http_->Consume({data + used, size - used});
  }
  processing_ = false;
  if (ws_ != nullptr) http_.reset();
  if (state_ == State::kLeaving) Leave({data + used, size - used});
  if (state_ == State::kOpen) Keep({data + used, size - used});
}

void Connection::ProcessKept() {
  if (processing_ || kept_ == nullptr) return;
  processing_ = true;
  const std::span<char> kept(*kept_);  // nobody changes it meanwhile
  std::size_t used = 0;
  for (std::size_t before = kept.size() + 1;
       used < kept.size() && state_ == State::kOpen && before != used;) {
    before = used;
    const std::span<char> rest = kept.subspan(used);
    used += ws_ != nullptr ? ws_->Consume(rest) : http_->Consume({rest.data(), rest.size()});
  }
  processing_ = false;
  if (ws_ != nullptr) http_.reset();
  if (state_ == State::kLeaving) Leave(std::string_view(*kept_).substr(used));
  if (used == kept.size() || state_ != State::kOpen) {
    kept_.reset();
  } else {
    kept_->erase(0, used);
  }
}

void Connection::Resume() {
  if (state_ != State::kOpen) return;
  ProcessKept();
  if (state_ != State::kOpen) return;
  if (!input_over_) {
    if (HasRoom()) socket_.WaitReadable();
  } else if (!processing_ && http_ != nullptr && !http_->busy()) {
    CloseAfterWrites();  // that was the last request
  }
}

void Connection::WriteSoon(std::string bytes) {
  if (state_ == State::kClosed) return;
  if (!writable()) return Write(bytes);
  if (held_ != nullptr) {
    *held_ += bytes;
    return;
  }
  held_ = std::make_unique<std::string>(std::move(bytes));
  endpoint_.WriteAtEndOfTurn(self_);
}

void Connection::WriteHeld() {
  if (held_ != nullptr) Write({});
}

void Connection::Write(std::string_view bytes) {
  if (state_ == State::kClosed) return;
  const std::unique_ptr<std::string> held = std::move(held_);
  if (held != nullptr) bytes = held->append(bytes);
  SettleBatch();
  const std::size_t before = socket_.backlog_size();
  if (socket_.Write(bytes)) {
    OnBacklog(before);
  } else {
    OnWriteFailed();
  }
}

void Connection::WriteWithOthers(std::string_view bytes) {
  if (state_ == State::kClosed) return;
  const std::unique_ptr<std::string> held = std::move(held_);
  if (held != nullptr) bytes = held->append(bytes);
  if (bytes.empty() || socket_.WriteLater(endpoint_.sends(), bytes)) return;
  Write(bytes);
}

void Connection::SettleBatch() {
  if (socket_.in_batch()) endpoint_.sends().Settle();
}

void Connection::OnBatchCutShort(bool broken) { broken ? OnWriteFailed() : OnBacklog(0); }

// The reading side hears of it in a later turn, outside of whoever writes now.
void Connection::OnWriteFailed() {
  input_over_ = false;
  socket_.WaitReadable();
}

// `before`: what the backlog was before the last write.
void Connection::OnBacklog(std::size_t before) {
  if (socket_.backlog_size() == 0) return;
  if (output_due_ == TimePoint::max() && endpoint_.options().write_timeout.count() > 0) {
    output_due_ = shard().now() + endpoint_.options().write_timeout;
    shard().wheel().Arm(timer_, std::min(input_due_, output_due_));
  }
  // One answer may be of any size, and a session composes nothing while there is a backlog: this is
  // for a client that sends requests and does not read the answers.
  if (before > endpoint_.options().send_backlog) {
    output_due_ = shard().now();
    shard().wheel().Arm(timer_, output_due_);
  }
}

void Connection::OnDrained() {
  output_due_ = TimePoint::max();
  if (state_ == State::kClosing) {
    EndSending();
    return;
  }
  if (state_ != State::kOpen) return;
  if (ws_ != nullptr) {
    ws_->OnDrained();
  } else {
    http_->OnDrained();
  }
}

void Connection::CloseAfterWrites() {
  SettleBatch();
  if (state_ != State::kOpen) return;
  WriteHeld();
  state_ = State::kClosing;
  // Whoever closes may be at work on it; ProcessKept() drops it then.
  if (!processing_) kept_.reset();
  ExpectInput(Millis(0));
  if (writable()) EndSending();
  if (state_ == State::kClosing && !input_over_) socket_.WaitReadable();
}

void Connection::EndSending() {
  if (input_over_) {
    Close("closed on both sides");
    return;
  }
  socket_.ShutdownSend();
  ExpectInput(kLinger);
}

void Connection::Close(std::string_view why) {
  SettleBatch();
  if (state_ == State::kClosed) return;
  WriteHeld();
  state_ = State::kClosed;
  PENSTOCK_LOG(kConnection, kDebug, "connection closed", {"listener", listener().name},
               {"reason", why});
  timer_.Cancel();
  socket_.Close();
  if (ws_ != nullptr) ws_->OnEnd();
  if (http_ != nullptr) http_->OnEnd();
  endpoint_.Retire(self_);
}

void Connection::OnEnd() {
  // A client that ends its side behind its last request still gets the answers. Not so for the
  // stream or poll of a session: there it is how clients leave.
  const bool answering = state_ == State::kClosing || (http_ != nullptr && http_->answering());
  if (!answering && (writable() || http_ == nullptr || http_->busy())) {
    Close("closed by the client");
    return;
  }
  input_over_ = true;
  if (state_ == State::kClosing) {
    if (writable()) Close("closed on both sides");
  } else if (!http_->busy()) {
    CloseAfterWrites();
  }
}

void Connection::OnTimer() {
  const TimePoint now = shard().now();
  if (now >= output_due_) {
    ++endpoint_.counters().slow_readers;
    endpoint_.Complain(Complaints::Kind::kSlowReader, "client does not read",
                       {{"client", client_ip()}, {"listener", listener().name}});
    Close("slow reader");
    return;
  }
  if (now >= input_due_ && !ReadLate()) OnInputDue();
  if (state_ == State::kClosed) return;
  const TimePoint next = std::min(input_due_, output_due_);
  if (next > now && next != TimePoint::max()) shard().wheel().Arm(timer_, next);
}

// The time is the client's: what has come and lies unread is not late, but this shard, which has
// too much else to read. Were it cut, all who come back at once would be, again and again.
bool Connection::ReadLate() {
  if (state_ != State::kOpen || input_over_ || !HasRoom()) return false;
  char byte;
  if (socket_.Peek({&byte, 1}).status != tcp::ReadStatus::kData) return false;
  OnReadable();
  if (securing_ && state_ == State::kOpen) ExpectInput(listener().handshake_timeout);
  return state_ != State::kOpen || input_due_ > shard().now();
}

void Connection::OnInputDue() {
  if (securing_) {
    ++endpoint_.counters().tls_timeouts;
    RefuseHandshake("no handshake in time");
    Close("no handshake in time");
    return;
  }
  if (state_ != State::kOpen) {
    Close("lingered");
    return;
  }
  if (ws_ != nullptr) {
    ws_->OnTimeout();
    return;
  }
  ++endpoint_.counters().read_timeouts;
  if (kept_ == nullptr && !http_->receiving()) {
    Close("read timeout");
    return;
  }
  endpoint_.sessions().Note(protection::Limit::kSlowRequest, client_ip());
  http_->RefuseSlow();
}

void Connection::Drain() {
  if (state_ != State::kOpen) return;
  if (securing_) {
    Close("the server shuts down");
  } else if (ws_ != nullptr) {
    ws_->Drain();
  } else {
    http_->Drain();
  }
}

void Connection::Upgrade(std::unique_ptr<WebSocket> channel) {
  ws_ = std::move(channel);
  ExpectInput(endpoint_.options().read_timeout);
}

}  // namespace penstock::endpoint
