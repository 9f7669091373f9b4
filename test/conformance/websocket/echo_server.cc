// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "echo_server.h"

#include "endpoint/connection.h"
#include "endpoint/web_socket.h"

namespace penstock::test {

namespace {

class Echo final : public endpoint::WsConsumer {
 public:
  explicit Echo(endpoint::Connection& connection) : connection_(connection) {}

  void OnMessage(bool text, std::string_view payload) override {
    connection_.ws()->Send(text ? ws::Opcode::kText : ws::Opcode::kBinary, payload);
  }
  void OnDrained() override {}
  void OnClosed() override {}

 private:
  endpoint::Connection& connection_;
};

}  // namespace

EchoServer::EchoServer() : shard_(0, 1, clock_) {
  session_options_.adapter_sets.push_back({"DEFAULT", &metadata_, {{"DEFAULT", &source_}}});
  options_.request_limit = kRequestLimit;
  items_ = std::make_unique<kernel::ItemRegistry>(shard_);
  sessions_ =
      std::make_unique<session::SessionTable>(shard_, session_options_, *items_, fields_, gate_);
  items_->Connect({items_.get()});
  sessions_->Connect({sessions_.get()});
  endpoint::ListenerProfile listener;
  listener.name = "main";
  listener.address = "127.0.0.1";
  listener.port = *tcp::Listener::ClaimPort({.address = listener.address});
  std::string bad;
  listener.origins = *http::OriginPolicy::Create(std::vector<std::string>{"*"}, &bad);
  listeners_.push_back(std::move(listener));
  endpoint_ = std::make_unique<endpoint::Endpoint>(shard_, options_, listeners_, *sessions_,
                                                   std::vector{sessions_.get()}, pages_);
  endpoint_->Connect({endpoint_.get()});
  endpoint_->AddWsPath({std::string(kEchoPath), kMaxEcho, [](endpoint::Connection& connection) {
                          return std::make_unique<Echo>(connection);
                        }});
  EXPECT_TRUE(endpoint_->Listen().ok());
  thread_ = std::thread([this] { shard_.Run(); });
}

EchoServer::~EchoServer() {
  shard_.Post([this] {
    endpoint_->StopInput();
    endpoint_->CloseConnections();
    shard_.Stop();
  });
  thread_.join();
  endpoint_.reset();
  sessions_.reset();
}

}  // namespace penstock::test
