// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/method.h"

#include <cstring>

namespace penstock::ari {
namespace {

constexpr uint32_t Key(char a, char b, char c) {
  return static_cast<uint32_t>(static_cast<unsigned char>(a)) << 16 |
         static_cast<uint32_t>(static_cast<unsigned char>(b)) << 8 |
         static_cast<uint32_t>(static_cast<unsigned char>(c));
}

}  // namespace

std::string_view MethodText(Method method) {
  static constexpr std::string_view kTexts[] = {
      "",    "KEEPALIVE", "RAC", "CLOSE", "MPI", "DPI", "NUS", "NUA", "NNS", "NSC",
      "GIS", "GSC",       "GIT", "GUI",   "NUM", "NNT", "NTC", "MDA", "MSA", "MDC",
      "FST", "FUS",       "SUB", "USB",   "UD3", "EOS", "CLS", "DFD", "FAL"};
  static_assert(sizeof(kTexts) / sizeof(kTexts[0]) == static_cast<size_t>(Method::kFal) + 1);
  return kTexts[static_cast<size_t>(method)];
}

Method ParseMethod(std::string_view t) {
  if (t.size() != 3) return t == "CLOSE" ? Method::kClose : Method::kUnknown;
  switch (Key(t[0], t[1], t[2])) {
    case Key('U', 'D', '3'):
      return Method::kUd3;
    case Key('E', 'O', 'S'):
      return Method::kEos;
    case Key('C', 'L', 'S'):
      return Method::kCls;
    case Key('D', 'F', 'D'):
      return Method::kDfd;
    case Key('F', 'A', 'L'):
      return Method::kFal;
    case Key('S', 'U', 'B'):
      return Method::kSub;
    case Key('U', 'S', 'B'):
      return Method::kUsb;
    case Key('R', 'A', 'C'):
      return Method::kRac;
    case Key('M', 'P', 'I'):
      return Method::kMpi;
    case Key('D', 'P', 'I'):
      return Method::kDpi;
    case Key('N', 'U', 'S'):
      return Method::kNus;
    case Key('N', 'U', 'A'):
      return Method::kNua;
    case Key('N', 'N', 'S'):
      return Method::kNns;
    case Key('N', 'S', 'C'):
      return Method::kNsc;
    case Key('G', 'I', 'S'):
      return Method::kGis;
    case Key('G', 'S', 'C'):
      return Method::kGsc;
    case Key('G', 'I', 'T'):
      return Method::kGit;
    case Key('G', 'U', 'I'):
      return Method::kGui;
    case Key('N', 'U', 'M'):
      return Method::kNum;
    case Key('N', 'N', 'T'):
      return Method::kNnt;
    case Key('N', 'T', 'C'):
      return Method::kNtc;
    case Key('M', 'D', 'A'):
      return Method::kMda;
    case Key('M', 'S', 'A'):
      return Method::kMsa;
    case Key('M', 'D', 'C'):
      return Method::kMdc;
    case Key('F', 'S', 'T'):
      return Method::kFst;
    case Key('F', 'U', 'S'):
      return Method::kFus;
    default:
      return Method::kUnknown;
  }
}

Status ParseHead(std::string_view line, PacketHead* head) {
  *head = PacketHead{};
  const size_t first = line.find('|');
  if (first == std::string_view::npos) {
    if (line != "KEEPALIVE") return Status::Error("line has no method");
    head->method = Method::kKeepalive;
    head->method_text = line;
    return {};
  }
  if (first == 0) return Status::Error("line has no id");
  head->id = line.substr(0, first);
  const std::string_view rest = line.substr(first + 1);
  const size_t second = rest.find('|');
  head->method_text = rest.substr(0, second);
  if (head->method_text.empty()) return Status::Error("line has no method");
  if (second != std::string_view::npos) head->args = rest.substr(second + 1);
  head->method = ParseMethod(head->method_text);
  return {};
}

}  // namespace penstock::ari
