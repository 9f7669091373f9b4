// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "hostmonitor/figures.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "hostmonitor/proc_parsers.h"

namespace penstock::hostmonitor {
namespace {

TEST(Figures, SharesOfAProcessorAreOfTheTimeBetweenTheReadings) {
  const CpuTimes before{"0", 100, 50, 800, 50, 1000};
  const CpuTimes now{"0", 150, 75, 920, 55, 1200};
  EXPECT_EQ(CpuFields(before, now),
            (Fields{{"user", "25.0"}, {"system", "12.5"}, {"idle", "60.0"}, {"iowait", "2.5"}}));
}

TEST(Figures, NoTimeBetweenReadingsIsNoShare) {
  const CpuTimes same{"0", 100, 50, 800, 50, 1000};
  EXPECT_EQ(CpuFields(same, same)[0].second, "0.0");
}

TEST(Figures, RatesArePerSecond) {
  const Fields net = NetFields({"lo", 100, 10, 200, 20}, {"lo", 1100, 15, 700, 21}, 2);
  EXPECT_EQ(
      net,
      (Fields{{"rx_bytes", "500"}, {"tx_bytes", "250"}, {"rx_packets", "3"}, {"tx_packets", "1"}}));
  const Fields disk = DiskFields({"vda", 1, 512, 2, 1024}, {"vda", 3, 2560, 2, 1024}, 1);
  EXPECT_EQ(
      disk,
      (Fields{{"read_bytes", "2048"}, {"write_bytes", "0"}, {"reads", "2"}, {"writes", "0"}}));
}

TEST(Figures, ACounterThatWentBackIsNoProgress) {
  EXPECT_EQ(NetFields({"lo", 100, 0, 0, 0}, {"lo", 5, 0, 0, 0}, 1)[0].second, "0");
}

TEST(Figures, NamesTheBusiestProcessesFirst) {
  const std::vector<ProcessState> before = {{1, "init", 50, 10, 1}, {2, "old", 900, 20, 1}};
  const std::vector<ProcessState> now = {
      {1, "init", 75, 10, 2}, {2, "other", 10, 30, 3}, {3, "new", 40, 30, 4}};
  const auto places = BusiestProcesses(before, now, 0.5, {100, 4096}, 4);
  ASSERT_EQ(places.size(), 4u);
  EXPECT_EQ(places[0],
            (Fields{{"pid", "3"}, {"name", "new"}, {"cpu", "80.0"}, {"resident", "16384"}}));
  EXPECT_EQ(places[1][1].second, "init");
  EXPECT_EQ(places[1][2].second, "50.0");
  EXPECT_EQ(places[2][1].second, "other") << "a pid used again is another process";
  EXPECT_EQ(places[2][2].second, "20.0");
  EXPECT_EQ(places[3][0].second, std::nullopt);
}

TEST(Figures, OnlyChangedFieldsAreSent) {
  const Fields before = {{"a", "1"}, {"b", "2"}, {"c", std::nullopt}};
  const Fields now = {{"a", "1"}, {"b", "3"}, {"c", "4"}};
  EXPECT_EQ(ChangedFields(before, now), (Fields{{"b", "3"}, {"c", "4"}}));
  EXPECT_EQ(ChangedFields({}, now), now);
  EXPECT_TRUE(ChangedFields(now, now).empty());
  EXPECT_EQ(NullFields({{"a", "1"}}), (Fields{{"a", std::nullopt}}));
}

}  // namespace
}  // namespace penstock::hostmonitor
