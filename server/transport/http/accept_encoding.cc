// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/accept_encoding.h"

#include <optional>
#include <string_view>

#include "transport/http/chars.h"

namespace penstock::http {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A weight in thousandths: "0.5", "1", "1.000". What is malformed weighs nothing.
int ReadWeight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int weight = (text[0] - '0') * 1000;
  if (text.size() == 1) return weight;
  if (text[1] != '.') return 0;
  int unit = 100;
  for (const char c : text.substr(2)) {
    if (!IsDigit(c)) return 0;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= 1000 ? weight : 0;
}

// Of an element of the list: the coding, and its weight.
int TakeWeight(std::string_view* element) {
  const std::size_t semicolon = element->find(';');
  if (semicolon == std::string_view::npos) return 1000;
  std::string_view parameter = TrimBlanks(element->substr(semicolon + 1));
  *element = TrimBlanks(element->substr(0, semicolon));
  if (parameter.size() < 2 || ToLowerAscii(parameter[0]) != 'q' || parameter[1] != '=') return 0;
  return ReadWeight(parameter.substr(2));
}

}  // namespace

bool AcceptsGzip(const RequestHead& head) {
  std::optional<int> gzip, identity, any;
  for (const Header& header : head.headers) {
    if (!EqualsIgnoreCase(header.name, "Accept-Encoding")) continue;
    std::string_view list = header.value;
    while (!list.empty()) {
      std::string_view coding = TakeListElement(&list);
      const int weight = TakeWeight(&coding);
      if (EqualsIgnoreCase(coding, "gzip") || EqualsIgnoreCase(coding, "x-gzip")) gzip = weight;
      if (EqualsIgnoreCase(coding, "identity")) identity = weight;
      if (coding == "*") any = weight;
    }
  }
  const int wanted = gzip.value_or(any.value_or(0));
  return wanted > 0 && wanted >= identity.value_or(0);
}

}  // namespace penstock::http
