// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "kernel/data_source.h"

namespace penstock::test {

// A Data Adapter that only writes down what the kernel asks of it. Thread-safe.
class FakeDataSource final : public kernel::DataSource {
 public:
  explicit FakeDataSource(std::uint32_t id = 1) : id_(id) {}

  kernel::DataSourceId id() const override { return kernel::DataSourceId(id_); }
  void Subscribe(kernel::ItemRef item, std::string name) override {
    const std::lock_guard lock(mutex_);
    log_.push_back("SUB " + name);
    items_.emplace_back(std::move(name), item);
  }
  void Unsubscribe(kernel::ItemRef item) override {
    const std::lock_guard lock(mutex_);
    const auto it = std::find_if(items_.begin(), items_.end(),
                                 [&](const auto& entry) { return entry.second == item; });
    log_.push_back("USB " + (it == items_.end() ? "?" : it->first));
    if (it != items_.end()) items_.erase(it);
  }

  std::vector<std::string> log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  kernel::ItemRef Find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [known, item] : items_) {
      if (known == name) return item;
    }
    return {};
  }

 private:
  const std::uint32_t id_;
  mutable std::mutex mutex_;
  std::vector<std::string> log_;
  std::vector<std::pair<std::string, kernel::ItemRef>> items_;
};

}  // namespace penstock::test
