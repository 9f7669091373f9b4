// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "test_house.h"

#include <utility>

namespace penstock::test {

void FakeClients::EndSession(const std::string& adapter_set, std::string session_id,
                             tlcp::Error cause, absl::AnyInvocable<void()> done) {
  asked.push_back(adapter_set + " " + session_id + " " + std::to_string(cause.code) + " " +
                  cause.message);
  courier.Send(*courier.Here(), std::move(done));
}

void FakeClients::EndSubscription(const std::string& adapter_set, std::string session_id,
                                  int win_index, absl::AnyInvocable<void(bool)> done) {
  asked.push_back(adapter_set + " " + session_id + "/" + std::to_string(win_index));
  courier.Send(*courier.Here(),
               [done = std::move(done), answer = allows]() mutable { done(answer); });
}

TestHouse::TestHouse(std::size_t shards)
    : pool_(std::make_unique<runtime::ShardPool>(shards, clock_)), clients_(*pool_) {
  std::vector<kernel::ItemRegistry*> all;
  for (std::size_t i = 0; i < shards; ++i) {
    registries_.push_back(std::make_unique<kernel::ItemRegistry>((*pool_)[i]));
    routers_.push_back(std::make_unique<kernel::EventRouter>((*pool_)[i], fields_));
    all.push_back(registries_.back().get());
  }
  for (auto& registry : registries_) registry->Connect(all);
  for (auto& router : routers_) router->Connect(all);
}

// As in the server: what lives on the shards goes before them.
TestHouse::~TestHouse() {
  hub_.reset();
  routers_.clear();
  registries_.clear();
  pool_.reset();
}

config::AdapterSet& TestHouse::Set() {
  if (settings.adapter_sets.empty()) settings.adapter_sets.emplace_back().id = "SET";
  return settings.adapter_sets.back();
}

config::DataAdapter& TestHouse::AddData() {
  config::DataAdapter& data = Set().data_adapters.emplace_back();
  data.name = "DATA";
  data.proxy.name = "SET.DATA";
  data.proxy.request_reply_port = 0;
  return data;
}

config::MetadataAdapter& TestHouse::AddMetadata() {
  config::MetadataAdapter& metadata = Set().metadata_adapter.emplace();
  metadata.proxy.name = "SET";
  metadata.proxy.request_reply_port = 0;
  return metadata;
}

Status TestHouse::Start() {
  std::vector<kernel::EventRouter*> routers;
  for (auto& router : routers_) routers.push_back(router.get());
  hub_ = std::make_unique<adapters::AdapterHub>(
      settings, *pool_, std::move(routers), clients_, "srv1",
      [this](std::string reason) { fatal_.push_back(std::move(reason)); });
  return hub_->Start();
}

void TestHouse::Turn() {
  for (std::size_t i = 0; i < pool_->size(); ++i) (*pool_)[i].RunTurn(std::chrono::milliseconds(1));
}

void TestHouse::Advance(Duration step) {
  clock_.Advance(step);
  Turns(3);
}

void TestHouse::OnShard(std::function<void()> work) {
  (*pool_)[0].Post(std::move(work));
  Turns(4);
}

kernel::DataSource& TestHouse::data() { return *hub_->adapter_sets().at(0).FindData("DATA"); }

std::unique_ptr<ScriptedRemote> TestHouse::Connect(std::uint16_t port) {
  return std::make_unique<ScriptedRemote>(port, [this] { Turn(); });
}

std::unique_ptr<ScriptedRemote> TestHouse::ConnectReady(std::size_t index, std::string_view version,
                                                        std::string_view sdk) {
  auto remote = Connect(Proxy(index).port);
  remote->Send("1|RAC|S|SDK|S|" + std::string(sdk) + "|S|enableClosePacket|S|true");
  remote->AnswerInit(version);
  for (int i = 0; i < 2000 && !Proxy(index).ready; ++i) Turn();
  return remote;
}

void TestHouse::Attach(kernel::Subscriber* subscriber, std::string_view item) {
  OnShard([this, subscriber, name = std::string(item)] {
    registries_[0]->Attach(data(), name, kernel::View::kMerge, {}, subscriber);
  });
}

void TestHouse::Detach(kernel::Subscriber* subscriber) {
  OnShard([this, subscriber] { registries_[0]->Detach(subscriber); });
}

std::optional<std::string> TestHouse::Value(const kernel::Subscriber& subscriber,
                                            std::string_view field) {
  const kernel::MergeState& state = subscriber.item->state();
  const int index = state.Find(*fields_.Intern(field, kernel::FieldSource::kAdapter));
  if (index < 0) return std::nullopt;
  const auto& slot = state.slots()[static_cast<std::size_t>(index)];
  return slot.is_null ? "#" : slot.value;
}

}  // namespace penstock::test
