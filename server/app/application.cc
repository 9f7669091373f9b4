// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "app/application.h"

#include <unistd.h>

#include <csignal>
#include <future>
#include <thread>

#include "app/options.h"
#include "app/totals.h"
#include "base/log.h"
#include "tlcp/codes.h"
#include "transport/tcp/listener.h"

namespace penstock::app {

namespace {

constexpr auto kAdapterGoodbye = std::chrono::seconds(2);
constexpr auto kPollPeriod = std::chrono::milliseconds(20);

std::size_t ShardCount(const config::Settings& settings) {
  if (settings.server.shards > 0) return static_cast<std::size_t>(settings.server.shards);
  return std::max(1u, std::thread::hardware_concurrency());
}

std::string InstanceId() {
  return std::to_string(::getpid()) + "T" +
         std::to_string(std::chrono::system_clock::now().time_since_epoch() /
                        std::chrono::milliseconds(1));
}

}  // namespace

Application::Application(config::Settings settings)
    : settings_(std::move(settings)),
      gate_(GateOptionsOf(settings_)),
      shards_(ShardCount(settings_), clock_),
      fields_(settings_.limits.field_names),
      tls_(settings_.listeners, clock_),
      adapter_tls_(settings_.adapter_sets, clock_) {}

Application::~Application() {
  if (shards_.running()) {  // a start that failed half-way: some shards may serve already
    OnEachShard([this](std::size_t i) {
      parts_[i].sessions->CloseAll(tlcp::MakeError(tlcp::SessionCode::kClosedByServer));
    });
  }
  shards_.StopAndJoin();
  // Sessions leave their items before the items and the adapters go.
  for (PerShard& part : parts_) part.endpoint.reset();
  for (PerShard& part : parts_) part.sessions.reset();
  hub_.reset();
}

template <class Function>
void Application::OnEachShard(Function function) {
  std::vector<std::future<void>> done;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    auto promise = std::make_shared<std::promise<void>>();
    done.push_back(promise->get_future());
    shards_[i].Post([function, i, promise] {
      function(i);
      promise->set_value();
    });
  }
  for (std::future<void>& one : done) one.wait();
}

Status Application::MakeListeners() {
  PENSTOCK_RETURN_IF_ERROR(tls_.Load());
  PENSTOCK_RETURN_IF_ERROR(adapter_tls_.Load());
  for (const auto& notes : {tls_.notes(), adapter_tls_.notes()}) {
    for (const std::string& note : notes) {
      PENSTOCK_LOG(kServer, kWarn, "certificate", {"what", note});
    }
  }
  for (const config::Listener& listener : settings_.listeners) {
    StatusOr<endpoint::ListenerProfile> made = ProfileOf(listener, settings_.limits);
    if (!made.ok()) return made.status();
    endpoint::ListenerProfile& profile = listeners_.emplace_back(std::move(*made));
    // Another process must not share the port with us.
    auto port = tcp::Listener::ClaimPort({listener.address, listener.port, listener.ipv6_only});
    if (!port.ok()) return port.status();
    profile.port = *port;
  }
  return OkStatus();
}

void Application::MakeShards() {
  std::vector<kernel::ItemRegistry*> items;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    PerShard& part = parts_.emplace_back();
    part.items = std::make_unique<kernel::ItemRegistry>(shards_[i]);
    part.router = std::make_unique<kernel::EventRouter>(shards_[i], fields_);
    part.sessions = std::make_unique<session::SessionTable>(shards_[i], session_options_,
                                                            *part.items, fields_, gate_);
    items.push_back(part.items.get());
  }
  std::vector<session::SessionTable*> tables;
  for (PerShard& part : parts_) {
    part.items->Connect(items);
    part.router->Connect(items);
    tables.push_back(part.sessions.get());
  }
  std::vector<endpoint::Endpoint*> endpoints;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    parts_[i].sessions->Connect(tables);
    parts_[i].endpoint = std::make_unique<endpoint::Endpoint>(
        shards_[i], endpoint_options_, listeners_, *parts_[i].sessions, tables, *pages_);
    for (std::size_t l = 0; l < listeners_.size(); ++l) {
      parts_[i].endpoint->SetTls(l, tls_.context(l));
    }
    endpoints.push_back(parts_[i].endpoint.get());
  }
  for (PerShard& part : parts_) part.endpoint->Connect(endpoints);
  control_ = std::make_unique<SessionControl>(shards_, tables);
}

