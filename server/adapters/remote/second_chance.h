// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "adapters/remote/metadata_link.h"
#include "runtime/shard.h"

namespace penstock::adapters {

// For calls that only ask: when their remote adapter is lost and another one has taken over, that
// one is asked, in the same turn. Once only: a question that kills adapters shall not kill all of
// them. Owned by a link. Shard: the proxy's.
class SecondChance {
 public:
  // `ask(done)` makes the call on `link`, which outlives this.
  template <class T, class Ask>
  void Give(const MetadataLink& link, Ask ask, Done<T> done) {
    ask([this, &link, ask, done = std::move(done)](Outcome<T> outcome) mutable {
      const auto* const failure = std::get_if<Failure>(&outcome);
      if (failure != nullptr && failure->kind == FailureKind::kDisconnected && link.ready()) {
        again_.push_back([ask, done = std::move(done)]() mutable { ask(std::move(done)); });
      } else {
        done(std::move(outcome));
      }
    });
  }
  // The one that has taken over may be asked; also behind calls that fail later than its takeover.
  void OnReady() {
    for (runtime::Task& task : std::exchange(again_, {})) task();
  }

 private:
  std::vector<runtime::Task> again_;
};

}  // namespace penstock::adapters
