// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/toml_table.h"

#include <algorithm>
#include <utility>

#include "config/suggest.h"
#include "config/toml_library.h"

namespace penstock::config {

namespace {

int LineOf(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

std::string_view KindOf(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or a time";
  }
}

std::string_view Wanted(Type type) {
  switch (type) {
    case Type::kInteger:
      return "a whole number";
    case Type::kNumber:
      return "a number";
    case Type::kBoolean:
      return "true or false";
    case Type::kText:
      return "text in quotes";
    case Type::kTexts:
      return "a list of texts, such as [\"a\", \"b\"]";
    case Type::kNameValues:
      return "a list such as [{ name = \"n\", value = \"v\" }]";
    case Type::kCredentials:
      return "a list such as [{ user = \"u\", password = \"p\" }]";
    case Type::kCertificates:
      return "a list such as [{ certificate_file = \"f.pem\", key_file = \"f.key\" }]";
  }
  return {};
}

// The two texts of a table that has these two keys and no other.
std::optional<std::pair<std::string, std::string>> TwoTexts(const toml::node& node,
                                                            std::string_view key1,
                                                            std::string_view key2) {
  const toml::table* const table = node.as_table();
  if (table == nullptr || table->size() != 2) return std::nullopt;
  const auto value1 = (*table)[key1].value_exact<std::string>();
  const auto value2 = (*table)[key2].value_exact<std::string>();
  if (!value1 || !value2) return std::nullopt;
  return std::pair(*value1, *value2);
}

// Every element of a list by `convert`; nothing if one of them cannot.
template <class T, class Convert>
std::optional<Value> ListOf(const toml::node& node, Convert convert) {
  const toml::array* const array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<T> values;
  for (const toml::node& element : *array) {
    auto value = convert(element);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return Value(std::move(values));
}

// The node as a Value of this type, without conversions between types.
std::optional<Value> ValueOf(const toml::node& node, Type type) {
  switch (type) {
    case Type::kInteger:
      if (const auto value = node.value_exact<std::int64_t>()) return Value(*value);
      return std::nullopt;
    case Type::kNumber:
      if (const auto whole = node.value_exact<std::int64_t>()) {
        return Value(static_cast<double>(*whole));
      }
      if (const auto number = node.value_exact<double>()) return Value(*number);
      return std::nullopt;
    case Type::kBoolean:
      if (const auto value = node.value_exact<bool>()) return Value(*value);
      return std::nullopt;
    case Type::kText:
      if (auto value = node.value_exact<std::string>()) return Value(std::move(*value));
      return std::nullopt;
    case Type::kTexts:
      return ListOf<std::string>(
          node, [](const toml::node& element) { return element.value_exact<std::string>(); });
    case Type::kNameValues:
      return ListOf<NameValue>(node, [](const toml::node& element) -> std::optional<NameValue> {
        auto texts = TwoTexts(element, "name", "value");
        if (!texts) return std::nullopt;
        return NameValue{std::move(texts->first), std::move(texts->second)};
      });
    case Type::kCredentials:
      return ListOf<Credential>(node, [](const toml::node& element) -> std::optional<Credential> {
        auto texts = TwoTexts(element, "user", "password");
        if (!texts) return std::nullopt;
        return Credential{std::move(texts->first), std::move(texts->second)};
      });
    case Type::kCertificates:
      return ListOf<TlsCertificate>(
          node, [](const toml::node& element) -> std::optional<TlsCertificate> {
            auto texts = TwoTexts(element, "certificate_file", "key_file");
            if (!texts) return std::nullopt;
            return TlsCertificate{std::move(texts->first), std::move(texts->second)};
          });
  }
  return std::nullopt;
}

// Where a key that does not belong here does belong: "[limits] max_sessions"; empty if nowhere.
std::string ElsewhereOf(std::string_view name) {
  static const std::vector<KeyInfo> keys = AllKeys();
  for (const KeyInfo& key : keys) {
    if (key.name != name) continue;
    return key.section.empty() ? key.name + " at the top" : "[" + key.section + "] " + key.name;
  }
  return {};
}

}  // namespace

struct TomlTable::Node {
  const toml::table& table;
};

TomlTable::TomlTable(Node node, std::string path, const std::string& file, Problems* problems)
    : node_(std::make_unique<const Node>(node)),
      path_(std::move(path)),
      file_(file),
      problems_(problems) {}

TomlTable::~TomlTable() = default;
TomlTable::TomlTable(TomlTable&& other) noexcept = default;

bool TomlTable::Has(std::string_view name) const { return node_->table.contains(name); }

Place TomlTable::place() const { return {file_, LineOf(node_->table)}; }

Place TomlTable::PlaceOf(std::string_view name) const {
  for (const auto& [key, value] : node_->table) {
    if (key.str() == name) return {file_, static_cast<int>(key.source().begin.line)};
  }
  return place();
}

std::vector<Place> TomlTable::PlacesOf(std::string_view name) const {
  std::vector<Place> places;
  if (const toml::array* const array = node_->table[name].as_array()) {
    for (const toml::node& element : *array) places.push_back({file_, LineOf(element)});
  }
  return places;
}

std::string TomlTable::PathOf(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

std::optional<TomlTable> TomlTable::Sub(std::string_view name) {
  known_.push_back(name);
  const toml::node* const node = node_->table.get(name);
  if (node == nullptr) return std::nullopt;
  if (!node->is_table()) {
    Add(name, "is " + std::string(KindOf(*node)) + "; write [" + PathOf(name) + "]");
    return std::nullopt;
  }
  return TomlTable(Node{*node->as_table()}, PathOf(name), file_, problems_);
}

std::vector<TomlTable> TomlTable::Subs(std::string_view name) {
  known_.push_back(name);
  std::vector<TomlTable> tables;
  const toml::node* const node = node_->table.get(name);
  if (node == nullptr) return tables;
  const toml::array* const array = node->as_array();
  if (array == nullptr ||
      !std::all_of(array->begin(), array->end(), [](const auto& e) { return e.is_table(); })) {
    Add(name, "is " + std::string(array ? "no list of tables" : KindOf(*node)) + "; write [[" +
                  PathOf(name) + "]] above each");
    return tables;
  }
  for (const toml::node& element : *array) {
    tables.push_back(TomlTable(Node{*element.as_table()}, PathOf(name), file_, problems_));
  }
  return tables;
}

void TomlTable::Add(std::string_view name, const std::string& text) const {
  problems_->Add(PlaceOf(name), PathOf(name), text);
}

void TomlTable::Refuse(std::string_view name, const std::string& text) {
  if (!Has(name)) return;
  Add(name, text);
  refused_.push_back(name);
}

void TomlTable::RefuseUnknownKeys() const {
  for (const auto& [key, value] : node_->table) {
    const std::string_view name = key.str();
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    if (std::find(refused_.begin(), refused_.end(), name) != refused_.end()) continue;
    problems_->Add({file_, static_cast<int>(key.source().begin.line)}, PathOf(name),
                   "is no key; " + Advice(name));
  }
}

std::string TomlTable::Advice(std::string_view name) const {
  if (const std::string_view text = NotThereYet(name); !text.empty()) return std::string(text);
  if (const std::string place = ElsewhereOf(name); !place.empty()) {
    return "did you mean " + place + "?";
  }
  const std::string_view nearest = Nearest(name, known_);
  if (!nearest.empty()) return "did you mean " + std::string(nearest) + "?";
  return "the keys here are " + Enumerate(known_);
}

std::optional<Value> TomlTable::ReadValue(const Wish& wish) {
  known_.push_back(wish.name);
  const toml::node* const node = node_->table.get(wish.name);
  if (node == nullptr) return std::nullopt;
  std::optional<Value> value = ValueOf(*node, wish.type);
  if (!value) {
    // A list in place of a list has the wrong elements.
    const bool wrong_list = node->is_array() && wish.type >= Type::kTexts;
    Add(wish.name, "is " + std::string(wrong_list ? "a list of something else" : KindOf(*node)) +
                       "; write " + std::string(Wanted(wish.type)));
    return std::nullopt;
  }
  std::string wrong = OutOfRange(*value, wish.min, wish.max);
  if (wrong.empty() && wish.check != nullptr) wrong = wish.check(*value);
  if (wrong.empty()) return value;
  Add(wish.name, wrong);
  return std::nullopt;
}

void TomlTable::AddNoChoice(std::string_view name, const Value& value,
                            std::string_view choices) const {
  Add(name, ToToml(value) + " is no choice; write " + std::string(choices));
}

struct TomlDocument::Parsed {
  toml::parse_result result;
};

TomlDocument::TomlDocument(std::string_view text, const std::string& file, Problems* problems)
    : parsed_(new Parsed{toml::parse(text, file)}), file_(file), problems_(problems) {
  if (parsed_->result) return;
  const toml::parse_error& error = parsed_->result.error();
  problems_->Add({file_, static_cast<int>(error.source().begin.line)}, "",
                 "is no TOML: " + std::string(error.description()) + "; mend it first");
}

TomlDocument::~TomlDocument() = default;

std::optional<TomlTable> TomlDocument::Top() const {
  if (!parsed_->result) return std::nullopt;
  return TomlTable(TomlTable::Node{parsed_->result.table()}, "", file_, problems_);
}

}  // namespace penstock::config
