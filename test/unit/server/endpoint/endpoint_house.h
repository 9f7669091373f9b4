// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/endpoint.h"
#include "support/fake_clock.h"
#include "support/fake_data_source.h"
#include "support/session_fixture.h"
#include "test_client.h"

namespace penstock::test {

// Lets everybody in, at once or when told to.
class LateMetadata final : public session::MetadataPort {
 public:
  void OpenSession(const session::OpenQuery& query,
                   session::Reply<session::OpenGrant> reply) override {
    if (!hold) {
      port_.OpenSession(query, std::move(reply));
    } else {
      held_.emplace_back(query, std::move(reply));
    }
  }
  void CloseSession(std::string id, std::optional<std::string> user) override {
    port_.CloseSession(std::move(id), std::move(user));
  }
  void Authorize(session::SubscribeQuery query,
                 session::Reply<session::SubscribeGrant> reply) override {
    port_.Authorize(std::move(query), std::move(reply));
  }
  void SendMessage(session::MessageQuery query,
                   session::Reply<session::MessageOutcome> reply) override {
    log.push_back(query.session_id + " " + query.text);
    port_.SendMessage(std::move(query), std::move(reply));
  }
  void CloseTable(std::string id, session::Table table) override {
    port_.CloseTable(std::move(id), std::move(table));
  }
  void Release() {
    for (auto& [query, reply] : std::exchange(held_, {}))
      port_.OpenSession(query, std::move(reply));
  }

  bool hold = false;
  std::vector<std::string> log;  // messages

 private:
  FakeMetadata port_;
  std::vector<std::pair<session::OpenQuery, session::Reply<session::OpenGrant>>> held_;
};

// One page of any size.
class OnePage final : public endpoint::PageSource {
 public:
  Page Get(const http::RequestHead&, bool) override {
    Page page;
    page.status = 200;
    page.content_type = "text/plain";
    page.body = body;
    return page;
  }
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>("page");
};

// Two shards with their endpoints, all turned by the test's thread, on a clock that stands still.
// Each has a port of its own, so that a test decides where a connection lands.
class EndpointTest : public testing::Test {
 protected:
  static constexpr std::size_t kShards = 2;

  EndpointTest();
  ~EndpointTest() override;

  // Opens the ports; options_ are fixed from here on.
  void Start();
  TestClient Connect(std::size_t shard, int receive_buffer = 0) {
    return TestClient(ports_[shard], receive_buffer);
  }
  // Turns both shards a few times.
  void Turn(int times = 4);
  void Advance(Duration by);
  // Turns until `part` has come; false if it does not come.
  bool Expect(TestClient& client, std::string_view part);
  bool ExpectEnd(TestClient& client);
  // Sends a create over HTTP and returns the session id.
  std::string Create(TestClient& client, std::string_view more = {});
  // Has a WebSocket up.
  void Open(TestClient& client);
  // A real-time update of field "f".
  void Update(const std::string& item, const std::string& value);
  session::Session* Find(const std::string& id);
  endpoint::Endpoint& endpoint(std::size_t shard) { return *parts_[shard].endpoint; }
  // Runs `task` on a shard, as its own.
  void On(std::size_t shard, runtime::Task task);

  FakeClock clock_;
  protection::Gate gate_{{}};
  std::vector<std::unique_ptr<runtime::Shard>> shards_;
  kernel::FieldRegistry fields_{100};
  FakeDataSource source_;
  LateMetadata metadata_;
  OnePage pages_;
  session::Options session_options_;
  endpoint::Options options_;
  std::size_t max_connections_ = 0;

 private:
  struct Part {
    std::unique_ptr<kernel::ItemRegistry> items;
    std::unique_ptr<kernel::EventRouter> router;
    std::unique_ptr<session::SessionTable> sessions;
    std::vector<endpoint::ListenerProfile> listeners;
    std::unique_ptr<endpoint::Endpoint> endpoint;
  };
  std::vector<Part> parts_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace penstock::test
