// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/json_patch.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace penstock::tlcp {
namespace {

using nlohmann::json;

constexpr std::size_t kAnySize = 1'000'000;

// The patch; checks that it does what it should.
std::string Patch(const std::string& base, const std::string& next) {
  std::string patch;
  EXPECT_EQ(AppendJsonPatch(base, next, kAnySize, patch), JsonPatchResult::kAppended)
      << base << " -> " << next;
  EXPECT_EQ(json::parse(base).patch(json::parse(patch)), json::parse(next)) << patch;
  return patch;
}

TEST(JsonPatch, WritesEachOperation) {
  EXPECT_EQ(Patch(R"({"a":1})", R"({"a":2})"), R"([{"op":"replace","path":"/a","value":2}])");
  EXPECT_EQ(Patch(R"({"a":1})", R"({})"), R"([{"op":"remove","path":"/a"}])");
  EXPECT_EQ(Patch(R"({})", R"({"foo":1})"), R"([{"op":"add","path":"/foo","value":1}])");
  EXPECT_EQ(Patch(R"({"a":1})", R"( { "a" : 1 } )"), "[]");
}

TEST(JsonPatch, GoesIntoMembersAndElements) {
  EXPECT_EQ(Patch(R"({"a":{"b":[1,{"c":"x"}]},"d":0})", R"({"a":{"b":[1,{"c":"y"}]},"d":0})"),
            R"([{"op":"replace","path":"/a/b/1/c","value":"y"}])");
  EXPECT_EQ(Patch(R"({"a":{"b":1}})", R"({"a":[]})"),
            R"([{"op":"replace","path":"/a","value":[]}])");
  EXPECT_EQ(Patch(R"({"a":1,"c":1})", R"({"b":1,"c":2,"d":null})"),
            R"([{"op":"remove","path":"/a"},{"op":"add","path":"/b","value":1},)"
            R"({"op":"replace","path":"/c","value":2},{"op":"add","path":"/d","value":null}])");
}

TEST(JsonPatch, InsertsAndRemovesInTheMiddleOfAnArray) {
  EXPECT_EQ(Patch("[1,2,3,4]", "[1,9,2,3,4]"), R"([{"op":"add","path":"/1","value":9}])");
  EXPECT_EQ(Patch("[1,2,3,4]", "[1,4]"),
            R"([{"op":"remove","path":"/1"},{"op":"remove","path":"/1"}])");
  EXPECT_EQ(Patch("[1,2]", "[1,2,3,4]"),
            R"([{"op":"add","path":"/2","value":3},{"op":"add","path":"/3","value":4}])");
  EXPECT_EQ(Patch("[1,2,3]", "[1,7,8,3]"),
            R"([{"op":"replace","path":"/1","value":7},{"op":"add","path":"/2","value":8}])");
}

TEST(JsonPatch, EscapesPaths) {
  EXPECT_EQ(Patch(R"({"a/b~c":1})", R"({"a/b~c":2})"),
            R"([{"op":"replace","path":"/a~1b~0c","value":2}])");
  EXPECT_EQ(Patch(R"({"\"":1,"":1})", R"({"\"":2,"":1})"),
            R"([{"op":"replace","path":"/\"","value":2}])");
  EXPECT_EQ(Patch(R"({"":1})", R"({"":2})"), R"([{"op":"replace","path":"/","value":2}])");
}

TEST(JsonPatch, KeepsTheText) {
  EXPECT_EQ(Patch(R"({"a":1})", "{\"a\":\"\\u00e0\\ud83d\\ude00|%\\n\"}"),
            "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":\"\xC3\xA0\xF0\x9F\x98\x80|%\\n\"}]");
}

TEST(JsonPatch, StopsAtItsLimit) {
  std::string patch = "x";
  const std::string_view base = R"({"a":1})";
  EXPECT_EQ(AppendJsonPatch(base, R"({"a":2})", 39, patch), JsonPatchResult::kNone);
  EXPECT_EQ(patch, "x");
  EXPECT_EQ(AppendJsonPatch(base, R"({"a":2})", 40, patch), JsonPatchResult::kAppended);
  EXPECT_EQ(patch.size(), 1u + 40u);
  EXPECT_EQ(AppendJsonPatch(base, R"({"a":1})", 1, patch), JsonPatchResult::kNone);
}

TEST(JsonPatch, TellsWhichOfTheTwoIsNoJson) {
  std::string patch;
  EXPECT_EQ(AppendJsonPatch("x", "{}", kAnySize, patch), JsonPatchResult::kBaseNotJson);
  EXPECT_EQ(AppendJsonPatch("{}", "x", kAnySize, patch), JsonPatchResult::kNone);
  EXPECT_EQ(AppendJsonPatch("{}", "[]", kAnySize, patch), JsonPatchResult::kNone);
  EXPECT_EQ(patch, "");
}

