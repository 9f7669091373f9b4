// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "adapters/adapter_hub.h"
#include "adapters/proxy_counters.h"
#include "base/status.h"
#include "runtime/shard.h"
#include "transport/tls/context.h"

namespace penstock::adapters {

// Who is told about the life of proxies: the hub. Shard: any, thread-safe.
class ProxyObserver {
 public:
  // A remote adapter is there and has been initialised; the first one or another one.
  virtual void OnProxyReady(const Proxy& proxy) = 0;
  // A robust proxy that will not let another remote adapter in.
  virtual void OnProxyGivenUp(const Proxy& proxy) = 0;
  virtual void OnProxyFatal(const Proxy& proxy, const std::string& reason) = 0;

 protected:
  ~ProxyObserver() = default;
};

// The stand-in for one adapter that lives in another process. Owned by the AdapterHub, lives on
// one shard; outlives the shard's last turn.
class Proxy {
 public:
  virtual ~Proxy() = default;

  // Makes sure that the ports are free. Before the shards run.
  virtual Status ClaimPorts() = 0;
  // Waits for the remote adapter from now on. Before the shards run, or on the proxy's.
  virtual Status Listen() = 0;
  // Of the handshakes from now on; null: in clear. Shard: as Listen().
  virtual void SetTls(std::shared_ptr<const tls::Context> context) = 0;
  // Shard: the proxy's, these three.
  virtual void StopInput() = 0;
  virtual void Shutdown(const std::string& reason) = 0;
  // The remote adapter owes an answer.
  virtual bool IsBusy() const = 0;

  runtime::Shard& shard() const { return shard_; }
  const std::string& name() const { return name_; }

  // Shard: any.
  ProxyStatus Describe() const {
    const std::lock_guard lock(mutex_);
    ProxyStatus status = status_;
    status.counters = &counters_;
    return status;
  }

 protected:
  Proxy(runtime::Shard& shard, const std::string& name, const std::string& adapter_set,
        bool is_metadata)
      : shard_(shard), name_(name) {
    status_.name = name;
    status_.adapter_set = adapter_set;
    status_.is_metadata = is_metadata;
  }

  // Changes what Describe() tells.
  template <class Change>
  void SetStatus(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(status_);
  }

  ProxyCounters counters_;

 private:
  runtime::Shard& shard_;
  const std::string name_;
  mutable std::mutex mutex_;
  ProxyStatus status_;
};

}  // namespace penstock::adapters
