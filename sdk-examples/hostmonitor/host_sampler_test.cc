// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "hostmonitor/host_sampler.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

namespace penstock::hostmonitor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr HostSampler::TimePoint kStart{seconds(100)};

// A /proc made of files.
class HostSamplerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "host_sampler_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    Write("stat", "cpu0 100 0 0 900 0 0 0 0 0 0\n");
    Write("net/dev", "lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0\n");
    Write("diskstats", "254 0 vda 1 0 2 0 3 0 4 0 0 0 0\n");
    Write("meminfo", "MemTotal: 100 kB\nMemAvailable: 60 kB\n");
    Write("loadavg", "0.10 0.20 0.30 1/50 7\n");
    WriteProcess(7, 10);
  }

  void TearDown() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = std::filesystem::path(root_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  void WriteProcess(int pid, int ticks) const {
    Write(std::to_string(pid) + "/stat", std::to_string(pid) + " (work) S 1 2 3 0 -1 4 0 0 0 0 " +
                                             std::to_string(ticks) + " 0 0 0 20 0 1 0 5 6 7\n");
  }

  [[nodiscard]] HostSampler Make() const { return HostSampler(root_, {100, 4096}, 2); }

  std::string root_;
};

TEST_F(HostSamplerTest, ListsTheItemsThatExist) {
  HostSampler sampler = Make();
  EXPECT_EQ(sampler.Latest("hosts.items", kStart),
            (Fields{{"names", "load memory cpu.0 disk.vda net.lo process.1 process.2"}}));
  EXPECT_TRUE(sampler.Exists("hosts.items"));
  EXPECT_TRUE(sampler.Exists("disk.vda"));
  EXPECT_FALSE(sampler.Exists("cpu.1"));
  EXPECT_FALSE(sampler.Exists("process.3"));
}

TEST_F(HostSamplerTest, HasARateAfterTheSecondReading) {
  HostSampler sampler = Make();
  EXPECT_EQ(sampler.Latest("cpu.0", kStart), std::nullopt);
  Write("stat", "cpu0 150 0 0 950 0 0 0 0 0 0\n");
  const auto values = sampler.Sample({"cpu.0"}, kStart + seconds(1));
  ASSERT_EQ(values.count("cpu.0"), 1u);
  EXPECT_EQ(values.at("cpu.0")[0].second, "50.0");
  EXPECT_EQ(sampler.Latest("cpu.0", kStart + seconds(1)), values.at("cpu.0"));
}

TEST_F(HostSamplerTest, TakesNoReadingTooSoonAfterTheFirst) {
  HostSampler sampler = Make();
  EXPECT_EQ(sampler.Latest("net.lo", kStart), std::nullopt);
  EXPECT_TRUE(sampler.Sample({"net.lo"}, kStart + milliseconds(1)).empty());
  Write("net/dev", "lo: 300 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0\n");
  EXPECT_EQ(sampler.Sample({"net.lo"}, kStart + seconds(2)).at("net.lo")[0].second, "100");
}

TEST_F(HostSamplerTest, KnowsMemoryAndLoadAtOnce) {
  HostSampler sampler = Make();
  EXPECT_EQ(sampler.Latest("load", kStart)->at(0).second, "0.10");
  EXPECT_EQ(sampler.Sample({"memory"}, kStart).at("memory")[0].second, "102400");
}

TEST_F(HostSamplerTest, RanksProcesses) {
  HostSampler sampler = Make();
  EXPECT_EQ(sampler.Latest("process.1", kStart), std::nullopt);
  WriteProcess(7, 20);
  WriteProcess(8, 30);
  const auto values = sampler.Sample({"process.1", "process.2"}, kStart + seconds(1));
  EXPECT_EQ(values.at("process.1")[0].second, "8");
  EXPECT_EQ(values.at("process.2")[2].second, "10.0");
}

TEST_F(HostSamplerTest, LeavesOutWhatHasGone) {
  HostSampler sampler = Make();
  EXPECT_EQ(sampler.Latest("disk.vda", kStart), std::nullopt);
  EXPECT_EQ(sampler.Sample({"disk.vda"}, kStart + seconds(1)).size(), 1u);
  Write("diskstats", "");
  EXPECT_TRUE(sampler.Sample({"disk.vda"}, kStart + seconds(2)).empty());
  EXPECT_FALSE(sampler.Exists("disk.vda"));
}

TEST_F(HostSamplerTest, ForgetsWhatNobodyWants) {
  HostSampler sampler = Make();
  EXPECT_EQ(sampler.Latest("cpu.0", kStart), std::nullopt);
  EXPECT_TRUE(sampler.Sample({"load"}, kStart + seconds(1)).count("load"));
  EXPECT_EQ(sampler.Latest("cpu.0", kStart + seconds(9)), std::nullopt);
}

TEST_F(HostSamplerTest, LivesWithoutFiles) {
  HostSampler sampler("/no/such/folder", {100, 4096}, 1);
  EXPECT_EQ(sampler.Latest("load", kStart), std::nullopt);
  EXPECT_EQ(sampler.Latest("process.1", kStart), std::nullopt);
  EXPECT_EQ(sampler.Latest("hosts.items", kStart), (Fields{{"names", "load memory process.1"}}));
}

}  // namespace
}  // namespace penstock::hostmonitor
