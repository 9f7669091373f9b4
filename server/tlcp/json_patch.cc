// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/json_patch.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace penstock::tlcp {
namespace {

using Json = nlohmann::json;

// What is written of a document, compared and destroyed is done by recursion.
constexpr std::size_t kMaxDepth = 64;
// Integers up to here are their own double.
constexpr std::int64_t kMaxInteger = std::int64_t{1} << 53;
// Decimal digits that a double may need; of more, some would be lost.
constexpr int kMaxDigits = 17;

// Of a number's text, from the first that is not 0 and without the exponent.
int CountDigits(std::string_view number) {
  int digits = 0;
  for (const char c : number.substr(0, number.find_first_of("eE"))) {
    if (c >= (digits == 0 ? '1' : '0') && c <= '9') ++digits;
  }
  return digits;
}

// "__proto__" is the prototype of a JavaScript object, "prototype" that of its constructor; patch
// libraries refuse both, and a client takes that as fatal.
bool IsDangerousKey(std::string_view key) { return key == "__proto__" || key == "prototype"; }

// Builds a document from the parser's events and stops at what clients would read otherwise. Life:
// one parse. The names of the functions are the library's.
class Builder {
 public:
  bool null() { return Add(nullptr); }
  bool boolean(bool value) { return Add(value); }
  bool number_integer(std::int64_t value) { return value >= -kMaxInteger && Add(value); }
  bool number_unsigned(std::uint64_t value) {
    return value <= static_cast<std::uint64_t>(kMaxInteger) && Add(value);
  }
  // Integers of more than 64 bits come here too. What no double can hold is an error before.
  bool number_float(double value, const std::string& text) {
    return CountDigits(text) <= kMaxDigits && Add(value);
  }
  bool string(std::string& value) { return Add(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return Open(Json::object()); }
  bool end_object() { return Close(); }
  bool start_array(std::size_t) { return Open(Json::array()); }
  bool end_array() { return Close(); }

  bool key(std::string& name) {
    if (IsDangerousKey(name)) return false;
    const auto [place, added] = open_.back()->emplace(name, nullptr);
    member_ = &*place;
    return added;
  }

  template <class Error>
  bool parse_error(std::size_t, const std::string&, const Error&) {
    return false;
  }

  Json Take() { return std::move(root_); }

 private:
  // Where the value stands now; it stays there as long as it is open, as its parent does not grow.
  Json* Place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(value));
      return &open_.back()->back();
    }
    *member_ = std::move(value);
    return member_;
  }
  bool Add(Json value) {
    Place(std::move(value));
    return true;
  }
  bool Open(Json container) {
    if (open_.size() == kMaxDepth) return false;
    open_.push_back(Place(std::move(container)));
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> open_;  // from the root
  Json* member_ = nullptr;   // of open_.back(), whose value comes next
};

bool LooksLikeJson(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || (text[begin] != '{' && text[begin] != '[')) return false;
  // The library takes it for the end of the text.
  return text.find('\0') == std::string_view::npos;
}

