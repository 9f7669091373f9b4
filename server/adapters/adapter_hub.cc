// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/adapter_hub.h"

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "adapters/builtin_metadata.h"
#include "adapters/courier.h"
#include "adapters/proxy.h"
#include "adapters/remote/ari/data_proxy.h"
#include "adapters/remote/ari/metadata_proxy.h"
#include "adapters/remote/grpc_proxies.h"
#include "base/check.h"
#include "base/log.h"

namespace penstock::adapters {

// What proxies on all shards report to.
struct AdapterHub::Shared final : public ProxyObserver {
  Shared(runtime::ShardPool& shards, FatalCallback fatal)
      : courier(shards), on_fatal(std::move(fatal)) {}

  void OnProxyReady(const Proxy& proxy) override {
    std::vector<Proxy*> open_now;
    {
      const std::lock_guard lock(mutex);
      waiting.erase(&proxy);
      if (const auto it = dependents.find(&proxy); it != dependents.end()) {
        open_now = std::move(it->second);
        dependents.erase(it);
      }
    }
    changed.notify_all();
    for (Proxy* const dependent : open_now) {
      courier.Send(dependent->shard(), [this, dependent] {
        if (const Status status = dependent->Listen(); !status.ok()) {
          OnProxyFatal(*dependent, std::string(Message(status)));
        }
      });
    }
  }

  void OnProxyGivenUp(const Proxy& proxy) override {
    const std::lock_guard lock(mutex);
    waiting.erase(&proxy);
    changed.notify_all();
  }

  void OnProxyFatal(const Proxy& proxy, const std::string& reason) override {
    {
      const std::lock_guard lock(mutex);
      if (ending) return;
      ending = true;
    }
    changed.notify_all();
    on_fatal("proxy " + proxy.name() + ": " + reason);
  }

  // Fixed after Start().
  const Courier courier;
  FatalCallback on_fatal;

