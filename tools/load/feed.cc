// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/feed.h"

#include <algorithm>
#include <array>

#include "ari/data_messages.h"
#include "ari/init.h"
#include "load/time_mark.h"

namespace penstock::load {

namespace {

constexpr std::size_t kMostLine = 1 << 20;
constexpr std::size_t kMostUnsent = 1 << 20;
constexpr std::uint64_t kMostAtOnce = 256;  // before sockets are looked at again

}  // namespace

Feed::Feed(const Options& options, Poller& poller, Tally& tally)
    : options_(options),
      tally_(tally),
      stream_(poller, this),
      splitter_(kMostLine),
      pace_(options.rate) {
  field_names_.emplace_back("time");
  for (std::size_t i = 1; i <= options.fields; ++i) {
    field_names_.push_back("field" + std::to_string(i));
  }
}

std::string Feed::Open() {
  Address address;
  std::string error;
  if (!Resolve(options_.host, *options_.feed, &address, &error)) return error;
  stream_.Open(address, TlsClient());
  return {};
}

void Feed::OnOpen() {
  std::string rac;
  ari::WriteRac("1", {std::nullopt, std::nullopt, true, "penstock-load"}, &rac);
  stream_.Send(rac);
}

void Feed::OnBytes(std::string_view bytes) {
  splitter_.Feed(bytes);
  for (std::string_view line; splitter_.Next(&line) == ari::LineSplitter::Cut::kLine;) OnLine(line);
}

void Feed::OnLine(std::string_view line) {
  ari::PacketHead head;
  if (!ari::ParseHead(line, &head).ok()) return;
  if (head.method == ari::Method::kClose) {
    ari::NullableString reason;
    broken_ = ari::ParseClose(head.args, &reason).ok() ? reason.value_or("closed") : "closed";
  } else if (head.method == ari::Method::kDpi) {
    std::string reply;
    ari::WriteInitReply(head.id, head.method, ari::kLatestVersion, &reply);
    stream_.Send(reply);
    ready_ = true;
  } else if (head.method == ari::Method::kSub) {
    OnSubscribe(head);
  } else if (head.method == ari::Method::kUsb) {
    OnUnsubscribe(head);
  }
}

void Feed::OnSubscribe(const ari::PacketHead& head) {
  Item item;
  if (!ari::ParseItemRequest(head.method, head.args, dialect_, &item.name).ok()) return;
  item.subscription = head.id;
  item.values.resize(options_.fields);
  std::string out;
  ari::WriteItemEvent(0, ari::Method::kEos, item.name, head.id, dialect_, &out);
  ari::WriteVoidReply(head.id, head.method, dialect_, &out);
  items_.push_back(std::move(item));
  stream_.Send(out);
}

void Feed::OnUnsubscribe(const ari::PacketHead& head) {
  std::string name;
  if (!ari::ParseItemRequest(head.method, head.args, dialect_, &name).ok()) return;
  std::erase_if(items_, [&name](const Item& item) { return item.name == name; });
  std::string out;
  ari::WriteVoidReply(head.id, head.method, dialect_, &out);
  stream_.Send(out);
}

Clock::time_point Feed::Publish(Clock::time_point now) {
  if (!pace_.running() || items_.empty() || !broken_.empty()) return Clock::time_point::max();
  const std::uint64_t due = pace_.Behind(now);
  out_.clear();
  std::uint64_t done = 0;
  for (; done < std::min(due, kMostAtOnce); ++done) {
    if (stream_.unsent() + out_.size() > kMostUnsent) break;
    Append(items_[next_item_++ % items_.size()], Clock::now());
    pace_.Done();
  }
  stream_.Send(out_);
  return done < due ? now : pace_.Next();
}

void Feed::Append(Item& item, Clock::time_point now) {
  for (std::size_t i = 0; i < options_.changed; ++i) {
    ++item.values[next_field_++ % item.values.size()];
  }
  const std::size_t width = options_.value_bytes;
  values_.assign(kTimeMarkSize + width * item.values.size(), '0');
  WriteTimeMark(now, values_.data());
  std::vector<ari::FieldView> fields;
  fields.push_back({field_names_[0], std::string_view(values_).substr(0, kTimeMarkSize)});
  for (std::size_t f = 0; f < item.values.size(); ++f) {
    char* const value = values_.data() + kTimeMarkSize + f * width;
    std::uint32_t number = item.values[f];
    for (std::size_t i = width; i > 0 && number > 0; number /= 10) {
      value[--i] = static_cast<char>('0' + number % 10);
    }
    fields.push_back({field_names_[f + 1], std::string_view(value, width)});
  }
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  ari::WriteUpdate(static_cast<std::uint64_t>(millis), item.name, item.subscription, false,
                   fields.data(), fields.size(), dialect_, &out_);
  if (now >= tally_.window_start && now < tally_.window_end) ++published_of_window_;
}

}  // namespace penstock::load
