// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Text is UTF-8 (RFC 6455 sections 5.6, 8.1; RFC 3629), whole, in fragments, and told at once when
// it is not.

#include <initializer_list>

#include "case.h"

namespace penstock::test {

namespace {

using namespace std::string_literals;

const std::string kKosme = "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5";

// A code point in the form of `size` bytes, allowed or not.
std::string Encode(unsigned code, int size) {
  if (size == 1) return std::string(1, static_cast<char>(code));
  std::string out;
  for (int i = size - 1; i >= 0; --i) {
    const unsigned bits = (code >> (6 * i)) & (i == size - 1 ? 0xFFu : 0x3Fu);
    const unsigned lead = (0xFF00u >> size) & 0xFF;
    out += static_cast<char>(i == size - 1 ? lead | bits : 0x80 | bits);
  }
  return out;
}

std::string Encode(unsigned code) {
  return Encode(code, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
}

class Section {
 public:
  Section(std::vector<Case>& cases, std::string number, std::string what)
      : cases_(cases), number_(std::move(number)), what_(std::move(what)) {}

  Case& Next() {
    cases_.push_back({number_ + "." + std::to_string(++index_), what_});
    return cases_.back();
  }
  void Valid(const std::string& text) { Next().Echo(kText, text); }
  void Invalid(const std::string& text) { Next().Send(Frame(kText, text)).Fails(1007); }
  void AllInvalid(std::initializer_list<std::string> texts) {
    for (const std::string& text : texts) Invalid(text);
  }

 private:
  std::vector<Case>& cases_;
  const std::string number_;
  const std::string what_;
  int index_ = 0;
};

void AddFragments(std::vector<Case>& cases) {
  Section empty(cases, "6.1", "empty text");
  empty.Valid("");
  empty.Next()
      .Send(Frame(kText, "", false) + Frame(kContinuation, "", false) + Frame(kContinuation, ""))
      .Hear(kText, "");
  empty.Next()
      .Send(Frame(kText, "", false) + Frame(kContinuation, "middle", false) +
            Frame(kContinuation, ""))
      .Hear(kText, "middle");
  const std::string hello =
      "Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xC3\xBC\xC3\xA0\xC3\xA1-UTF-8!!";
  Section valid(cases, "6.2", "valid text in fragments");
  valid.Valid(hello);
  valid.Next().Send(Fragmented(kText, hello, 12)).Hear(kText, hello);
  valid.Next().Send(Fragmented(kText, hello, 1)).Hear(kText, hello);
  valid.Next().Send(Fragmented(kText, kKosme, 1)).Hear(kText, kKosme);
  const std::string bad = kKosme + "\xED\xA0\x80" + "edited";
  Section invalid(cases, "6.3", "invalid text in fragments");
  invalid.Invalid(bad);
  invalid.Next().Send(Fragmented(kText, bad, 1)).Fails(1007);
}

// The client stops in the middle, and is told nevertheless.
void AddFailFast(std::vector<Case>& cases) {
  Section fast(cases, "6.4", "bad text is told before the rest comes");
  // A code point beyond the last, and its first byte alone, which could still become a good one.
  fast.Next()
      .Send(Frame(kText, kKosme, false))
      .Send(Frame(kContinuation, "\xF4\x90\x80\x80", false))
      .Fails(1007);
  fast.Next()
      .Send(Frame(kText, kKosme + "\xF4", false))
      .Send(Frame(kContinuation, "\x90", false))
      .Fails(1007);
  const std::string frame = Frame(kText, kKosme + "\xF4\x90\x80\x80" + "edited");
  constexpr std::size_t kHeader = 6;
  fast.Next()
      .Send(frame.substr(0, kHeader + kKosme.size()))
      .Send(frame.substr(kHeader + kKosme.size(), 4))
      .Fails(1007);
  fast.Next()
      .Send(frame.substr(0, kHeader + kKosme.size() + 1))
      .Send(frame.substr(kHeader + kKosme.size() + 1, 1))
      .Fails(1007);
}

void AddPrefixes(std::vector<Case>& cases) {
  Section some(cases, "6.5", "valid text");
  for (const std::string& text :
       {"plain"s, kKosme, "\xC3\xA4"s, "\xE2\x82\xAC"s, "\xF0\x9F\x98\x80"s}) {
    some.Valid(text);
  }
  Section prefixes(cases, "6.6", "the beginnings of a word");
  for (std::size_t size = 1; size <= kKosme.size(); ++size) {
    const std::string prefix = kKosme.substr(0, size);
    const bool whole = size == 2 || size == 5 || size == 7 || size == 9 || size == 11;
    whole ? prefixes.Valid(prefix) : prefixes.Invalid(prefix);
  }
}

void AddEdges(std::vector<Case>& cases) {
  Section first(cases, "6.7", "the first code point of each size");
  for (const unsigned code : {0u, 0x80u, 0x800u, 0x10000u}) first.Valid(Encode(code));
  Section first_long(cases, "6.8", "the first code point of five and six bytes");
  first_long.AllInvalid({Encode(0x200000, 5), Encode(0x4000000, 6)});
  Section last(cases, "6.9", "the last code point of each size");
  for (const unsigned code : {0x7Fu, 0x7FFu, 0xFFFFu, 0x10FFFFu}) last.Valid(Encode(code));
  Section last_long(cases, "6.10", "the last code point of four, five and six bytes");
  last_long.AllInvalid({Encode(0x1FFFFF, 4), Encode(0x3FFFFFF, 5), Encode(0x7FFFFFFF, 6)});
  Section other(cases, "6.11", "other edges");
  for (const unsigned code : {0xD7FFu, 0xE000u, 0xFFFDu, 0x10FFFFu}) other.Valid(Encode(code));
  other.Invalid(Encode(0x110000, 4));
}

void AddMalformed(std::vector<Case>& cases) {
  std::string continuations;
  Section unexpected(cases, "6.12", "continuation bytes of nothing");
  unexpected.AllInvalid({"\x80", "\xBF"});
  for (int count = 2; count <= 6; ++count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += i % 2 == 0 ? '\x80' : '\xBF';
    unexpected.Invalid(text);
  }
  for (unsigned byte = 0x80; byte <= 0xBF; ++byte) continuations += static_cast<char>(byte);
  unexpected.Invalid(continuations);
  Section lonely(cases, "6.13", "leads, each with a space behind");
  const auto leads = [](unsigned from, unsigned to) {
    std::string text;
    for (unsigned byte = from; byte <= to; ++byte) (text += static_cast<char>(byte)) += ' ';
    return text;
  };
  lonely.AllInvalid({leads(0xC0, 0xDF), leads(0xE0, 0xEF), leads(0xF0, 0xF7), leads(0xF8, 0xFB),
                     leads(0xFC, 0xFD)});
  Section cut(cases, "6.14", "characters without their last byte");
  std::string all;
  for (const bool high : {false, true}) {
    for (int size = 2; size <= 6; ++size) {
      const unsigned code = !high ? 0u : size == 2 ? 0x7FFu : (1u << (5 * size + 1)) - 1;
      std::string text = Encode(code, size);
      text.pop_back();
      all += text;
      cut.Invalid(text);
    }
  }
  Section(cases, "6.15", "all of these in a row").Invalid(all);
  Section impossible(cases, "6.16", "bytes that are never in text");
  impossible.AllInvalid({"\xFE", "\xFF", "\xFE\xFE\xFF\xFF"});
}

void AddOverlong(std::vector<Case>& cases) {
  Section slash(cases, "6.17", "overlong forms of a slash");
  Section most(cases, "6.18", "the last overlong form of each size");
  Section nul(cases, "6.19", "overlong forms of NUL");
  for (int size = 2; size <= 6; ++size) slash.Invalid(Encode('/', size));
  int size = 2;
  for (const unsigned code : {0x7Fu, 0x7FFu, 0xFFFFu, 0x1FFFFFu, 0x3FFFFFFu}) {
    most.Invalid(Encode(code, size++));
  }
  for (size = 2; size <= 6; ++size) nul.Invalid(Encode(0, size));
}

void AddSurrogates(std::vector<Case>& cases) {
  Section single(cases, "6.20", "one surrogate");
  for (const unsigned code : {0xD800u, 0xDB7Fu, 0xDB80u, 0xDBFFu, 0xDC00u, 0xDF80u, 0xDFFFu}) {
    single.Invalid(Encode(code));
  }
  Section paired(cases, "6.21", "two surrogates");
  for (const unsigned high : {0xD800u, 0xDB7Fu, 0xDB80u, 0xDBFFu}) {
    for (const unsigned low : {0xDC00u, 0xDFFFu}) paired.Invalid(Encode(high) + Encode(low));
  }
}

void AddSpecials(std::vector<Case>& cases) {
  Section none(cases, "6.22", "code points that are no characters");
  for (unsigned plane = 0; plane <= 16; ++plane) {
    none.Valid(Encode(plane << 16 | 0xFFFE));
    none.Valid(Encode(plane << 16 | 0xFFFF));
  }
  Section special(cases, "6.23", "specials");
  for (unsigned code = 0xFFF9; code <= 0xFFFF; ++code) special.Valid(Encode(code));
}

}  // namespace

void AddUtf8Cases(std::vector<Case>& cases) {
  AddFragments(cases);
  AddFailFast(cases);
  AddPrefixes(cases);
  AddEdges(cases);
  AddMalformed(cases);
  AddOverlong(cases);
  AddSurrogates(cases);
  AddSpecials(cases);
}

}  // namespace penstock::test