TEST(IsPatchableJson, TakesObjectsAndArrays) {
  for (const char* text : {"{}", "[]", " \t\r\n[1] ", R"({"a":[true,null,-1.5e3,"\u0000"]})",
                           R"([9007199254740992,-9007199254740992,0.30000000000000004,1e300])",
                           R"(["\ud83d\ude00"])", R"({"constructor":{"x":1}})"}) {
    EXPECT_TRUE(IsPatchableJson(text)) << text;
  }
}

TEST(IsPatchableJson, RefusesWhatIsNoDocument) {
  for (const char* text : {"", " ", "1", "\"a\"", "null", "{", "[1,]", "{}x", "{'a':1}", "[01]",
                           "[/**/]", "[NaN]", "\xEF\xBB\xBF{}", "[\"\xFF\"]", "[\"\x01\"]"}) {
    EXPECT_FALSE(IsPatchableJson(text)) << text;
  }
  EXPECT_FALSE(IsPatchableJson(std::string_view("{}\0x", 4)));
}

TEST(IsPatchableJson, RefusesWhatJavaScriptReadsOtherwise) {
  for (const char* text :
       {"[9007199254740993]", "[-9007199254740993]", "[18446744073709551616]", "[1e999]",
        "[0.123456789012345678]", R"({"a":1,"a":1})", R"([{"b":{"a":1,"c":2,"a":1}}])",
        R"({"__proto__":1})", R"([{"\u005f_proto__":{}}])", R"({"constructor":{"prototype":1}})",
        R"(["\ud83d"])", R"(["\ude00"])", R"({"\ud83d":1})", R"(["\ud83dx"])"}) {
    EXPECT_FALSE(IsPatchableJson(text)) << text;
  }
}

TEST(IsPatchableJson, BoundsTheDepth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(IsPatchableJson(nested(64)));
  EXPECT_FALSE(IsPatchableJson(nested(65)));
  EXPECT_FALSE(IsPatchableJson(nested(1'000'000)));
  EXPECT_FALSE(IsPatchableJson(std::string(1'000'000, '[')));
}

// Documents of few keys and values, so that edits hit.
class RandomJson {
 public:
  explicit RandomJson(unsigned seed) : random_(seed) {}

  json Document() { return Below(3) == 0 ? Array(4) : Object(4); }

  // Changes something somewhere below.
  void Edit(json& document) {
    if (document.empty() || !document.is_structured() || Below(4) == 0) {
      if (document.is_array()) {
        const auto at = static_cast<std::ptrdiff_t>(Below(document.size() + 1));
        document.insert(document.begin() + at, Value(2));
      } else if (document.is_object()) {
        document[Key()] = Value(2);
      } else {
        document = Value(1);
      }
      return;
    }
    auto place = document.begin();
    std::advance(place, static_cast<std::ptrdiff_t>(Below(document.size())));
    if (Below(5) == 0) {
      document.erase(place);
    } else {
      Edit(*place);
    }
  }

  std::size_t Below(std::size_t limit) { return random_() % limit; }

 private:
  std::string Key() {
    static const char* const kKeys[] = {"a",   "b/c", "~", "",         "price|",
                                        "%7C", "-",   "0", "\xC3\xA0", "name"};
    return kKeys[Below(std::size(kKeys))];
  }
  json Array(std::size_t depth) {
    json array = json::array();
    for (std::size_t i = Below(6); i > 0; --i) array.push_back(Value(depth - 1));
    return array;
  }
  json Object(std::size_t depth) {
    json object = json::object();
    for (std::size_t i = Below(6); i > 0; --i) object[Key()] = Value(depth - 1);
    return object;
  }
  json Value(std::size_t depth) {
    switch (Below(depth > 0 ? 8 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return Below(2) == 0;
      case 2:
        return static_cast<int>(Below(10)) - 5;
      case 3:
        return static_cast<double>(Below(1000)) / 7;
      case 4:
      case 5:
        return Key();
      case 6:
        return Array(depth);
      default:
        return Object(depth);
    }
  }

  std::mt19937 random_;
};

TEST(JsonPatch, RoundTripsRandomDocuments) {
  RandomJson documents(1);
  for (int i = 0; i < 10'000; ++i) {
    json document = documents.Document();
    const std::string base = document.dump();
    for (std::size_t edits = documents.Below(5); edits > 0; --edits) documents.Edit(document);
    Patch(base, document.dump(i % 2 == 0 ? -1 : 2));
  }
}

TEST(JsonPatch, RemovesManyElementsInLinearTime) {
  std::string many = "[1";
  for (int i = 0; i < 100'000; ++i) many += ",1";
  many += "]";
  std::string patch;
  EXPECT_EQ(AppendJsonPatch(many, "[]", 10'000'000, patch), JsonPatchResult::kAppended);
  EXPECT_EQ(AppendJsonPatch(many, "[]", 100, patch), JsonPatchResult::kNone);
}

}  // namespace
}  // namespace penstock::tlcp
