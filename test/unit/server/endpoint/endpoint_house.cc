// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint_house.h"

#include "endpoint/connection.h"

namespace penstock::test {

EndpointTest::EndpointTest() {
  session_options_.server_name = "Test";
  session_options_.max_delay = Millis(0);
  session_options_.adapter_sets.push_back({"DEFAULT", &metadata_, {{"DEFAULT", &source_}}});
  for (std::size_t i = 0; i < kShards; ++i) {
    shards_.push_back(
        std::make_unique<runtime::Shard>(static_cast<runtime::ShardIndex>(i), kShards, clock_));
  }
}

EndpointTest::~EndpointTest() {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    On(i, [this, i] {
      endpoint(i).StopInput();
      parts_[i].sessions->CloseAll(tlcp::MakeError(tlcp::SessionCode::kClosedByServer));
      endpoint(i).CloseConnections();
    });
  }
  Turn();
  for (Part& part : parts_) part.endpoint.reset();
  for (Part& part : parts_) part.sessions.reset();
}

void EndpointTest::Start() {
  std::vector<kernel::ItemRegistry*> items;
  std::vector<session::SessionTable*> tables;
  std::vector<endpoint::Endpoint*> endpoints;
  parts_.resize(kShards);
  for (std::size_t i = 0; i < kShards; ++i) {
    Part& part = parts_[i];
    part.items = std::make_unique<kernel::ItemRegistry>(*shards_[i]);
    part.router = std::make_unique<kernel::EventRouter>(*shards_[i], fields_);
    part.sessions = std::make_unique<session::SessionTable>(*shards_[i], session_options_,
                                                            *part.items, fields_, gate_);
    items.push_back(part.items.get());
    tables.push_back(part.sessions.get());
    endpoint::ListenerProfile profile;
    profile.name = "main";
    profile.address = "127.0.0.1";
    profile.max_connections = max_connections_;
    std::string bad;
    profile.origins = *http::OriginPolicy::Create(std::vector<std::string>{"*"}, &bad);
    profile.port = *tcp::Listener::ClaimPort({profile.address});
    ports_.push_back(profile.port);
    part.listeners.push_back(std::move(profile));
  }
  for (std::size_t i = 0; i < kShards; ++i) {
    Part& part = parts_[i];
    part.items->Connect(items);
    part.router->Connect(items);
    part.sessions->Connect(tables);
    part.endpoint = std::make_unique<endpoint::Endpoint>(*shards_[i], options_, part.listeners,
                                                         *part.sessions, tables, pages_);
    endpoints.push_back(part.endpoint.get());
    ASSERT_TRUE(part.endpoint->Listen().ok());
  }
  for (Part& part : parts_) part.endpoint->Connect(endpoints);
}

void EndpointTest::Turn(int times) {
  for (int i = 0; i < times; ++i) {
    for (auto& shard : shards_) shard->RunTurn(Duration::zero());
  }
}

void EndpointTest::Advance(Duration by) {
  constexpr Duration kStep = Millis(50);
  for (; by > Duration::zero(); by -= kStep) {
    clock_.Advance(std::min(by, kStep));
    Turn(1);
  }
  Turn();
}

bool EndpointTest::Expect(TestClient& client, std::string_view part) {
  // The kernel may take a moment, which epoll waits for.
  for (int i = 0; i < 500; ++i) {
    for (auto& shard : shards_) shard->RunTurn(i < 20 ? Duration::zero() : Millis(1));
    client.Receive();
    if (client.Has(part)) return true;
    if (client.ended()) break;
  }
  return false;
}

bool EndpointTest::ExpectEnd(TestClient& client) {
  for (int i = 0; i < 500 && !client.ended(); ++i) {
    for (auto& shard : shards_) shard->RunTurn(i < 20 ? Duration::zero() : Millis(1));
    client.Receive();
  }
  return client.ended();
}

std::string EndpointTest::Create(TestClient& client, std::string_view more) {
  client.Send(Post("create_session", "LS_cid=test" + std::string(more)));
  EXPECT_TRUE(Expect(client, "CONS,")) << client.text();
  return SessionId(client.text());
}

void EndpointTest::Open(TestClient& client) {
  client.Send(Handshake());
  EXPECT_TRUE(Expect(client, "\r\n\r\n")) << client.text();
  EXPECT_TRUE(client.text().starts_with("HTTP/1.1 101 ")) << client.text();
  client.Forget();
}

void EndpointTest::Update(const std::string& item, const std::string& value) {
  Turn();
  const kernel::ItemRef ref = source_.Find(item);
  On(0, [this, ref, value] {
    const kernel::FieldValue field{*parts_[0].router->field_names().Intern("f"), value, false};
    parts_[0].router->Route(ref, {kernel::EventKind::kUpdate, false, false, {&field, 1}});
  });
  Turn();
}

session::Session* EndpointTest::Find(const std::string& id) {
  for (Part& part : parts_) {
    if (session::Session* const session = part.sessions->Find(id)) return session;
  }
  return nullptr;
}

void EndpointTest::On(std::size_t shard, runtime::Task task) {
  shards_[shard]->Post(std::move(task));
  Turn();
}

}  // namespace penstock::test
