// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock::stocklist {
namespace {

std::optional<Options> Parse(std::vector<const char*> arguments, std::string& error) {
  arguments.insert(arguments.begin(), "program");
  return Options::Parse(static_cast<int>(arguments.size()), arguments.data(), error);
}

std::string ErrorOfOptions(std::vector<const char*> arguments) {
  std::string error;
  EXPECT_FALSE(Parse(std::move(arguments), error).has_value());
  return error;
}

TEST(StocklistOptions, TakesValuesAfterABlankOrAnEqualsSign) {
  std::string error;
  const auto options =
      Parse({"--data", "d", "--speed=2.5", "--data-server", "tls://a:1", "--to=2001-02-03"}, error);
  ASSERT_TRUE(options.has_value()) << error;
  EXPECT_EQ(options->data_folder, "d");
  EXPECT_EQ(options->speed, 2.5);
  EXPECT_EQ(options->data_servers, std::vector<std::string>{"tls://a:1"});
  EXPECT_EQ(options->metadata_servers, std::vector<std::string>{"tcp://127.0.0.1:6663"});
  EXPECT_EQ(options->to, ParseDay("2001-02-03"));
}

TEST(StocklistOptions, NamesTheOptionThatIsWrong) {
  EXPECT_EQ(ErrorOfOptions({"--data", "d", "--speed", "0"}), "--speed: \"0\" is no good value");
  EXPECT_EQ(ErrorOfOptions({"--colour", "red"}), "--colour is no option of this program");
  EXPECT_EQ(ErrorOfOptions({"--data", "d", "--user"}), "--user: \"\" is no good value");
  EXPECT_NE(ErrorOfOptions({}).find("--data is missing"), std::string::npos);
}

}  // namespace
}  // namespace penstock::stocklist
