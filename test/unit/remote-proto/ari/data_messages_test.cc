// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "ari/data_messages.h"

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace {

std::atomic<int> allocations{0};

}  // namespace

// clang's sanitizers bring their own operator new, which a program cannot replace.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PENSTOCK_CANNOT_COUNT_ALLOCATIONS
#endif
#endif

#ifndef PENSTOCK_CANNOT_COUNT_ALLOCATIONS
// Out of line: inlined, the compiler takes free() for a mismatch.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  void* p = std::malloc(size);
  if (p == nullptr) std::abort();
  return p;
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, size_t) noexcept { std::free(p); }
#endif

namespace penstock::ari {
namespace {

constexpr Dialect k19{Version::k191};
constexpr Dialect k18{Version::k183};

TEST(NotificationParser, DecodesAnUpdate) {
  NotificationParser parser;
  ASSERT_TRUE(parser
                  .Parse(Method::kUd3,
                         "S|snap|S|20|B|1|S|last|S|12%7C5 %2B3%25|S|x|S|%23|S|e|S|$|S|n|S|#", k19)
                  .ok());
  const Notification& n = parser.notification();
  EXPECT_EQ(n.item, "snap");
  EXPECT_EQ(n.sub_id, "20");
  EXPECT_TRUE(n.is_snapshot);
  ASSERT_EQ(n.fields.size(), 4u);
  EXPECT_EQ(n.fields[0], (FieldView{"last", "12|5 +3%", false}));
  EXPECT_EQ(n.fields[1], (FieldView{"x", "#", false}));
  EXPECT_EQ(n.fields[2], (FieldView{"e", "", false}));
  EXPECT_EQ(n.fields[3], (FieldView{"n", "", true}));
}

TEST(NotificationParser, UpdateWithoutFieldsIsLegal) {
  NotificationParser parser;
  ASSERT_TRUE(parser.Parse(Method::kUd3, "S|i|S|2|B|0", k19).ok());
  EXPECT_TRUE(parser.notification().fields.empty());
}

TEST(NotificationParser, SkipsTheIndexOfIndexedEvents) {
  NotificationParser parser;
  ASSERT_TRUE(parser.Parse(Method::kUd3, "S|i|S|2|B|0|I|0|S|a|S|1|I|1|S|b|S|2", k19).ok());
  ASSERT_EQ(parser.notification().fields.size(), 2u);
  EXPECT_EQ(parser.notification().fields[1], (FieldView{"b", "2", false}));
  EXPECT_FALSE(parser.Parse(Method::kUd3, "S|i|S|2|B|0|I|0", k19).ok());
}

TEST(NotificationParser, TakesBytesAsLatin1Text) {
  NotificationParser parser;
  ASSERT_TRUE(parser.Parse(Method::kUd3, "S|i|S|2|B|1|S|a|Y|6TE=|S|b|Y|#|S|c|Y|$", k18).ok());
  const Notification& n = parser.notification();
  ASSERT_EQ(n.fields.size(), 3u);
  EXPECT_EQ(n.fields[0].value, "\u00E91");
  EXPECT_TRUE(n.fields[1].null);
  EXPECT_EQ(n.fields[2], (FieldView{"c", "", false}));
}

TEST(NotificationParser, PlusIsASpaceForOldPeersOnly) {
  NotificationParser parser;
  ASSERT_TRUE(parser.Parse(Method::kUd3, "S|a+b|S|2|B|0", k18).ok());
  EXPECT_EQ(parser.notification().item, "a b");
  ASSERT_TRUE(parser.Parse(Method::kUd3, "S|a+b|S|2|B|0", k19).ok());
  EXPECT_EQ(parser.notification().item, "a+b");
}

TEST(NotificationParser, DecodesDiffOrder) {
  NotificationParser parser;
  ASSERT_TRUE(parser.Parse(Method::kDfd, "S|i|S|2|S|a|F|JM|S|b|F|#|S|c|F|$", k19).ok());
  const Notification& n = parser.notification();
  ASSERT_EQ(n.diffs.size(), 3u);
  EXPECT_EQ(n.diffs[0], (FieldDiffView{"a", "JM", false}));
  EXPECT_EQ(n.diffs[1], (FieldDiffView{"b", "", true}));
  EXPECT_EQ(n.diffs[2], (FieldDiffView{"c", "", false}));
}

TEST(NotificationParser, DecodesFailures) {
  NotificationParser parser;
  ASSERT_TRUE(parser.Parse(Method::kFal, "E|feed lost", k19).ok());
  EXPECT_EQ(parser.notification().failure.value, "feed lost");
  ASSERT_TRUE(parser.Parse(Method::kFal, "E|#", k19).ok());
  EXPECT_TRUE(parser.notification().failure.null);
  EXPECT_FALSE(parser.Parse(Method::kFal, "S|x", k19).ok());
}

TEST(NotificationParser, ForgetsThePacketBefore) {
  NotificationParser parser;
  ASSERT_TRUE(parser.Parse(Method::kUd3, "S|i|S|2|B|1|S|a|S|1", k19).ok());
  ASSERT_TRUE(parser.Parse(Method::kEos, "S|j|S|3", k19).ok());
  EXPECT_TRUE(parser.notification().fields.empty());
  EXPECT_FALSE(parser.notification().is_snapshot);
  EXPECT_EQ(parser.notification().item, "j");
}

TEST(NotificationParser, RefusesMalformedUpdates) {
  NotificationParser parser;
  for (const char* args :
       {"", "S", "S|i", "S|i|S|2", "S|i|S|2|B", "S|#|S|2|B|0", "S|i|S|2|B|0|S", "S|i|S|2|B|0|S|a",
        "S|i|S|2|B|0|S|a|S", "S|i|S|2|B|0|S|a|S|%4", "S|i|S|2|B|0|S||S|1", "S|i|S|2|B|0|X|a|S|1"}) {
    EXPECT_FALSE(parser.Parse(Method::kUd3, args, k19).ok()) << args;
  }
}

TEST(NotificationParser, DoesNotAllocateOnceWarm) {
#ifdef PENSTOCK_CANNOT_COUNT_ALLOCATIONS
  GTEST_SKIP() << "operator new belongs to the sanitizer";
#endif
  const std::string args = "S|item with %7C escape|S|20000|B|0|S|a|S|1%252|S|b|S|2|S|c|S|3%2B";
  NotificationParser parser;
  ASSERT_TRUE(parser.Parse(Method::kUd3, args, k19).ok());
  const int before = allocations;
  bool ok = true;
  for (int i = 0; i < 100; ++i) ok = ok && parser.Parse(Method::kUd3, args, k19).ok();
  const int after = allocations;
  EXPECT_TRUE(ok);
  EXPECT_EQ(after, before);
}

TEST(WriteUpdate, IsReadBack) {
  const FieldView fields[] = {{"f|1", "a%b+c\r\n", false}, {"f2", "", true}, {"f3", "", false}};
  std::string out;
  WriteUpdate(7, "it em", "2a", true, fields, 3, k19, &out);
  EXPECT_EQ(out, "7|UD3|S|it em|S|2a|B|1|S|f%7C1|S|a%25b%2Bc%0D%0A|S|f2|S|#|S|f3|S|$\r\n");
  PacketHead head;
  ASSERT_TRUE(ParseHead(std::string_view(out).substr(0, out.size() - 2), &head).ok());
  NotificationParser parser;
  ASSERT_TRUE(parser.Parse(head.method, head.args, k19).ok());
  ASSERT_EQ(parser.notification().fields.size(), 3u);
  EXPECT_EQ(parser.notification().fields[0], fields[0]);
}

}  // namespace
}  // namespace penstock::ari
