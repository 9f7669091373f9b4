// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "test_house.h"

namespace penstock::test {

// A set with a metadata adapter of which the test writes the lines.
class MetadataProxyTest : public testing::Test {
 protected:
  template <class T>
  using Answer = std::optional<std::variant<T, tlcp::Error>>;

  MetadataProxyTest() : metadata_(house_.AddMetadata()) { house_.AddData(); }

  void Start() { ASSERT_TRUE(house_.Start().ok()); }
  void StartReady(std::string_view version = "1.9.1", std::string_view sdk = "Test") {
    Start();
    remote_ = house_.ConnectReady(0, version, sdk);
    ASSERT_TRUE(house_.Proxy().ready);
  }

  // The next request, without its id, which Reply() answers.
  std::string Next() {
    const std::string line = remote_->Next();
    id_ = IdOf(line);
    return BodyOf(line);
  }
  void Reply(const std::string& body) {
    remote_->Send(id_ + "|" + body);
    house_.Turns(4);
  }

  void Open(std::optional<session::ClientCertificate> certificate = std::nullopt) {
    house_.OnShard([this, certificate = std::move(certificate)] {
      session::OpenQuery query;
      query.session_id = "S1";
      query.request_id = "42";
      query.user = "user1";
      query.headers = {{"host", "www"}};
      query.remote_ip = "10.0.0.1";
      query.certificate = certificate;
      house_.metadata().OpenSession(query, [this](auto answer) { opened_ = std::move(answer); });
    });
  }
  session::SubscribeQuery Query() const {
    session::SubscribeQuery query;
    query.user = "user1";
    query.session_id = "S1";
    query.table.win_index = 3;
    query.table.group = "a b";
    query.table.data_adapter = "DATA";
    query.table.schema = "last";
    return query;
  }
  void Authorize(session::SubscribeQuery query) {
    authorized_.reset();
    house_.OnShard([this, query = std::move(query)] {
      house_.metadata().Authorize(query, [this](auto answer) { authorized_ = std::move(answer); });
    });
  }
  // Answers GIS and GSC with two items and one field.
  void ResolveNames() {
    EXPECT_EQ(Next(), "GIS|S|user1|S|a%20b|S|S1");
    Reply("GIS|S|a|S|b");
    EXPECT_EQ(Next(), "GSC|S|user1|S|a%20b|S|last|S|S1");
    Reply("GSC|S|last");
  }
  void ResolveAll() {
    ResolveNames();
    EXPECT_EQ(Next(), "GIT|S|a|S|b");
    Reply("GIT|I|0|D|0.0|M|RMDC|I|0|D|0.0|M|RMDC");
    EXPECT_EQ(Next(), "GUI|S|user1|S|a|S|b");
    Reply("GUI|I|0|D|0.0|M|RMDC|I|0|D|0.0|M|RMDC");
  }

  // The same where GIT is known already; GUI is asked, because no session of the user is open.
  void ResolveUncached() {
    ResolveNames();
    EXPECT_EQ(Next(), "GUI|S|user1|S|a|S|b");
    Reply("GUI|I|0|D|0.0|M|RMDC|I|0|D|0.0|M|RMDC");
  }
  // Opens a session of user1.
  void OpenReady() {
    Open();
    Next();
    Reply("NUS|D|0|B|1");
    Next();
    Reply("NNS|V");
  }

  void SendMessage(const std::string& text, std::optional<std::string> user = "user1") {
    outcome_.reset();
    house_.OnShard([this, text, user] {
      house_.metadata().SendMessage({user, "S1", text},
                                    [this](auto answer) { outcome_ = std::move(answer); });
    });
  }

  int MessageCode() const { return std::get<tlcp::Error>(outcome_.value()).code; }
  int OpenCode() const { return std::get<tlcp::Error>(opened_.value()).code; }
  int AuthorizeCode() const { return std::get<tlcp::Error>(authorized_.value()).code; }
  const session::SubscribeGrant& Grant() const {
    return std::get<session::SubscribeGrant>(authorized_.value());
  }

  TestHouse house_;
  config::MetadataAdapter& metadata_;
  std::unique_ptr<ScriptedRemote> remote_;
  std::string id_;
  Answer<session::OpenGrant> opened_;
  Answer<session::SubscribeGrant> authorized_;
  Answer<session::MessageOutcome> outcome_;
};

}  // namespace penstock::test
