// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "hostmonitor/options.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

namespace penstock::hostmonitor {
namespace {

std::optional<Options> Parse(std::vector<const char*> arguments, std::string& error) {
  arguments.insert(arguments.begin(), "program");
  return Options::Parse(static_cast<int>(arguments.size()), arguments.data(), error);
}

std::string ErrorOf(std::vector<const char*> arguments) {
  std::string error;
  EXPECT_FALSE(Parse(std::move(arguments), error).has_value());
  return error;
}

TEST(HostmonitorOptions, NeedsNone) {
  std::string error;
  const auto options = Parse({}, error);
  ASSERT_TRUE(options.has_value()) << error;
  EXPECT_EQ(options->host.servers, std::vector<std::string>{"tcp://127.0.0.1:6662"});
  EXPECT_EQ(options->interval, std::chrono::seconds(1));
  EXPECT_EQ(options->process_count, 10u);
}

TEST(HostmonitorOptions, TakesFractionsOfASecond) {
  std::string error;
  const auto options = Parse({"--interval", "0.25", "--processes=3"}, error);
  ASSERT_TRUE(options.has_value()) << error;
  EXPECT_EQ(options->interval, std::chrono::milliseconds(250));
  EXPECT_EQ(options->process_count, 3u);
}

TEST(HostmonitorOptions, TakesEndpointsAndWhatGoesWithThem) {
  std::string error;
  const std::string password = ::testing::TempDir() + "hostmonitor-password";
  std::ofstream(password) << "secret\nnot read\n";
  const auto options = Parse({"--server", "tls://a:1", "--server=tcp-listen://:2", "--user", "me",
                              "--password-file", password.c_str(), "--ca", "ca.pem",
                              "--certificate", "own.pem", "--key", "own.key", "--server-name", "b"},
                             error);
  ASSERT_TRUE(options.has_value()) << error;
  EXPECT_EQ(options->host.servers, (std::vector<std::string>{"tls://a:1", "tcp-listen://:2"}));
  EXPECT_EQ(options->host.user, "me");
  EXPECT_EQ(options->host.password, "secret");
  EXPECT_EQ(options->host.tls.ca_file, "ca.pem");
  EXPECT_TRUE(options->host.tls.require_client_certificate);
  EXPECT_EQ(options->host.tls.certificate_file, "own.pem");
  EXPECT_EQ(options->host.tls.key_file, "own.key");
  EXPECT_EQ(options->host.tls.server_name, "b");
  EXPECT_EQ(ErrorOf({"--password-file", "/nowhere"}),
            "--password-file: \"/nowhere\" is no good value");
}

TEST(HostmonitorOptions, NamesTheOptionThatIsWrong) {
  EXPECT_EQ(ErrorOf({"--interval", "nan"}), "--interval: \"nan\" is no good value");
  EXPECT_EQ(ErrorOf({"--interval=0"}), "--interval: \"0\" is no good value");
  EXPECT_EQ(ErrorOf({"--processes", "-1"}), "--processes: \"-1\" is no good value");
  EXPECT_EQ(ErrorOf({"--colour", "red"}), "--colour is no option of this program");
}

}  // namespace
}  // namespace penstock::hostmonitor
