// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "hostmonitor/proc_parsers.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::hostmonitor {
namespace {

TEST(ProcParsers, ReadsOneEntryAProcessor) {
  const auto cpus = ParseCpuTimes(
      "cpu  30 3 9 90 6 0 3 0 0 0\n"
      "cpu0 10 1 3 30 2 4 1 5 7 0\ncpu1 20 2 6 60 4 0 2 0 0 0\nintr 12 0\ncpu2 1 2\n");
  ASSERT_EQ(cpus.size(), 2u);
  EXPECT_EQ(cpus[0].name, "0");
  EXPECT_EQ(cpus[0].user, 11u);
  EXPECT_EQ(cpus[0].system, 8u);
  EXPECT_EQ(cpus[0].idle, 30u);
  EXPECT_EQ(cpus[0].iowait, 2u);
  EXPECT_EQ(cpus[0].total, 56u);
  EXPECT_EQ(cpus[1].name, "1");
}

TEST(ProcParsers, ReadsInterfacesWithAndWithoutABlankAfterTheColon) {
  const auto nets = ParseNetCounters(
      "Inter-|   Receive  |  Transmit\n face |bytes packets errs\n"
      "    lo:    3319      30    0    0    0     0          0         0     3320      31    0\n"
      "  eth0:185055394 3721 0 0 0 0 0 0 177956 2149 0 0 0 0 0 0\n");
  ASSERT_EQ(nets.size(), 2u);
  EXPECT_EQ(nets[0].name, "lo");
  EXPECT_EQ(nets[0].rx_bytes, 3319u);
  EXPECT_EQ(nets[0].tx_packets, 31u);
  EXPECT_EQ(nets[1].rx_bytes, 185055394u);
  EXPECT_EQ(nets[1].tx_bytes, 177956u);
}

TEST(ProcParsers, KeepsDisksAndLeavesOutTheirPartitions) {
  const auto disks = ParseDiskCounters(
      "   7       0 loop0 1 0 2 0 3 0 4 0 0 0 0\n"
      " 254       0 vda 52421 12873 7330698 100158 11875 11099 3038976 8321 0 1 1\n"
      " 254       1 vda1 5 0 6 0 7 0 8 0 0 0 0\n"
      " 259       0 nvme0n1 1 0 2 0 3 0 4 0 0 0 0\n"
      " 259       1 nvme0n1p1 1 0 2 0 3 0 4 0 0 0 0\n"
      " 254      16 vdb 1 0 2 0 3 0 4 0 0 0 0\n");
  ASSERT_EQ(disks.size(), 3u);
  EXPECT_EQ(disks[0].name, "vda");
  EXPECT_EQ(disks[0].reads, 52421u);
  EXPECT_EQ(disks[0].read_bytes, 7330698u * 512u);
  EXPECT_EQ(disks[0].writes, 11875u);
  EXPECT_EQ(disks[0].write_bytes, 3038976u * 512u);
  EXPECT_EQ(disks[1].name, "nvme0n1");
  EXPECT_EQ(disks[2].name, "vdb");
}

TEST(ProcParsers, ReadsMemoryInBytes) {
  const auto memory = ParseMemory(
      "MemTotal:       100 kB\nMemFree:  10 kB\nMemAvailable:  60 kB\nBuffers: 3 kB\n"
      "Cached:  20 kB\nSwapTotal: 8 kB\nSwapFree: 5 kB\nHugePages_Total: 0\n");
  ASSERT_TRUE(memory.has_value());
  EXPECT_EQ(memory->total, 102400u);
  EXPECT_EQ(memory->available, 61440u);
  EXPECT_EQ(memory->cached, 23552u);
  EXPECT_EQ(memory->swap_free, 5120u);
  EXPECT_FALSE(ParseMemory("MemTotal: many kB\n").has_value());
}

TEST(ProcParsers, ReadsLoadAsWritten) {
  EXPECT_EQ(ParseLoad("3.61 1.53 0.62 2/103 10061\n"),
            (LoadState{"3.61", "1.53", "0.62", "2", "103"}));
  EXPECT_EQ(ParseLoad("3.61 1.53 0.62 2 103\n"), std::nullopt);
  EXPECT_EQ(ParseLoad("a b c 2/103\n"), std::nullopt);
  EXPECT_EQ(ParseLoad(""), std::nullopt);
}

TEST(ProcParsers, FindsTheEndOfANameThatHoldsParentheses) {
  const auto process = ParseProcess(
      "77 (a) b (c)) S 1 2 3 0 -1 4 100 0 0 0 40 2 0 0 20 0 1 0 245737 3133440 414 18\n");
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(process->pid, 77u);
  EXPECT_EQ(process->name, "a) b (c)");
  EXPECT_EQ(process->cpu_ticks, 42u);
  EXPECT_EQ(process->start_ticks, 245737u);
  EXPECT_EQ(process->resident_pages, 414u);
}

TEST(ProcParsers, MakesNamesPrintable) {
  const auto process =
      ParseProcess("7 (\xC3\xA9\xFFx\n\x01) S 1 2 3 0 -1 4 0 0 0 0 4 2 0 0 20 0 1 0 5 6 7 8\n");
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(process->name, "\xC3\xA9?x??");
}

TEST(ProcParsers, RefusesCutProcessLines) {
  const std::string whole = "7 (x) S 1 2 3 0 -1 4 0 0 0 0 4 2 0 0 20 0 1 0 5 6 7";
  EXPECT_TRUE(ParseProcess(whole).has_value());
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    EXPECT_FALSE(ParseProcess(whole.substr(0, size)).has_value()) << size;
  }
}

}  // namespace
}  // namespace penstock::hostmonitor
