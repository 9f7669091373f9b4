// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"
#include "config/schema.h"

namespace penstock::config {

// A TOML table that is being read, and the keys that it may have. What is wrong goes to the
// problems, with file and line. Must not outlive its TomlDocument.
class TomlTable {
 public:
  ~TomlTable();
  TomlTable(TomlTable&& other) noexcept;
  TomlTable& operator=(TomlTable&&) = delete;

  bool Has(std::string_view name) const;
  Place place() const;
  // Of the key, or of the table if it has no such key.
  Place PlaceOf(std::string_view name) const;
  // Of each element of a list.
  std::vector<Place> PlacesOf(std::string_view name) const;
  std::string PathOf(std::string_view name) const;

  template <class S>
  void Read(std::span<const Key<S>> keys, S* into) {
    for (const Key<S>& key : keys) {
      const std::optional<Value> value =
          ReadValue({key.name, key.type, key.min, key.max, key.check});
      if (value && !key.assign(*into, *value)) AddNoChoice(key.name, *value, key.choices);
    }
  }
  // Nothing if it is absent or no table.
  std::optional<TomlTable> Sub(std::string_view name);
  std::vector<TomlTable> Subs(std::string_view name);

  // Something wrong with a key.
  void Add(std::string_view name, const std::string& text) const;
  // A key that is none, which is told here.
  void Refuse(std::string_view name, const std::string& text);
  // After everything was read: what is left is nobody's.
  void RefuseUnknownKeys() const;

 private:
  friend class TomlDocument;
  struct Node;  // keeps the library out of this header

  // What a key asks of its value, whatever struct it lands in.
  struct Wish {
    std::string_view name;
    Type type;
    std::int64_t min;
    std::int64_t max;
    std::string (*check)(const Value&);
  };

  TomlTable(Node node, std::string path, const std::string& file, Problems* problems);

  // Nothing if it is absent or wrong.
  std::optional<Value> ReadValue(const Wish& wish);
  void AddNoChoice(std::string_view name, const Value& value, std::string_view choices) const;
  std::string Advice(std::string_view name) const;

  std::unique_ptr<const Node> node_;
  std::string path_;
  const std::string& file_;
  Problems* problems_;
  std::vector<std::string_view> known_;
  std::vector<std::string_view> refused_;
};

// A text that is parsed as TOML, the owner of its tables. `file` must outlive it.
class TomlDocument {
 public:
  TomlDocument(std::string_view text, const std::string& file, Problems* problems);
  ~TomlDocument();
  TomlDocument(const TomlDocument&) = delete;
  TomlDocument& operator=(const TomlDocument&) = delete;

  // Nothing if the text is no TOML, which the problems tell.
  std::optional<TomlTable> Top() const;

 private:
  struct Parsed;

  const std::unique_ptr<const Parsed> parsed_;
  const std::string& file_;
  Problems* const problems_;
};

}  // namespace penstock::config