std::optional<Json> Parse(std::string_view text) {
  if (!LooksLikeJson(text)) return std::nullopt;
  try {
    Builder builder;
    if (!Json::sax_parse(text, &builder)) return std::nullopt;
    return builder.Take();
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

// Writes the operations while it compares. The library's own diff() takes time that grows with the
// square of the elements removed, and cannot stop when the patch gets too long. Life: one patch.
class PatchWriter {
 public:
  PatchWriter(std::size_t max_bytes, std::string& out) : end_(max_bytes), out_(out) {}

  // False if the patch would be too long; `out` is then undefined.
  bool Write(const Json& base, const Json& next) {
    out_ += '[';
    if (!Compare(base, next)) return false;
    out_ += ']';
    return out_.size() <= end_;
  }

 private:
  bool Compare(const Json& base, const Json& next) {
    if (base.is_object() && next.is_object()) return CompareObjects(base, next);
    if (base.is_array() && next.is_array()) return CompareArrays(base, next);
    return base == next || Operation("replace", &next);
  }

  // Both in the order of their keys.
  bool CompareObjects(const Json& base, const Json& next) {
    auto old_member = base.begin();
    auto member = next.begin();
    while (old_member != base.end() || member != next.end()) {
      const int order = old_member == base.end() ? 1
                        : member == next.end()   ? -1
                                                 : old_member.key().compare(member.key());
      const std::size_t parent = Enter(order > 0 ? member.key() : old_member.key());
      const bool fits = order < 0   ? Operation("remove", nullptr)
                        : order > 0 ? Operation("add", &*member)
                                    : Compare(*old_member, *member);
      path_.resize(parent);
      if (!fits) return false;
      if (order <= 0) ++old_member;
      if (order >= 0) ++member;
    }
    return true;
  }

  bool CompareArrays(const Json& base, const Json& next) {
    const std::size_t common = std::min(base.size(), next.size());
    std::size_t first = 0;
    while (first < common && base[first] == next[first]) ++first;
    std::size_t same_end = 0;
    while (same_end < common - first &&
           base[base.size() - 1 - same_end] == next[next.size() - 1 - same_end]) {
      ++same_end;
    }
    const std::size_t base_end = base.size() - same_end;
    const std::size_t next_end = next.size() - same_end;
    for (; first < std::min(base_end, next_end); ++first) {
      if (!AtElement(first, [&] { return Compare(base[first], next[first]); })) return false;
    }
    // Each removal moves the next one here.
    for (std::size_t i = first; i < base_end; ++i) {
      if (!AtElement(first, [&] { return Operation("remove", nullptr); })) return false;
    }
    for (std::size_t i = first; i < next_end; ++i) {
      if (!AtElement(i, [&] { return Operation("add", &next[i]); })) return false;
    }
    return true;
  }

  template <class Function>
  bool AtElement(std::size_t index, Function function) {
    const std::size_t parent = Enter(std::to_string(index));
    const bool fits = function();
    path_.resize(parent);
    return fits;
  }

  // Adds a step to the path, escaped as RFC 6901 wants; gives the size of the path before.
  std::size_t Enter(std::string_view step) {
    const std::size_t parent = path_.size();
    path_ += '/';
    for (const char c : step) {
      if (c == '~') {
        path_ += "~0";
      } else if (c == '/') {
        path_ += "~1";
      } else {
        path_ += c;
      }
    }
    return parent;
  }

  bool Operation(std::string_view name, const Json* value) {
    if (out_.back() == '}') out_ += ',';
    out_ += "{\"op\":\"";
    out_ += name;
    out_ += "\",\"path\":";
    out_ += Json(path_).dump();
    if (value != nullptr) {
      out_ += ",\"value\":";
      out_ += value->dump();
    }
    out_ += '}';
    return out_.size() < end_;
  }

  std::size_t end_;  // of out_
  std::string& out_;
  std::string path_;  // of what is compared, as a JSON Pointer
};

}  // namespace

bool IsPatchableJson(std::string_view text) { return Parse(text).has_value(); }

JsonPatchResult AppendJsonPatch(std::string_view base, std::string_view next, std::size_t max_bytes,
                                std::string& out) {
  const std::optional<Json> from = Parse(base);
  if (!from) return JsonPatchResult::kBaseNotJson;
  const std::optional<Json> to = Parse(next);
  // An object does not become an array by patches that every client applies.
  if (!to || from->type() != to->type()) return JsonPatchResult::kNone;
  std::string patch;
  try {
    if (!PatchWriter(max_bytes, patch).Write(*from, *to)) return JsonPatchResult::kNone;
  } catch (const Json::exception&) {
    return JsonPatchResult::kNone;
  }
  out += patch;
  return JsonPatchResult::kAppended;
}

}  // namespace penstock::tlcp
