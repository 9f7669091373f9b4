// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/client.h"
#include "runner/transcript.h"
#include "support/fake_data_source.h"
#include "support/session_fixture.h"

namespace penstock::transcript {

// Plays a transcript: one shard turned by hand, real sessions and items, written-down adapters and
// time that moves only at `@`. One stage plays one transcript.
class Stage final : private test::SessionFixture {
 public:
  Stage();
  ~Stage() override;

  // What went wrong first, as `file:line: what`, or nothing.
  std::optional<std::string> Play(const Transcript& transcript);

 private:
  using Words = std::vector<std::string>;
  using Problem = std::optional<std::string>;  // nothing = all right
  using Fact = Problem (Stage::*)(const Step& step, const Words& words);

  void TestBody() override {}

  Problem Do(const Step& step);
  Problem Request(const Step& step);
  Problem Expect(const Step& step);
  Problem Wait(const Step& step);
  Problem Tell(const Step& step);
  // Nothing came, and no adapter was asked anything, beyond what was expected.
  Problem Rest();

  // One for each verb of a `!` line; facts.cc. `words` begins with the verb.
  static const std::map<std::string, Fact, std::less<>>& Facts();
  Problem Open(const Step& step, const Words& words);
  Problem Link(const Step& step, const Words& words);
  Problem Address(const Step& step, const Words& words);
  Problem Stall(const Step& step, const Words& words);
  Problem Read(const Step& step, const Words& words);
  Problem Cut(const Step& step, const Words& words);
  Problem Option(const Step& step, const Words& words);
  Problem Update(const Step& step, const Words& words);
  Problem Snapshot(const Step& step, const Words& words);
  Problem EndOfSnapshot(const Step& step, const Words& words);
  Problem Clear(const Step& step, const Words& words);
  Problem Diffs(const Step& step, const Words& words);
  Problem Lost(const Step& step, const Words& words);
  Problem Back(const Step& step, const Words& words);
  Problem Refuse(const Step& step, const Words& words);
  Problem Conflict(const Step& step, const Words& words);
  Problem Accept(const Step& step, const Words& words);
  Problem Hold(const Step& step, const Words& words);
  Problem Release(const Step& step, const Words& words);
  Problem Reply(const Step& step, const Words& words);
  Problem Deny(const Step& step, const Words& words);
  Problem Grant(const Step& step, const Words& words);
  Problem Allow(const Step& step, const Words& words);
  Problem Shutdown(const Step& step, const Words& words);
  Problem Expects(const Step& step, const Words& words);

  Client& ClientOf(int number);
  void InTurn(runtime::Task task);
  // An event of the Data Adapter about the item that `name` says: `item`, or `OTHER/item`.
  Problem Emit(const std::string& name, kernel::EventKind kind, bool is_snapshot,
               const Words& fields);
  Problem EmitUpdate(const Words& words, bool is_snapshot);
  // The held message that `word` names, `message` or `message2` ..., has its outcome.
  Problem AnswerMessage(const std::string& word, std::string response,
                        std::optional<tlcp::Error> error);

  // `<id>` is the first session of the transcript, `<id2>` the second; both ways.
  Problem FillIn(std::string* text) const;
  std::string Mask(std::string line);

  test::FakeDataSource other_{2};
  std::map<int, std::unique_ptr<Client>> clients_;
  std::vector<std::string> session_ids_;  // in the order of their CONOK
  bool source_lost_ = false;
  // What `! expects` looks at; by the adapter's name.
  struct Asked {
    std::function<std::vector<std::string>()> log;
    std::size_t seen = 0;
    bool looked_at = false;  // then all of it must be expected
  };
  std::map<std::string, Asked, std::less<>> asked_;
};

}  // namespace penstock::transcript
