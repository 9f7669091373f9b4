// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "bench/peers/peer_protocol.h"

namespace penstock::bench {

namespace {

// Messages are posted over HTTP, pipelined.
class Nchan final : public PeerProtocol {
 public:
  std::string Path(const std::vector<std::size_t>& topics) const override {
    std::string path = "/sub/";
    for (const std::size_t topic : topics) path.append(std::to_string(topic)).push_back(',');
    path.pop_back();
    return path;
  }
  std::vector<std::string> Subscribe(const std::vector<std::size_t>&) const override { return {}; }
  std::string_view Subscribed() const override { return {}; }
  std::size_t publishers() const override { return 4; }
  void AppendUpdate(std::size_t topic, std::string_view payload, std::string* out) const override {
    out->append("POST /pub/").append(std::to_string(topic)).append(" HTTP/1.1\r\nHost: x\r\n");
    out->append("Content-Type: text/plain\r\nContent-Length: ");
    out->append(std::to_string(payload.size())).append("\r\n\r\n").append(payload);
  }
};

// MQTT 3.1.1, quality of service 0.
class Mosquitto final : public PeerProtocol {
 public:
  std::string Path(const std::vector<std::size_t>&) const override { return "/mqtt"; }
  std::string_view Subprotocol() const override { return "mqtt"; }
  std::vector<std::string> Subscribe(const std::vector<std::size_t>& topics) const override {
    std::vector<std::string> messages = {Connect()};
    std::uint16_t id = 0;
    for (const std::size_t topic : topics) {
      std::string body;
      AppendShort(++id, &body);
      AppendName(topic, &body);
      body.push_back('\0');  // quality of service
      messages.push_back(Packet('\x82', body));
    }
    return messages;
  }
  std::string_view Subscribed() const override { return "\x90"; }
  std::string Greeting() const override { return Connect(); }
  void AppendUpdate(std::size_t topic, std::string_view payload, std::string* out) const override {
    std::string body;
    AppendName(topic, &body);
    body.append(payload);
    out->append(Packet('\x30', body));
  }

 private:
  static void AppendShort(std::size_t value, std::string* out) {
    out->push_back(static_cast<char>(value >> 8));
    out->push_back(static_cast<char>(value));
  }
  static void AppendName(std::size_t topic, std::string* out) {
    const std::string name = "t/" + std::to_string(topic);
    AppendShort(name.size(), out);
    out->append(name);
  }
  static std::string Packet(char type, std::string_view body) {
    std::string packet(1, type);
    std::size_t left = body.size();
    do {
      const std::size_t low = left % 128;
      left /= 128;
      packet.push_back(static_cast<char>(left > 0 ? low | 128 : low));
    } while (left > 0);
    return packet.append(body);
  }
  // A clean session, no keepalive, a name of the server's choice.
  static std::string Connect() {
    std::string body;
    AppendShort(4, &body);
    body.append("MQTT\x04\x02");
    AppendShort(0, &body);
    AppendShort(0, &body);
    return Packet('\x10', body);
  }
};

class Nats final : public PeerProtocol {
 public:
  std::string Path(const std::vector<std::size_t>&) const override { return "/"; }
  std::vector<std::string> Subscribe(const std::vector<std::size_t>& topics) const override {
    std::string text = Greeting();
    std::size_t id = 0;
    for (const std::size_t topic : topics) {
      text.append("SUB t.").append(std::to_string(topic)).push_back(' ');
      text.append(std::to_string(++id)).append("\r\n");
    }
    return {text + "PING\r\n"};
  }
  std::string_view Subscribed() const override { return "PONG\r\n"; }
  std::string Greeting() const override {
    return "CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":false,"
           "\"name\":\"bench\",\"lang\":\"c++\",\"version\":\"1\",\"protocol\":1}\r\n";
  }
  void AppendUpdate(std::size_t topic, std::string_view payload, std::string* out) const override {
    out->append("PUB t.").append(std::to_string(topic)).push_back(' ');
    out->append(std::to_string(payload.size())).append("\r\n").append(payload).append("\r\n");
  }
  std::string_view Answer(std::string_view received) const override {
    return received.find("PING\r\n") == std::string_view::npos ? "" : "PONG\r\n";
  }
};

}  // namespace

std::unique_ptr<PeerProtocol> MakePeerProtocol(std::string_view name) {
  if (name == "nchan") return std::make_unique<Nchan>();
  if (name == "mosquitto") return std::make_unique<Mosquitto>();
  if (name == "nats") return std::make_unique<Nats>();
  return nullptr;
}

}  // namespace penstock::bench
