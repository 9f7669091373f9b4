// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/client_session.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "load/time_mark.h"

namespace penstock::load {

namespace {

constexpr std::string_view kProtocol = "TLCP-2.5.0";
constexpr std::string_view kCid = "LS_cid=pcYgxn8m8%20feOojyA1V661f3g2.pz482hz4qw";

// As a value in a request's body.
std::string Escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

// Of a session that stops reading: or its kernel would go on taking for it for a while.
constexpr int kSlowReceiveBuffer = 4096;

void Append(std::string_view name, std::string_view value, std::string* out) {
  if (!value.empty()) out->append("&LS_").append(name).append("=").append(Escaped(value));
}

}  // namespace

ClientSession::ClientSession(const SessionPlan& plan, std::size_t number, bool slow)
    : plan_(plan),
      number_(number),
      slow_(slow),
      stream_(plan.poller, this, slow ? kSlowReceiveBuffer : 0),
      renewed_(plan.options.items_each == 0 ? plan.options.items : plan.options.items_each) {}

std::size_t ClientSession::CountStale(Clock::time_point since) const {
  if (slow_) return 0;
  return static_cast<std::size_t>(
      std::count_if(renewed_.begin(), renewed_.end(), [&](auto then) { return then < since; }));
}

std::string ClientSession::CreateParameters() const {
  const Options& o = plan_.options;
  std::string text(kCid);
  text.append("&LS_send_sync=false");
  Append("adapter_set", o.set, &text);
  Append("user", o.user, &text);
  Append("password", o.password, &text);
  Append("requested_max_bandwidth", o.bandwidth, &text);
  return text;
}

std::string ClientSession::SubscribeParameters() const {
  const Options& o = plan_.options;
  const std::size_t each = o.items_each == 0 ? o.items : o.items_each;
  std::string group;
  for (std::size_t i = 0; i < each; ++i) {
    if (i > 0) group.push_back(' ');
    group.append(o.item).append(std::to_string((number_ * o.items_each + i) % o.items + 1));
  }
  std::string schema = o.mode == "COMMAND" ? "key command" : "time";
  for (std::size_t i = 1; i <= o.fields; ++i) schema.append(" field").append(std::to_string(i));
  std::string text = "LS_reqId=1&LS_op=add&LS_subId=1";
  Append("mode", o.mode, &text);
  Append("group", group, &text);
  Append("schema", schema, &text);
  Append("data_adapter", o.adapter, &text);
  Append("requested_max_frequency", o.frequency, &text);
  if (o.mode != "RAW") Append("snapshot", o.snapshot ? "true" : "false", &text);
  return text;
}

void ClientSession::OnOpen() {
  reader_.emplace(plan_.options.websocket, static_cast<BodyUser*>(this));
  cut_line_.clear();
  looped_ = false;
  if (plan_.options.websocket) {
    stream_.Send("GET /lightstreamer HTTP/1.1\r\nHost: " + plan_.options.host +
                 "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: " +
                 std::string(kProtocol) + ".lightstreamer.com\r\n\r\n");
    Request("create_session", CreateParameters());
  } else if (id_.empty()) {
    std::string body = CreateParameters();
    if (plan_.options.items > 0) body.append("\r\n").append(SubscribeParameters());
    Request("create_session", body);
  } else {
    Request("bind_session", "LS_session=" + id_);
  }
}

void ClientSession::Request(std::string_view name, const std::string& body) {
  std::string out;
  if (plan_.options.websocket) {
    AppendFrame(kTextFrame, std::string(name) + "\r\n" + body, &out);
  } else {
    out.append("POST /lightstreamer/").append(name).append(".txt?LS_protocol=").append(kProtocol);
    out.append(" HTTP/1.1\r\nHost: ").append(plan_.options.host);
    out.append("\r\nContent-Length: ").append(std::to_string(body.size()));
    out.append("\r\n\r\n").append(body);
  }
  stream_.Send(out);
}

void ClientSession::OnBytes(std::string_view bytes) {
  plan_.tally.bytes += bytes.size();
  ++plan_.tally.reads;
  arrived_ = Clock::now();
  const std::string_view wrong = reader_->Take(bytes);
  if (state_ == State::kFailed) return;
  if (!wrong.empty()) {
    Fail(wrong);
  } else if (looped_ && (plan_.options.websocket || reader_->at_end())) {
    OnLoop();
  }
}

void ClientSession::OnClosed(std::string_view why) {
  if (looped_ && !plan_.options.websocket) {
    OnLoop();
  } else {
    Fail(why);
  }
}

void ClientSession::Fail(std::string_view what) {
  if (state_ == State::kFailed) return;
  if (state_ == State::kReady) --plan_.tally.ready;
  if (!id_.empty()) --plan_.tally.opened;
  state_ = State::kFailed;
  plan_.tally.Fail(what);
  stream_.Close();
}

// The response is full, or the server wants another one.
void ClientSession::OnLoop() {
  looped_ = false;
  ++plan_.tally.rebinds;
  if (plan_.options.websocket) {
    Request("bind_session", "LS_session=" + id_);
  } else {
    stream_.Close();
    stream_.Open(plan_.address, plan_.tls);
  }
}

void ClientSession::OnPing(std::string_view payload) {
  std::string out;
  AppendFrame(kPongFrame, payload, &out);
  stream_.Send(out);
}

void ClientSession::OnText(std::string_view text) {
  while (state_ != State::kFailed) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    if (cut_line_.empty()) {
      OnLine(text.substr(0, end));
    } else {
      cut_line_.append(text.substr(0, end));
      OnLine(cut_line_);
      cut_line_.clear();
    }
    text.remove_prefix(end + 1);
  }
  cut_line_.append(text);
}

void ClientSession::OnLine(std::string_view line) {
  if (line.starts_with("U,")) {
    OnUpdate(line);
    return;
  }
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.starts_with("OV,")) {
    std::uint64_t count = 0;
    const std::size_t comma = line.rfind(',') + 1;
    std::from_chars(line.data() + comma, line.data() + line.size(), count);
    plan_.tally.lost += count;
  } else if (line.starts_with("CONOK,")) {
    OnCreated(line);
  } else if (line.starts_with("SUBOK,") || line.starts_with("SUBCMD,")) {
    OnReady();
  } else if (line.starts_with("LOOP,")) {
    looped_ = true;
  } else if (line.starts_with("CONERR,") || line.starts_with("REQERR,") ||
             line.starts_with("ERROR,") || line.starts_with("END,")) {
    Fail(line);
  }
}

void ClientSession::OnCreated(std::string_view line) {
  if (!id_.empty()) return;  // bound again
  line.remove_prefix(std::strlen("CONOK,"));
  id_ = line.substr(0, line.find(','));
  state_ = State::kCreated;
  ++plan_.tally.opened;
  if (plan_.options.items == 0) {
    OnReady();
  } else if (plan_.options.websocket) {
    Request("control", SubscribeParameters());
  }
}

void ClientSession::OnReady() {
  if (state_ != State::kCreated) return;
  state_ = State::kReady;
  ++plan_.tally.ready;
  if (slow_) stream_.StopReading();
}

void ClientSession::OnUpdate(std::string_view line) {
  ++plan_.tally.deliveries;
  std::size_t item = 0;
  const std::string_view rest = line.substr(std::min(line.size(), std::strlen("U,1,")));
  std::from_chars(rest.data(), rest.data() + rest.size(), item);
  if (item > 0 && item <= renewed_.size()) renewed_[item - 1] = arrived_;
  if (const auto published = FindTimeMark(line)) plan_.tally.Deliver(*published, arrived_);
}

}  // namespace penstock::load