  std::mutex mutex;
  std::condition_variable changed;
  // All below: guarded by `mutex`. Proxies without a remote adapter so far, and until when the
  // start of the server waits for them.
  absl::flat_hash_map<const Proxy*, TimePoint> waiting;
  // Data proxies whose ports open when this metadata proxy has been initialised.
  absl::flat_hash_map<const Proxy*, std::vector<Proxy*>> dependents;
  bool ending = false;
  std::size_t draining = 0;
};

namespace {

TimePoint FirstConnectionDeadline(const config::ProxySettings& proxy, TimePoint start) {
  const bool for_ever = !proxy.robust || proxy.first_connection_timeout.count() < 0;
  return for_ever ? TimePoint::max() : start + proxy.first_connection_timeout;
}

Status CheckTransport(const config::ProxySettings& proxy) {
  if (GrpcProxies::kBuiltIn || proxy.transport != config::AdapterTransport::kGrpc)
    return OkStatus();
  return Unavailable("proxy " + proxy.name +
                     ": transport = \"grpc\", but this server was built without gRPC");
}

}  // namespace

AdapterHub::AdapterHub(const config::Settings& settings, runtime::ShardPool& shards,
                       std::vector<kernel::EventRouter*> routers, ClientControl& control,
                       std::string server_instance_id, FatalCallback on_fatal)
    : settings_(settings),
      shards_(shards),
      routers_(std::move(routers)),
      control_(control),
      server_instance_id_(std::move(server_instance_id)),
      shared_(std::make_unique<Shared>(shards, std::move(on_fatal))) {
  PENSTOCK_CHECK(routers_.size() == shards_.size());
  grpc_ = std::make_unique<GrpcProxies>(shared_->courier, settings_.limits, server_instance_id_);
}

AdapterHub::~AdapterHub() = default;

void AdapterHub::SetTls(const config::ProxySettings& proxy,
                        std::shared_ptr<const tls::Context> context) {
  tls_[&proxy] = context;
  const auto started = by_settings_.find(&proxy);
  if (started == by_settings_.end()) return;
  started->second->shard().Post([raw = started->second, context = std::move(context)]() mutable {
    raw->SetTls(std::move(context));
  });
}

Status AdapterHub::CheckTransports(const config::Settings& settings) {
  for (const config::AdapterSet& set : settings.adapter_sets) {
    if (set.metadata_adapter) {
      PENSTOCK_RETURN_IF_ERROR(CheckTransport(set.metadata_adapter->proxy));
    }
    for (const config::DataAdapter& data : set.data_adapters) {
      PENSTOCK_RETURN_IF_ERROR(CheckTransport(data.proxy));
    }
  }
  return OkStatus();
}

Status AdapterHub::Start() {
  PENSTOCK_RETURN_IF_ERROR(CheckTransports(settings_));
  const TimePoint start = SteadyClock().Now();
  std::size_t next_shard = 0;
  std::uint32_t next_source = 0;
  std::vector<Proxy*> open_now;
  const auto add = [&](std::unique_ptr<Proxy> proxy, const config::ProxySettings& settings) {
    Proxy* const raw = proxy.get();
    by_settings_[&settings] = raw;
    raw->SetTls(tls_[&settings]);
    shared_->waiting.emplace(raw, FirstConnectionDeadline(settings, start));
    proxies_.push_back(std::move(proxy));
    return raw;
  };

  for (const config::AdapterSet& set : settings_.adapter_sets) {
    session::AdapterSet view;
    view.id = set.id;
    Proxy* first = nullptr;  // whose initialisation the data ports wait for
    if (set.metadata_adapter) {
      runtime::Shard& shard = shards_[next_shard++ % shards_.size()];
      const config::ProxySettings& proxy_settings = set.metadata_adapter->proxy;
      Proxy* proxy = nullptr;
      if (proxy_settings.transport == config::AdapterTransport::kGrpc) {
        auto made = grpc_->MakeMetadata(shard, *shared_, control_, set);
        view.metadata = made.port;
        proxy = add(std::move(made.proxy), proxy_settings);
      } else {
        auto made = std::make_unique<AriMetadataProxy>(
            AriMetadataProxy::Place{shared_->courier, shard, *shared_, control_}, set,
            server_instance_id_, settings_.limits);
        view.metadata = &made->port();
        proxy = add(std::move(made), proxy_settings);
      }
      open_now.push_back(proxy);
      if (set.metadata_adapter_initialised_first) first = proxy;
    } else {
      builtin_.push_back(std::make_unique<BuiltinMetadata>(shared_->courier, set));
      view.metadata = builtin_.back().get();
    }
    for (const config::DataAdapter& data : set.data_adapters) {
      const std::size_t shard = next_shard++ % shards_.size();
      const kernel::DataSourceId id(next_source++);
      Proxy* proxy = nullptr;
      if (data.proxy.transport == config::AdapterTransport::kGrpc) {
        auto made = grpc_->MakeData(shards_[shard], *routers_[shard], *shared_, id, set.id, data);
        view.data.push_back({data.name, made.source});
        proxy = add(std::move(made.proxy), data.proxy);
      } else {
        auto made = std::make_unique<AriDataProxy>(
            AriDataProxy::Place{shared_->courier, shards_[shard], *routers_[shard], *shared_}, id,
            set.id, server_instance_id_, settings_.limits, data);
        view.data.push_back({data.name, &made->source()});
        proxy = add(std::move(made), data.proxy);
      }
      if (first != nullptr) {
        shared_->dependents[first].push_back(proxy);
      } else {
        open_now.push_back(proxy);
      }
    }
    sets_.push_back(std::move(view));
  }

  // All ports are looked at, those too that open later: a port in use stops the start.
  for (const auto& proxy : proxies_) PENSTOCK_RETURN_IF_ERROR(proxy->ClaimPorts());
  for (Proxy* const proxy : open_now) PENSTOCK_RETURN_IF_ERROR(proxy->Listen());
  return OkStatus();
}

bool AdapterHub::WaitFirstConnections(TimePoint deadline) {
  std::unique_lock lock(shared_->mutex);
  for (;;) {
    if (shared_->ending || shared_->waiting.empty()) return true;
    const TimePoint now = SteadyClock().Now();
    TimePoint last = TimePoint::min();
    for (const auto& [proxy, until] : shared_->waiting) last = std::max(last, until);
    if (last <= now) return true;
    if (deadline <= now) return false;
    shared_->changed.wait_until(lock, std::min(last, deadline));
  }
}

void AdapterHub::StopInput() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->ending = true;
    shared_->dependents.clear();
  }
  shared_->changed.notify_all();
  for (const auto& proxy : proxies_) {
    shared_->courier.Send(proxy->shard(), [raw = proxy.get()] { raw->StopInput(); });
  }
}

bool AdapterHub::Settle(TimePoint deadline) {
  constexpr auto kPeriod = std::chrono::milliseconds(5);
  for (;;) {
    std::vector<std::future<bool>> answers;
    for (const auto& proxy : proxies_) {
      auto answer = std::make_shared<std::promise<bool>>();
      answers.push_back(answer->get_future());
      proxy->shard().Post([raw = proxy.get(), answer] { answer->set_value(raw->IsBusy()); });
    }
    bool busy = false;
    for (std::future<bool>& answer : answers) busy = answer.get() || busy;
    if (!busy) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPeriod);
  }
}

bool AdapterHub::Drain(TimePoint deadline) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->ending = true;
    shared_->draining = proxies_.size();
  }
  for (const auto& proxy : proxies_) {
    proxy->shard().Post([shared = shared_.get(), raw = proxy.get()] {
      raw->Shutdown("the server is shutting down");
      // Notified under the lock: the hub may die as soon as the last one has reported.
      const std::lock_guard lock(shared->mutex);
      --shared->draining;
      shared->changed.notify_all();
    });
  }
  std::unique_lock lock(shared_->mutex);
  return shared_->changed.wait_until(lock, deadline, [this] { return shared_->draining == 0; });
}

const session::AdapterSet* AdapterHub::Find(std::string_view id) const {
  for (const session::AdapterSet& set : sets_) {
    if (set.id == id) return &set;
  }
  return nullptr;
}

std::vector<ProxyStatus> AdapterHub::Describe() const {
  std::vector<ProxyStatus> all;
  all.reserve(proxies_.size());
  for (const auto& proxy : proxies_) all.push_back(proxy->Describe());
  return all;
}

}  // namespace penstock::adapters
