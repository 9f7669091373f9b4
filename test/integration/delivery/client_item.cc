// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "delivery/client_item.h"

#include <algorithm>
#include <utility>

namespace penstock::test {

bool ClientItem::Begin() {
  if (ways_ == nullptr && view_.Begin()) ways_ = Ways::Of(view_);
  return ways_ != nullptr;
}

void ClientItem::OnFlow() {
  if (view_.is_lossy() || wish().is_latest || !Begin()) return;
  const std::vector<ModelEvent>& flow = view_.flow();
  const std::size_t least = ways_->least();
  if (flow.size() <= least + wish().buffer) return;
  if (!wish().takes || flow.size() > least + wish().log) {
    view_.NoteLossy();
    return;
  }
  // Events that the selector keeps back take no place in the buffer.
  const auto taken =
      std::count_if(flow.begin() + static_cast<std::ptrdiff_t>(least), flow.end(),
                    [&](const ModelEvent& event) { return wish().takes(event.values); });
  if (static_cast<std::size_t>(taken) > wish().buffer) view_.NoteLossy();
}

void ClientItem::OnUpdate(std::string_view tail, TimePoint now) {
  if (!view_.Decode(tail)) return view_.Fail("a client cannot decode it");
  if (!Begin()) return view_.Fail("an update before the snapshot is over");
  ways_->OnUpdate(now);
  view_.NoteSent();
}

void ClientItem::OnEndOfSnapshot() {
  if (!wish().HasEndOfSnapshot()) return view_.Fail("EOS of something that has none");
  if (std::exchange(has_eos_, true)) return view_.Fail("a second EOS");
  if (!Begin()) return view_.Fail("EOS before the snapshot is over");
  ways_->OnEndOfSnapshot();
}

void ClientItem::OnClear() {
  if (wish().mode != tlcp::Mode::kDistinct && wish().mode != tlcp::Mode::kCommand) {
    return view_.Fail("CS in this mode");
  }
  if (!Begin()) return view_.Fail("CS before the snapshot is over");
  ways_->OnClear();
}

void ClientItem::OnLoss(std::size_t count) {
  const bool may_lose = wish().is_unfiltered || wish().mode == tlcp::Mode::kCommand;
  if (!may_lose) return view_.Fail("OV: filtered");
  if (!Begin() || count == 0) return view_.Fail("OV too early, or of nothing");
  if (wish().is_unfiltered && !view_.is_lossy()) {
    return view_.Fail("OV although the buffer was large enough");
  }
  ways_->OnLoss(count);
}

void ClientItem::Settle() {
  if (!error().empty()) return;
  if (!Begin()) {
    if (view_.sent_any()) view_.Fail("lines before the snapshot is over");
    return;
  }
  if (wish().HasEndOfSnapshot() && !has_eos_) return view_.Fail("no EOS");
  ways_->Settle();
}

std::uint64_t ClientItem::Offered() {
  if (!Begin() || (wish().is_latest && !view_.MustHaveSent())) return 0;
  const std::vector<ModelEvent>& flow = view_.flow();
  std::uint64_t count = 0;
  for (std::size_t at = view_.low(); at < flow.size(); ++at) {
    if (flow[at].kind != ModelEvent::Kind::kClear) ++count;
  }
  return count;
}

std::string ClientItem::Describe() const {
  constexpr std::size_t kEvents = 40;
  const auto text_of = [](const Value& value) {
    return value.value_or("(null)").substr(0, 60) + " | ";
  };
  const std::vector<ModelEvent>& flow = view_.flow();
  std::string out = "ways:" + (ways_ == nullptr ? " not begun" : ways_->Describe());
  out += "\nflow (" + std::to_string(flow.size()) + "):\n";
  for (std::size_t i = flow.size() > kEvents ? flow.size() - kEvents : 0; i < flow.size(); ++i) {
    out += std::to_string(i) + ": " + std::to_string(static_cast<int>(flow[i].kind)) +
           (flow[i].is_snapshot ? "s " : " ");
    for (const std::size_t field : wish().fields) out += text_of(flow[i].values[field]);
    out += "\n";
  }
  out += "client: ";
  for (const Value& value : view_.shown()) out += text_of(value);
  return out + "\n";
}

}  // namespace penstock::test