Status Application::Start() {
  PENSTOCK_RETURN_IF_ERROR(MakeListeners());
  const config::Http& http = settings_.http;
  auto pages = admin::StaticPages::Create(
      settings_.pages.dir, settings_.pages.cache,
      http.compression == config::Compression::kOff ? SIZE_MAX : http.compression_threshold_bytes);
  if (!pages.ok()) return pages.status();
  pages_ = std::move(*pages);
  MakeShards();
  std::vector<kernel::EventRouter*> routers;
  for (PerShard& part : parts_) routers.push_back(part.router.get());
  hub_ = std::make_unique<adapters::AdapterHub>(settings_, shards_, std::move(routers), *control_,
                                                InstanceId(), [this](std::string reason) {
                                                  {
                                                    const std::lock_guard lock(fatal_mutex_);
                                                    fatal_ = std::move(reason);
                                                  }
                                                  ::kill(::getpid(), SIGTERM);  // wakes main() up
                                                });
  for (const AdapterTls::Change& one : adapter_tls_.contexts()) {
    hub_->SetTls(*one.proxy, one.context);
  }
  PENSTOCK_RETURN_IF_ERROR(hub_->Start());
  session_options_ = SessionOptionsOf(settings_);
  session_options_.adapter_sets = hub_->adapter_sets();
  endpoint_options_ = EndpointOptionsOf(settings_);
  shards_.Start();
  while (!hub_->WaitFirstConnections(clock_.Now() + std::chrono::milliseconds(200))) {
    sigset_t pending;
    ::sigpending(&pending);
    if (::sigismember(&pending, SIGTERM) == 1 || ::sigismember(&pending, SIGINT) == 1) {
      return OkStatus();  // main() takes the signal and stops
    }
    if (clock_.Now() >= NextCertificateCheck()) CheckCertificates(false);
  }
  return Listen();
}

Status Application::Listen() {
  std::vector<Status> results(shards_.size());
  OnEachShard([this, &results](std::size_t i) { results[i] = parts_[i].endpoint->Listen(); });
  for (const Status& result : results) PENSTOCK_RETURN_IF_ERROR(result);
  for (const endpoint::ListenerProfile& listener : listeners_) {
    PENSTOCK_LOG(kServer, kInfo, "listening", {"listener", listener.name},
                 {"address", listener.address}, {"port", listener.port},
                 {"tls", listener.secure ? "yes" : "no"});
  }
  return OkStatus();
}

void Application::CheckCertificates(bool all) {
  for (const std::size_t listener : tls_.Check(all)) {
    OnEachShard([this, listener, context = tls_.context(listener)](std::size_t i) {
      parts_[i].endpoint->SetTls(listener, context);
    });
  }
  for (const AdapterTls::Change& one : adapter_tls_.Check(all)) {
    hub_->SetTls(*one.proxy, one.context);
  }
}

bool Application::Drained() {
  std::atomic<std::size_t> left{0};
  OnEachShard([this, &left](std::size_t i) { left += parts_[i].endpoint->connection_count(); });
  return left == 0;
}

void Application::Stop() {
  const TimePoint deadline = clock_.Now() + settings_.server.drain_timeout;
  hub_->StopInput();
  OnEachShard([this](std::size_t i) {
    parts_[i].endpoint->StopInput();
    // A code that makes clients come back by themselves, here or elsewhere.
    parts_[i].sessions->CloseAll(
        tlcp::MakeError(tlcp::SessionCode::kMaxDurationReached, "The server shuts down"));
  });
  OnEachShard([this](std::size_t i) { parts_[i].endpoint->CloseConnections(); });
  while (!Drained() && clock_.Now() < deadline) std::this_thread::sleep_for(kPollPeriod);
  hub_->Settle(std::max(deadline, clock_.Now() + kAdapterGoodbye));
  hub_->Drain(clock_.Now() + kAdapterGoodbye);
  LogTotals();
  shards_.StopAndJoin();
}

void Application::LogTotals() {
  OnEachShard([this](std::size_t i) {
    LogShardTotals(i, *parts_[i].endpoint, *parts_[i].sessions, *parts_[i].items);
  });
  tls_.LogTotals();
  adapter_tls_.LogTotals();
  for (const adapters::ProxyStatus& proxy : hub_->Describe()) LogProxyTotals(proxy);
}

std::string Application::fatal() const {
  const std::lock_guard lock(fatal_mutex_);
  return fatal_;
}

}  // namespace penstock::app
