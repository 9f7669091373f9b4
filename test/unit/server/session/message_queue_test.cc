// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/message_queue.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace penstock::session {
namespace {

constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();

// A queue with a clock; messages are named by their text.
class MessageQueueTest : public testing::Test {
 protected:
  // 0 if accepted, else the code.
  int Give(tlcp::Message message) {
    const auto refusal = queue().Accept(std::move(message), now_);
    return refusal ? refusal->code : 0;
  }
  int Give(const std::string& sequence, std::int64_t prog, std::optional<int> max_wait = {}) {
    tlcp::Message message;
    message.text = sequence + std::to_string(prog);
    message.sequence = sequence;
    message.prog = prog;
    if (max_wait) message.max_wait = Millis(*max_wait);
    return Give(std::move(message));
  }
  int GiveLoose(std::int64_t prog) {
    tlcp::Message message;
    message.text = "*" + std::to_string(prog);
    message.prog = prog;
    return Give(std::move(message));
  }
  int GiveAndForget(std::string text) {
    tlcp::Message message;
    message.text = std::move(text);
    message.outcome = false;
    return Give(std::move(message));
  }
  // The texts of what may go now.
  std::string Take() {
    std::string texts;
    while (auto ready = queue().TakeReady()) {
      texts += (texts.empty() ? "" : " ") + ready->text;
      tickets_[ready->text] = ready->ticket;
    }
    return texts;
  }
  MessageQueue::Finished Finish(const std::string& text) {
    return queue().Finish(tickets_.at(text));
  }
  // "s:3/2" for two numbers of s up to 3.
  std::string Expire(int millis) {
    now_ += Millis(millis);
    std::string out;
    for (const MessageQueue::Skipped& one : queue().Expire(now_)) {
      out += (out.empty() ? "" : " ") + one.sequence + ":" + std::to_string(one.last_prog) + "/" +
             std::to_string(one.count);
    }
    return out;
  }
  Millis TimeLeft() { return std::chrono::duration_cast<Millis>(queue().next_deadline() - now_); }
  MessageQueue& queue() {
    if (!queue_) queue_.emplace(limits_);
    return *queue_;
  }

  MessageLimits limits_;
  TimePoint now_{std::chrono::seconds(1000)};

