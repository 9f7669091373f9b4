// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "bench/peers/peer_publisher.h"

#include <algorithm>

#include "load/time_mark.h"

namespace penstock::bench {

namespace {

constexpr std::size_t kMostUnsent = 1 << 20;
constexpr std::uint64_t kMostAtOnce = 256;

}  // namespace

class PeerPublisher::Connection final : private load::StreamOwner {
 public:
  explicit Connection(PeerPublisher& publisher)
      : publisher_(publisher), stream_(publisher.poller_, this) {}

  void Open(const load::Address& address) { stream_.Open(address, load::TlsClient()); }
  load::Stream& stream() { return stream_; }
  std::string out;  // of this turn

 private:
  void OnOpen() override { stream_.Send(publisher_.protocol_.Greeting()); }
  void OnBytes(std::string_view bytes) override {
    stream_.Send(publisher_.protocol_.Answer(bytes));
  }
  void OnClosed(std::string_view why) override { publisher_.broken_ = why; }

  PeerPublisher& publisher_;
  load::Stream stream_;
};

PeerPublisher::PeerPublisher(const PeerProtocol& protocol, const load::Options& options,
                             std::uint16_t port, load::Poller& poller, load::Tally& tally)
    : protocol_(protocol),
      options_(options),
      port_(port),
      poller_(poller),
      tally_(tally),
      pace_(options.rate),
      payload_(load::kTimeMarkSize, ' ') {
  for (std::size_t i = 0; i < options.fields; ++i) {
    payload_.append("|").append(options.value_bytes, static_cast<char>('0' + i % 10));
  }
}

PeerPublisher::~PeerPublisher() = default;

std::string PeerPublisher::Open() {
  load::Address address;
  std::string error;
  if (!load::Resolve(options_.host, port_, &address, &error)) return error;
  for (std::size_t i = 0; i < protocol_.publishers(); ++i) {
    connections_.push_back(std::make_unique<Connection>(*this));
    connections_.back()->Open(address);
  }
  return {};
}

bool PeerPublisher::ready() const {
  return std::all_of(connections_.begin(), connections_.end(),
                     [](const auto& connection) { return connection->stream().is_open(); });
}

load::Clock::time_point PeerPublisher::Publish(load::Clock::time_point now) {
  if (!pace_.running()) return load::Clock::time_point::max();
  const std::uint64_t due = pace_.Behind(now);
  std::uint64_t done = 0;
  for (; done < std::min(due, kMostAtOnce); ++done) {
    Connection& connection = *connections_[next_ % connections_.size()];
    if (connection.stream().unsent() + connection.out.size() > kMostUnsent) break;
    const auto published = load::Clock::now();
    load::WriteTimeMark(published, payload_.data());
    protocol_.AppendUpdate(next_ % options_.items + 1, payload_, &connection.out);
    if (published >= tally_.window_start && published < tally_.window_end) ++published_of_window_;
    ++next_;
    pace_.Done();
  }
  for (const auto& connection : connections_) {
    connection->stream().Send(connection->out);
    connection->out.clear();
  }
  return done < due ? now : pace_.Next();
}

}  // namespace penstock::bench
