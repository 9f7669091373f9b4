// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The files in conf/ are what an operator starts from: they must load and tell the truth.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "config/describe.h"
#include "config/loader.h"
#include "config/schema.h"

namespace penstock::config {
namespace {

const std::string kFolder = PENSTOCK_CONF_FOLDER;
const std::string kFile = kFolder + "penstock.toml";

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Line {
  std::string section;
  std::string name;
  std::string value;
};

// Every "key = value" of the file, whether it is set or starts with '#' and no blank.
std::vector<Line> LinesOf(const std::string& text) {
  std::vector<Line> lines;
  std::istringstream stream(text);
  std::string section;
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("# ", 0) == 0) continue;
    if (!line.empty() && line[0] == '#') line.erase(0, 1);
    if (!line.empty() && line[0] == '[') {
      section = line;
      section.erase(std::remove_if(section.begin(), section.end(),
                                   [](char c) { return c == '[' || c == ']'; }),
                    section.end());
      continue;
    }
    const std::size_t equals = line.find(" = ");
    if (equals == std::string::npos) continue;
    lines.push_back({section, line.substr(0, equals), line.substr(equals + 3)});
  }
  return lines;
}

TEST(ConfFile, AsShippedIsTheSameAsAnEmptyFile) {
  const auto settings = LoadFile(kFile);
  ASSERT_TRUE(settings.ok()) << Message(settings.status());
  EXPECT_EQ(*settings, Settings());
}

TEST(ConfFile, HasEveryKeyWithItsTrueDefault) {
  const std::vector<Line> lines = LinesOf(ReadText(kFile));
  const std::vector<KeyInfo> keys = AllKeys();
  EXPECT_EQ(lines.size(), keys.size());
  for (const KeyInfo& key : keys) {
    const auto line = std::find_if(lines.begin(), lines.end(), [&](const Line& candidate) {
      return candidate.section == key.section && candidate.name == key.name;
    });
    ASSERT_NE(line, lines.end()) << "[" << key.section << "] " << key.name;
    if (!key.default_text.empty()) {
      EXPECT_EQ(line->value, key.default_text) << "[" << key.section << "] " << key.name;
    }
  }
}

TEST(ConfFile, SaysWhyForEveryKey) {
  const std::string text = ReadText(kFile);
  for (const KeyInfo& key : AllKeys()) {
    EXPECT_FALSE(key.why.empty()) << key.name;
    EXPECT_NE(text.find("# " + key.why), std::string::npos) << key.name;
  }
}

// PENSTOCK_WRITE_CONF=1 writes the file anew after a change of the table of keys.
TEST(ConfFile, IsTheTextOfTheTableOfKeys) {
  if (std::getenv("PENSTOCK_WRITE_CONF") != nullptr) {
    std::ofstream(kFile, std::ios::binary) << DefaultFileText();
  }
  EXPECT_EQ(ReadText(kFile), DefaultFileText())
      << "run config_test once with PENSTOCK_WRITE_CONF=1 in the environment";
}

// The file with all that it comments out, but for the tables that start with `without`.
std::string Uncommented(std::string_view without) {
  const std::vector<KeyInfo> keys = AllKeys();
  std::istringstream stream(ReadText(kFile));
  std::string text;
  bool skip = false;
  for (std::string line; std::getline(stream, line);) {
    const bool is_header = line.rfind("#[", 0) == 0;
    if (is_header) skip = line.find(without) != std::string::npos;
    // A key without a default is an example that may exclude another.
    const bool has_default = std::any_of(keys.begin(), keys.end(), [&](const KeyInfo& key) {
      return line == "#" + key.name + " = " + key.default_text;
    });
    const bool is_needed = line.rfind("#pattern = ", 0) == 0 || line.rfind("#modes = ", 0) == 0 ||
                           line.rfind("#certificates = ", 0) == 0 ||
                           line.rfind("#certificate_file = ", 0) == 0 ||
                           line.rfind("#key_file = ", 0) == 0;
    if (!skip && (has_default || is_header || is_needed)) line.erase(0, 1);
    text += line + "\n";
  }
  return text;
}

TEST(ConfFile, TheAdapterSetInItLoadsOnceItIsUncommented) {
  const auto settings = LoadString(Uncommented("[adapter_set.policy"), kFile);
  ASSERT_TRUE(settings.ok()) << Message(settings.status());
  AdapterSet expected;
  expected.metadata_adapter.emplace().proxy.name = "DEFAULT";
  expected.data_adapters.emplace_back().proxy.name = "DEFAULT.DEFAULT";
  ASSERT_EQ(settings->adapter_sets.size(), 1u);
  const DataAdapter& data = settings->adapter_sets[0].data_adapters.at(0);
  AdapterTls& tls = expected.data_adapters[0].proxy.tls.emplace();
  tls.certificate_file = kFolder + "penstock.pem";
  tls.key_file = kFolder + "penstock.key";
  tls.place = data.proxy.tls ? data.proxy.tls->place : Place();
  EXPECT_EQ(settings->adapter_sets[0], expected);
}

TEST(ConfFile, TheTlsInItLoadsOnceItIsUncommented) {
  const auto settings = LoadString(Uncommented("[adapter_set.policy"), kFile);
  ASSERT_TRUE(settings.ok()) << Message(settings.status());
  ASSERT_TRUE(settings->listeners[0].tls);
  const Tls& tls = *settings->listeners[0].tls;
  EXPECT_EQ(tls.certificates[0].certificate_file, kFolder + "server.pem");
  const Tls defaults;
  EXPECT_EQ(tls.ciphers, defaults.ciphers);
  EXPECT_EQ(tls.reload_check, defaults.reload_check);
}

TEST(ConfFile, ThePolicyInItLoadsOnceItIsUncommented) {
  const auto settings = LoadString(Uncommented("[adapter_set.metadata_adapter"), kFile);
  ASSERT_TRUE(settings.ok()) << Message(settings.status());
  Policy expected;
  expected.item_families = {{"quote_.*", {ItemMode::kMerge, ItemMode::kRaw}, ""}};
  ASSERT_EQ(settings->adapter_sets.size(), 1u);
  EXPECT_EQ(settings->adapter_sets[0].policy, expected);
}

TEST(ConfFile, TheDemoAdaptersFileLoads) {
  const auto settings =
      LoadString("adapters_files = [\"adapters/demo/adapters.xml\"]\n", kFolder + "p.toml");
  ASSERT_TRUE(settings.ok()) << Message(settings.status());
  ASSERT_EQ(settings->adapter_sets.size(), 1u);
  EXPECT_EQ(settings->adapter_sets[0].id, "DEMO");
  EXPECT_TRUE(settings->adapter_sets[0].metadata_adapter);
  EXPECT_EQ(settings->notes, std::vector<std::string>());
}

}  // namespace
}  // namespace penstock::config
