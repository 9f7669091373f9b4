// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/value_diff.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/tlcp_decoder.h"
#include "tlcp/update_encoder.h"

namespace penstock::tlcp {
namespace {

constexpr DiffOrder Order(std::initializer_list<DiffAlgorithm> algorithms) {
  DiffOrder order;
  for (const DiffAlgorithm algorithm : algorithms) order.Add(algorithm);
  return order;
}
constexpr DiffOrder kPatch = Order({DiffAlgorithm::kJsonPatch});
constexpr DiffOrder kText = Order({DiffAlgorithm::kTlcpDiff});
constexpr DiffOrder kBoth = Order({DiffAlgorithm::kJsonPatch, DiffAlgorithm::kTlcpDiff});
constexpr DiffOrder kBothReversed = Order({DiffAlgorithm::kTlcpDiff, DiffAlgorithm::kJsonPatch});
constexpr DiffSupport kAll{true, true};

const std::string kLongText = "A text that is long enough for a difference to be worth it: ";
const std::string kLongJson = R"({"text":"A text that is long enough for a patch","n":1})";
const std::string kLongJson2 = R"({"text":"A text that is long enough for a patch","n":2})";
const std::string kPatchOfLongJson = R"(^P[{"op":"replace","path":"/n","value":2}])";

// The token, or empty.
std::string Diff(std::string_view base, std::string_view next, DiffOrder order,
                 DiffSupport support = kAll, const DiffLimits& limits = {}) {
  std::string out = "x";
  const bool appended = AppendValueDiff(base, next, order, support, limits, out);
  EXPECT_EQ(appended, out != "x");
  return out.substr(1);
}

TEST(DiffOrder, HoldsEachAlgorithmOnce) {
  EXPECT_TRUE(DiffOrder::None().empty());
  EXPECT_FALSE(DiffOrder::None().contains(DiffAlgorithm::kJsonPatch));
  EXPECT_FALSE(DiffOrder::None().contains(DiffAlgorithm::kTlcpDiff));
  EXPECT_FALSE(kText.empty());
  EXPECT_TRUE(kText.contains(DiffAlgorithm::kTlcpDiff));
  EXPECT_FALSE(kText.contains(DiffAlgorithm::kJsonPatch));
  EXPECT_EQ(Order({DiffAlgorithm::kTlcpDiff, DiffAlgorithm::kTlcpDiff}), kText);
  EXPECT_NE(kBoth, kBothReversed);
  EXPECT_TRUE(kBoth.contains(DiffAlgorithm::kJsonPatch));
  EXPECT_TRUE(kBoth.contains(DiffAlgorithm::kTlcpDiff));
  EXPECT_LE(sizeof(DiffOrder), 2u);
}

TEST(ValueDiff, PatchesJsonAndDiffsTheRest) {
  EXPECT_EQ(Diff(kLongJson, kLongJson2, kBoth), kPatchOfLongJson);
  EXPECT_EQ(Diff(kLongText + "1", kLongText + "2", kBoth), "^TCib2");
}

TEST(ValueDiff, TriesOnlyWhatIsAllowedAndSupported) {
  EXPECT_EQ(Diff(kLongJson, kLongJson2, DiffOrder::None()), "");
  EXPECT_EQ(Diff(kLongText + "1", kLongText + "2", kPatch), "");
  EXPECT_EQ(Diff(kLongText + "1", kLongText + "2", kBoth, {.json_patch = true}), "");
  EXPECT_EQ(Diff(kLongJson, kLongJson2, kText).substr(0, 2), "^T");
  EXPECT_EQ(Diff(kLongJson, kLongJson2, kBoth, {.tlcp_diff = true}).substr(0, 2), "^T");
  EXPECT_EQ(Diff(kLongJson, kLongJson2, kPatch, {.tlcp_diff = true}), "");
}

TEST(ValueDiff, SendsNoTextDiffOfWhatMayHaveComeAsAPatch) {
  EXPECT_EQ(Diff(kLongJson, kLongJson + " and no JSON", kBoth), "");
  EXPECT_EQ(Diff(kLongJson, kLongJson + " and no JSON", kBothReversed), "");
  // Too short for a patch now.
  EXPECT_EQ(Diff(R"({"a":"12345678901234567890"})", R"({"a":"12345678901234567891"})", kBoth), "");
  // Never sent as a patch: a scalar, and what no client may get as one.
  EXPECT_EQ(Diff("\"" + kLongText + "1\"", "\"" + kLongText + "2\"", kBoth), "^TCjc2\"");
  EXPECT_EQ(Diff(R"({"id":9007199254740993,"n":1,"text":"12345"})",
                 R"({"id":9007199254740993,"n":2,"text":"12345"})", kBoth)
                .substr(0, 2),
            "^T");
}

TEST(ValueDiff, IsShorterThanTheValue) {
  EXPECT_EQ(Diff("3.04", "3.05", kText), "");
  EXPECT_EQ(Diff("abcdefgh", "12345678", kText), "");
  EXPECT_EQ(Diff("1234561", "1234562", kText), "^Tgb2");
  EXPECT_EQ(Diff("123451", "123452", kText), "^Tfb2");
  EXPECT_EQ(Diff("12341", "12342", kText), "");
  // Escapes count on both sides: here the value is longer, there the diff.
  EXPECT_EQ(Diff("|||1", "|||2", kText), "^Tdb2");
  EXPECT_EQ(Diff("123451", "12345|", kText), "^Tfb%7C");
  EXPECT_EQ(Diff("123456", "123||", kText), "");
  EXPECT_EQ(Diff("[1]", "[2]", kPatch, kAll, {.json_patch_min_length = 0}), "");
}

TEST(ValueDiff, SaysNothingOfEmptyValues) {
  EXPECT_EQ(Diff("", kLongText, kBoth), "");
  EXPECT_EQ(Diff(kLongText, "", kBoth), "");
}

TEST(ValueDiff, EscapesWhatTheLineReserves) {
  EXPECT_EQ(Diff(kLongText, kLongText + "|%\r\n#$^", kText), "^TCih%7C%25%0D%0A#$^");
  // The example of the protocol, section 5.4.
  const std::string base = R"({ "text": "aa|bb", "attributes": [ { "font": "courier" }, "..." ] })";
  const std::string next = R"({"text":"aa|bb|cc","attributes":[{"font":"courier"},"bold","..."]})";
  EXPECT_EQ(Diff(base, next, kPatch, kAll, {.json_patch_min_length = std::nullopt}),
            R"(^P[{"op":"add","path":"/attributes/1","value":"bold"},)"
            R"({"op":"replace","path":"/text","value":"aa%7Cbb%7Ccc"}])");
}

TEST(ValueDiff, ObeysTheLeastLengthOfBothValues) {
  const std::size_t size = kLongJson.size();
  EXPECT_EQ(Diff(kLongJson, kLongJson2, kPatch, kAll, {.json_patch_min_length = size}),
            kPatchOfLongJson);
  EXPECT_EQ(Diff(kLongJson, kLongJson2, kPatch, kAll, {.json_patch_min_length = size + 1}), "");
  const std::string longer = kLongJson2 + "   ";
  EXPECT_EQ(Diff(kLongJson, longer, kPatch, kAll, {.json_patch_min_length = size + 1}), "");
  EXPECT_EQ(Diff(longer, kLongJson, kPatch, kAll, {.json_patch_min_length = size + 1}), "");
}

TEST(ValueDiff, AlwaysPatchesWithoutALeastLength) {
  const DiffLimits always{.json_patch_min_length = std::nullopt};
  EXPECT_EQ(Diff("[1]", "[2]", kPatch, kAll, always),
            R"(^P[{"op":"replace","path":"/0","value":2}])");
  EXPECT_EQ(Diff("{}", "{ }", kPatch, kAll, always), "^P[]");
  EXPECT_EQ(Diff("3.04", "3.05", kBoth, kAll, always), "");
  // But a patch is no longer than a value may be.
  EXPECT_EQ(Diff("[1]", "[2]", kPatch, kAll,
                 {.json_patch_min_length = std::nullopt, .max_value_bytes = 39}),
            "");
}

TEST(ValueDiff, TriesNothingOnLongValues) {
  const std::size_t size = kLongText.size() + 1;
  EXPECT_EQ(Diff(kLongText + "1", kLongText + "2", kText, kAll, {.max_value_bytes = size}),
            "^TCib2");
  EXPECT_EQ(Diff(kLongText + "1", kLongText + "2", kText, kAll, {.max_value_bytes = size - 1}), "");
  EXPECT_EQ(Diff(kLongText + "1", kLongText, kText, kAll, {.max_value_bytes = size - 1}), "");
}

TEST(ValueDiff, SendsBadUtf8AsAWhole) {
  EXPECT_EQ(Diff(kLongText + "\xFF", kLongText + "1", kBoth), "");
  EXPECT_EQ(Diff(kLongText + "1", kLongText + "\xFF", kBoth), "");
  EXPECT_EQ(Diff(kLongJson, kLongJson2 + "\xFF", kBoth), "");
}

// A client follows a field through everything, without an error.
TEST(ValueDiff, IsUnderstoodByAClient) {
  test::TlcpItemDecoder client(1);
  std::string value = kLongText;
  ASSERT_TRUE(client.Apply(value));
  int diffs = 0;
  for (const std::string& next :
       {kLongText + "1", kLongText + "2", kLongJson, kLongJson2, kLongJson, kLongJson + "x",
        kLongJson + "y", kLongJson2, kLongJson, kLongText}) {
    std::string token;
    if (AppendValueDiff(value, next, kBoth, kAll, {}, token)) {
      ++diffs;
    } else {
      AppendEncodedValue(next, token);
    }
    ASSERT_TRUE(client.Apply(token)) << token;
    if (client.IsDocument(0)) {
      EXPECT_EQ(nlohmann::json::parse(*client.fields()[0]), nlohmann::json::parse(next));
    } else {
      EXPECT_EQ(client.fields()[0], next);
    }
    value = next;
  }
  EXPECT_EQ(diffs, 8);
}

}  // namespace
}  // namespace penstock::tlcp
