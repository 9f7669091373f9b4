// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "program/user_name.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::program {
namespace {

TEST(UserName, TakesLettersDigitsAndDashes) {
  EXPECT_TRUE(IsPlainName("a"));
  EXPECT_TRUE(IsPlainName("Ann-Marie_2"));
  EXPECT_TRUE(IsPlainName(std::string(20, 'x')));
}

TEST(UserName, RefusesAllElse) {
  for (const char* name : {"", "ann bob", "<b>", "ann\n", "ann|", "\xC3\xA9va", "a.b"}) {
    EXPECT_FALSE(IsPlainName(name)) << name;
  }
}

TEST(UserName, IsBounded) { EXPECT_FALSE(IsPlainName(std::string(21, 'x'))); }

}  // namespace
}  // namespace penstock::program
