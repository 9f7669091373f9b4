// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "bench/peers/peer_subscriber.h"

#include <utility>

#include "load/time_mark.h"

namespace penstock::bench {

PeerSubscriber::PeerSubscriber(const Place& place, std::vector<std::size_t> topics)
    : place_(place), topics_(std::move(topics)), stream_(place.poller, this) {}

void PeerSubscriber::OnOpen() {
  reader_.emplace(true, static_cast<load::BodyUser*>(this));
  std::string request =
      "GET " + place_.protocol.Path(topics_) +
      " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (const std::string_view name = place_.protocol.Subprotocol(); !name.empty()) {
    request.append("Sec-WebSocket-Protocol: ").append(name).append("\r\n");
  }
  stream_.Send(request + "\r\n");
}

void PeerSubscriber::OnBytes(std::string_view bytes) {
  place_.tally.bytes += bytes.size();
  ++place_.tally.reads;
  arrived_ = load::Clock::now();
  const std::string_view wrong = reader_->Take(bytes);
  if (!wrong.empty()) {
    Fail(wrong);
  } else if (reader_->has_head() && !std::exchange(upgraded_, true)) {
    OnUpgraded();
  }
}

void PeerSubscriber::OnUpgraded() {
  ++place_.tally.opened;
  for (const std::string& message : place_.protocol.Subscribe(topics_)) {
    std::string frame;
    load::AppendFrame(load::kBinaryFrame, message, &frame);
    stream_.Send(frame);
  }
  if (place_.protocol.Subscribed().empty()) OnReady();
}

void PeerSubscriber::OnReady() {
  ready_ = true;
  ++place_.tally.ready;
  std::string().swap(answer_);
}

void PeerSubscriber::OnText(std::string_view text) {
  if (ready_) {
    CountMarks(text);
    return;
  }
  answer_.append(text);
  if (answer_.find(place_.protocol.Subscribed()) != std::string::npos) OnReady();
}

void PeerSubscriber::CountMarks(std::string_view text) {
  std::string joined;
  if (!cut_.empty()) {
    joined = cut_.append(text);
    cut_.clear();
    text = joined;
  }
  for (;;) {
    const std::size_t at = text.find('~');
    if (at == std::string_view::npos) return;
    text.remove_prefix(at);
    if (text.size() < load::kTimeMarkSize) {
      cut_ = text;
      return;
    }
    if (const auto published = load::FindTimeMark(text.substr(0, load::kTimeMarkSize))) {
      ++place_.tally.deliveries;
      place_.tally.Deliver(*published, arrived_);
    }
    text.remove_prefix(1);
  }
}

void PeerSubscriber::OnPing(std::string_view payload) {
  std::string frame;
  load::AppendFrame(load::kPongFrame, payload, &frame);
  stream_.Send(frame);
}

void PeerSubscriber::Fail(std::string_view what) {
  if (std::exchange(failed_, true)) return;
  if (upgraded_) --place_.tally.opened;
  if (ready_) --place_.tally.ready;
  place_.tally.Fail(what);
  stream_.Close();
}

}  // namespace penstock::bench
