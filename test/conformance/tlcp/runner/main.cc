// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Each transcript of the folder is one test, named as its file.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/log.h"
#include "runner/stage.h"

namespace {

namespace fs = std::filesystem;
using penstock::transcript::Parse;
using penstock::transcript::Stage;

class TranscriptTest : public testing::Test {
 public:
  explicit TranscriptTest(fs::path path) : path_(std::move(path)) {}
  void TestBody() override {
    std::ifstream file(path_, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto transcript = Parse(path_.filename().string(), text);
    ASSERT_TRUE(transcript.ok()) << penstock::Message(transcript.status());
    Stage stage;
    if (const auto problem = stage.Play(*transcript)) FAIL() << *problem;
  }

 private:
  const fs::path path_;
};

void RegisterTranscripts(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    testing::RegisterTest("Tlcp", path.stem().c_str(), nullptr, nullptr, path.c_str(), 1,
                          [path]() -> testing::Test* { return new TranscriptTest(path); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  // Refusals are what many transcripts are about: no news in the log.
  penstock::log::SetLevel(penstock::log::Area::kSession, penstock::log::Level::kWarn);
  RegisterTranscripts(PENSTOCK_TRANSCRIPTS);
  return RUN_ALL_TESTS();
}
