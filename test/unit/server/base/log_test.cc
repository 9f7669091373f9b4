// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "base/log.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace penstock {
namespace {

std::string Content(const std::string& path) {
  std::ifstream in(path);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

TEST(Log, WritesFieldsQuotedWhereNeededAndObeysLevels) {
  const std::string path = testing::TempDir() + "/penstock_log_test.log";
  std::remove(path.c_str());
  ASSERT_TRUE(log::OpenFile(path).ok());
  log::SetLevel(log::Area::kSession, log::Level::kInfo);
  PENSTOCK_LOG(kSession, kInfo, "session opened", {"session", "S1"}, {"user", "a \"b\"\n"},
               {"count", 3});
  PENSTOCK_LOG(kSession, kDebug, "not shown", {"session", "S1"});
  log::Flush();
  const std::string text = Content(path);
  EXPECT_NE(
      text.find("info session \"session opened\" session=S1 user=\"a \\\"b\\\"\\x0a\" count=3"),
      std::string::npos)
      << text;
  EXPECT_EQ(text.find("not shown"), std::string::npos);
}

TEST(Log, CutsLongValuesBetweenCharacters) {
  const std::string path = testing::TempDir() + "/penstock_long.log";
  std::remove(path.c_str());
  ASSERT_TRUE(log::OpenFile(path).ok());
  const std::string most(1023, 'x');
  PENSTOCK_LOG(kServer, kError, "long", {"whole", most + "y"}, {"cut", most + "\xC3\xA4z"});
  log::Flush();
  const std::string text = Content(path);
  EXPECT_NE(text.find(" whole=" + most + "y cut=" + most + "...\n"), std::string::npos);
}

TEST(Log, ReopensAfterTheFileWasMovedAway) {
  const std::string path = testing::TempDir() + "/penstock_reopen.log";
  std::remove(path.c_str());
  ASSERT_TRUE(log::OpenFile(path).ok());
  std::rename(path.c_str(), (path + ".1").c_str());
  ASSERT_TRUE(log::Reopen().ok());
  PENSTOCK_LOG(kServer, kError, "after");
  log::Flush();
  EXPECT_NE(Content(path).find("after"), std::string::npos);
}

TEST(Log, SaysWhyAFileCannotBeOpened) { EXPECT_FALSE(log::OpenFile("/dev/null/x.log").ok()); }

}  // namespace
}  // namespace penstock
