// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "endpoint/endpoint.h"
#include "support/fake_data_source.h"
#include "support/session_fixture.h"

namespace penstock::test {

// The real endpoint on a shard of its own, with a path more than the product has: at kEchoPath each
// message comes back, however large.
class EchoServer {
 public:
  static constexpr std::string_view kEchoPath = "/echo";
  static constexpr std::size_t kMaxEcho = 16 * 1024 * 1024;
  static constexpr std::size_t kRequestLimit = 50'000;  // of what the product serves

  EchoServer();
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  std::uint16_t port() const { return listeners_[0].port; }

 private:
  class NoPages final : public endpoint::PageSource {
    Page Get(const http::RequestHead&, bool) override { return {}; }
  };

  SteadyClock clock_;
  runtime::Shard shard_;
  kernel::FieldRegistry fields_{100};
  FakeDataSource source_;
  FakeMetadata metadata_;
  NoPages pages_;
  session::Options session_options_;
  endpoint::Options options_;
  protection::Gate gate_{{}};
  std::vector<endpoint::ListenerProfile> listeners_;
  std::unique_ptr<kernel::ItemRegistry> items_;
  std::unique_ptr<session::SessionTable> sessions_;
  std::unique_ptr<endpoint::Endpoint> endpoint_;
  std::thread thread_;
};

}  // namespace penstock::test