 private:
  std::optional<MessageQueue> queue_;
  std::map<std::string, MessageQueue::Ticket> tickets_;
};

// --- Sequences

TEST_F(MessageQueueTest, OneOfASequenceGoesAtATime) {
  EXPECT_EQ(Give("a", 1), 0);
  EXPECT_EQ(Give("a", 2), 0);
  EXPECT_EQ(Give("a", 3), 0);
  EXPECT_EQ(Take(), "a1");
  Finish("a1");
  EXPECT_EQ(Take(), "a2");
  Finish("a2");
  EXPECT_EQ(Take(), "a3");
}

TEST_F(MessageQueueTest, SequencesAndTheOthersDoNotWaitForEachOther) {
  Give("a", 1);
  Give("b", 1);
  GiveLoose(1);
  GiveLoose(2);
  GiveAndForget("f");
  EXPECT_EQ(Take(), "a1 b1 *1 *2 f");
}

TEST_F(MessageQueueTest, TellsWhatIsFinished) {
  Give("a", 1);
  GiveLoose(1);
  GiveAndForget("f");
  Take();
  const MessageQueue::Finished in_sequence = Finish("a1");
  EXPECT_EQ(in_sequence.sequence, "a");
  EXPECT_EQ(in_sequence.prog, 1);
  EXPECT_TRUE(in_sequence.outcome_wanted);
  EXPECT_EQ(Finish("*1").sequence, "");
  EXPECT_FALSE(Finish("f").outcome_wanted);
}

TEST_F(MessageQueueTest, AMessageThatOvertookWaitsForTheOthers) {
  EXPECT_EQ(Give("a", 3), 0);
  EXPECT_EQ(Give("a", 2), 0);
  EXPECT_EQ(Take(), "");
  EXPECT_EQ(Give("a", 1), 0);
  EXPECT_EQ(Take(), "a1");
  Finish("a1");
  EXPECT_EQ(Take(), "a2");
  Finish("a2");
  EXPECT_EQ(Take(), "a3");
  EXPECT_EQ(Expire(60000), "");
}

TEST_F(MessageQueueTest, ANumberInLineWaitingUnderWayOrDoneIsADuplicate) {
  Give("a", 1);
  Give("a", 2);
  Give("a", 4);
  Take();
  EXPECT_EQ(Give("a", 1), 33);
  EXPECT_EQ(Give("a", 2), 33);
  EXPECT_EQ(Give("a", 4), 33);
  Finish("a1");
  EXPECT_EQ(Give("a", 1), 33);
  EXPECT_EQ(Take(), "a2");
}

TEST_F(MessageQueueTest, OneMissingNumberIsGivenUpInTime) {
  Give("a", 1);
  Take();
  Finish("a1");
  Give("a", 3, 100);
  EXPECT_EQ(TimeLeft(), Millis(100));
  EXPECT_EQ(Expire(99), "");
  EXPECT_EQ(Take(), "");
  EXPECT_EQ(Expire(1), "a:2/1");
  EXPECT_EQ(Take(), "a3");
  EXPECT_EQ(Give("a", 2), 32);
  EXPECT_EQ(Give("a", 3), 33);
}

TEST_F(MessageQueueTest, SeveralMissingNumbersAreOneRange) {
  Give("a", 4, 10);
  Give("a", 5, 10);
  EXPECT_EQ(Expire(10), "a:3/3");
  EXPECT_EQ(Take(), "a4");
  Finish("a4");
  EXPECT_EQ(Take(), "a5");
}

TEST_F(MessageQueueTest, AnImpatientMessageTakesThoseBeforeItAlong) {
  Give("a", 2);
  Give("a", 4);
  Give("a", 6, 50);
  Give("a", 8);
  EXPECT_EQ(Expire(50), "a:1/1 a:3/1 a:5/1");
  EXPECT_EQ(Take(), "a2");
  EXPECT_EQ(TimeLeft(), Millis(29950));
  EXPECT_EQ(Expire(29950), "a:7/1");
}

TEST_F(MessageQueueTest, GivingUpDoesNotOvertakeTheOneUnderWay) {
  Give("a", 1);
  EXPECT_EQ(Take(), "a1");
  Give("a", 3, 10);
  EXPECT_EQ(Expire(10), "a:2/1");
  EXPECT_EQ(Take(), "");
  Finish("a1");
  EXPECT_EQ(Take(), "a3");
}

TEST_F(MessageQueueTest, NobodyMayMakeTheServerWaitLonger) {
  limits_.missing_timeout = Millis(500);
  Give("a", 2, 100000);
  EXPECT_EQ(TimeLeft(), Millis(500));
  EXPECT_EQ(Expire(500), "a:1/1");
}

TEST_F(MessageQueueTest, MissingNumbersThatCameAreNotGivenUp) {
  Give("a", 2, 10);
  Give("a", 1);
  EXPECT_EQ(Expire(10), "");
  EXPECT_EQ(queue().next_deadline(), TimePoint::max());
}

TEST_F(MessageQueueTest, TheHighestNumberIsOneLikeOthers) {
  EXPECT_EQ(Give("a", kHighest, 10), 0);
  EXPECT_EQ(GiveLoose(kHighest), 0);
  EXPECT_EQ(Take(), "*" + std::to_string(kHighest));
  const std::string most = std::to_string(kHighest - 1);
  EXPECT_EQ(Expire(30000), ":" + most + "/" + most + " a:" + most + "/" + most);
  EXPECT_EQ(Give("a", kHighest), 33);
  EXPECT_EQ(GiveLoose(kHighest), 33);
}

// --- Without a sequence

TEST_F(MessageQueueTest, ANumberWithoutSequenceIsProcessedOnce) {
  EXPECT_EQ(GiveLoose(1), 0);
  EXPECT_EQ(GiveLoose(3), 0);
  EXPECT_EQ(GiveLoose(1), 33);
  EXPECT_EQ(GiveLoose(3), 33);
  EXPECT_EQ(GiveLoose(2), 0);
  EXPECT_EQ(GiveLoose(2), 33);
  EXPECT_EQ(Take(), "*1 *3 *2");
  EXPECT_EQ(Expire(60000), "");
}

TEST_F(MessageQueueTest, HolesWithoutSequenceAreGivenUpInTime) {
  GiveLoose(1);
  GiveLoose(4);
  now_ += Millis(10000);
  GiveLoose(6);
  EXPECT_EQ(TimeLeft(), Millis(20000));
  EXPECT_EQ(Expire(20000), ":3/2");
  EXPECT_EQ(GiveLoose(2), 32);
  EXPECT_EQ(GiveLoose(3), 32);
  EXPECT_EQ(GiveLoose(4), 33);
  EXPECT_EQ(GiveLoose(5), 0);
  EXPECT_EQ(Expire(20000), "");
}

TEST_F(MessageQueueTest, AHoleThatIsFilledInPartKeepsItsTime) {
  GiveLoose(6);
  now_ += Millis(1000);
  EXPECT_EQ(GiveLoose(3), 0);
  EXPECT_EQ(Expire(29000), ":2/2 :5/2");
}

TEST_F(MessageQueueTest, WithoutANumberNothingIsRemembered) {
  EXPECT_EQ(GiveAndForget("x"), 0);
  EXPECT_EQ(GiveAndForget("x"), 0);
  EXPECT_EQ(Take(), "x x");
  EXPECT_EQ(GiveLoose(1), 0);
}

// --- Bounds

TEST_F(MessageQueueTest, TooManyMessagesAreRefused) {
  limits_.messages = 2;
  Give("a", 1);
  GiveAndForget("f");
  EXPECT_EQ(Give("a", 1), 33);  // known, room or not
  EXPECT_EQ(Give("a", 2), 68);
  EXPECT_EQ(GiveAndForget("g"), 68);
  EXPECT_EQ(Take(), "a1 f");
  Finish("f");
  EXPECT_EQ(GiveAndForget("h"), 0);
}

TEST_F(MessageQueueTest, NobodyWaitsForAMessageThatWasRefused) {
  limits_.messages = 1;
  Give("a", 1);
  EXPECT_EQ(Give("a", 2), 68);
  EXPECT_EQ(Give("a", 3), 68);
  Take();
  Finish("a1");
  EXPECT_EQ(Give("a", 4), 0);
  EXPECT_EQ(Take(), "a4");
  EXPECT_EQ(Give("a", 3), 32);
  Finish("a4");
  EXPECT_EQ(GiveLoose(1), 0);
  EXPECT_EQ(GiveLoose(2), 68);
  Take();
  Finish("*1");
  EXPECT_EQ(GiveLoose(3), 0);
  EXPECT_EQ(GiveLoose(2), 32);
  EXPECT_EQ(Expire(60000), "");
}

TEST_F(MessageQueueTest, ARefusedNumberIsNotTakenForAnEnqueuedOneLater) {
  limits_.messages = 1;
  EXPECT_EQ(GiveLoose(2), 0);
  EXPECT_EQ(GiveLoose(3), 68);
  EXPECT_EQ(Expire(30000), ":1/1");
  EXPECT_EQ(GiveLoose(3), 32);
}

TEST_F(MessageQueueTest, AMessageRefusedElsewhereIsNotWaitedFor) {
  tlcp::Message message;
  message.sequence = "a";
  message.prog = 2;
  Give("a", 1);
  Give("a", 3);
  queue().Pass(message);
  Take();
  Finish("a1");
  EXPECT_EQ(Take(), "a3");
}

TEST_F(MessageQueueTest, TooMuchTextIsRefusedButASingleMessageNever) {
  limits_.bytes = 10;
  EXPECT_EQ(GiveAndForget(std::string(100, 'x')), 0);
  EXPECT_EQ(GiveAndForget("y"), 68);
  Take();
  Finish(std::string(100, 'x'));
  EXPECT_EQ(GiveAndForget("z"), 0);
}

TEST_F(MessageQueueTest, TextOfASequenceCountsUntilItsOutcome) {
  limits_.bytes = 6;
  EXPECT_EQ(Give("a", 1), 0);
  EXPECT_EQ(Give("a", 2), 0);
  EXPECT_EQ(Give("a", 3), 68);
  Take();
  Finish("a1");
  EXPECT_EQ(Give("a", 4), 0);
  Take();
  Finish("a2");
  Take();
  Finish("a4");
  EXPECT_EQ(Give("a", 5), 0);
  EXPECT_EQ(Give("a", 6), 0);
}

TEST_F(MessageQueueTest, TooManySequencesAreRefused) {
  limits_.sequences = 1;
  EXPECT_EQ(Give("a", 1), 0);
  EXPECT_EQ(Give("b", 1), 68);
  EXPECT_EQ(Give("a", 2), 0);
}

TEST_F(MessageQueueTest, NamesOfSequencesMayNotFillTheMemory) {
  limits_.bytes = 100;
  EXPECT_EQ(Give(std::string(100, 'a'), 1), 0);
  EXPECT_EQ(Give("b", 1), 68);
}

TEST_F(MessageQueueTest, TooManyHolesAreRefused) {
  limits_.messages = 2;
  for (const std::int64_t prog : {2, 4}) {
    EXPECT_EQ(GiveLoose(prog), 0);
    const std::string text = Take();
    Finish(text);
  }
  EXPECT_EQ(GiveLoose(6), 68);
  EXPECT_EQ(GiveLoose(5), 0);
  EXPECT_EQ(GiveLoose(3), 68);
}

}  // namespace
}  // namespace penstock::session
