// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/problems.h"

namespace penstock::config {

std::string Lower(std::string_view text);               // ASCII letters only
bool SameName(std::string_view a, std::string_view b);  // whatever their case
std::string_view Trim(std::string_view text);           // of XML's blanks
// The parts between any of `separators`, trimmed, without the empty ones.
std::vector<std::string> Split(std::string_view text, std::string_view separators);

// The <param> elements of one adapter. Each one that is asked for is taken; the rest is reported.
// Owned by the reader of an adapters.xml. Shard: the thread that loads.
class XmlParams {
 public:
  struct Param {
    std::string name;  // as written
    std::string value;
    Place place;
    bool taken = false;
  };

  void Add(Param param) { params_.push_back(std::move(param)); }

  // The value of a parameter; nothing if it is absent or empty, which is the same.
  const Param* Take(std::string_view name);

  std::vector<Param>& all() { return params_; }

 private:
  std::vector<Param> params_;
};

}  // namespace penstock::config
