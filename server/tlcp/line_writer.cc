// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/line_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>

#include "base/percent.h"
#include "tlcp/text_codec.h"

namespace penstock::tlcp {
namespace {

// Also rates beyond any use are written; nobody can tell them from this one.
constexpr double kGreatestDecimal = 1e9;

constexpr bool IsControl(unsigned char byte) { return byte < 0x20 || byte == 0x7F; }

// Section 4.1: `%`, comma, controls and all that is not ASCII.
void AppendText(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    std::string_view bytes = text.substr(0, 1);
    if (first >= 0x80) {
      const Utf8Step step = NextUtf8(text);
      bytes = step.valid ? text.substr(0, step.size) : kReplacementCharacter;
      text.remove_prefix(step.size);
    } else {
      text.remove_prefix(1);
      if (!IsControl(first) && first != '%' && first != ',') {
        out += static_cast<char>(first);
        continue;
      }
    }
    for (const char c : bytes) AppendPercent(out, static_cast<unsigned char>(c));
  }
}

void AppendDigits(std::integral auto number, std::string& out) {
  std::array<char, 24> digits;
  out.append(digits.data(),
             std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

// `3.0`, `2.5`: no sign, no exponent, at least one decimal.
void AppendDecimal(double number, std::string& out) {
  const double bounded = number > 0 ? std::min(number, kGreatestDecimal) : 0.0;
  // The shortest text of a positive number of any size is below 400 characters.
  std::array<char, 512> digits;
  const char* const end =
      std::to_chars(digits.data(), digits.data() + digits.size(), bounded, std::chars_format::fixed)
          .ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += text;
  if (text.find('.') == std::string_view::npos) out += ".0";
}

// An argument that must be digits only, whatever the caller computed.
void AppendCount(std::integral auto number, std::string& out) {
  out += ',';
  AppendDigits(number < 0 ? decltype(number){0} : number, out);
}

void AppendTextArgument(std::string_view text, std::string& out) {
  out += ',';
  AppendText(text, out);
}

void AppendErrorArguments(const Error& error, std::string& out) {
  out += ',';
  AppendDigits(error.code, out);
  AppendTextArgument(error.message, out);
}

void AppendSequence(std::string_view sequence, std::string& out) {
  AppendTextArgument(sequence.empty() ? "*" : sequence, out);
}

bool IsWritableAddress(std::string_view link) {
  return !link.empty() && std::all_of(link.begin(), link.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7F && c != ',' && c != '%';
  });
}

constexpr std::string_view kDataTags[] = {"U",      "SUBOK",   "SUBCMD", "UNSUB",   "EOS",
                                          "CS",     "OV",      "CONF",   "MSGDONE", "MSGFAIL",
                                          "MPNREG", "MPNZERO", "MPNOK",  "MPNDEL",  "MPNCONF"};

}  // namespace

void AppendConOk(std::string_view session_id, std::int64_t request_limit, Millis keepalive_or_idle,
                 std::string_view control_link, std::string& out) {
  out += "CONOK";
  AppendTextArgument(session_id, out);
  AppendCount(request_limit, out);
  AppendCount(keepalive_or_idle.count(), out);
  out += ',';
  out += IsWritableAddress(control_link) ? control_link : "*";
  out += kLineEnd;
}

void AppendConErr(const Error& error, std::string& out) {
  out += "CONERR";
  AppendErrorArguments(error, out);
  out += kLineEnd;
}

void AppendEnd(const Error& error, std::string& out) {
  out += "END";
  AppendErrorArguments(error, out);
  out += kLineEnd;
}

void AppendLoop(Millis delay, std::string& out) {
  out += "LOOP";
  AppendCount(delay.count(), out);
  out += kLineEnd;
}

void AppendProg(std::uint64_t progressive, std::string& out) {
  out += "PROG";
  AppendCount(progressive, out);
  out += kLineEnd;
}

void AppendServName(std::string_view name, std::string& out) {
  if (name.empty()) return;
  out += "SERVNAME";
  AppendTextArgument(name, out);
  out += kLineEnd;
}

void AppendClientIp(std::string_view address, std::string& out) {
  if (address.empty()) return;
  out += "CLIENTIP";
  AppendTextArgument(address, out);
  out += kLineEnd;
}

void AppendCons(const Bandwidth& bandwidth, std::string& out) {
  out += "CONS,";
  if (bandwidth.unlimited()) {
    out += "unlimited";
  } else {
    AppendDecimal(*bandwidth.kbps, out);
  }
  out += kLineEnd;
}

void AppendConsUnmanaged(std::string& out) { out += "CONS,unmanaged\r\n"; }

void AppendSync(std::chrono::seconds since_bind, std::string& out) {
  out += "SYNC";
  AppendCount(since_bind.count(), out);
  out += kLineEnd;
}

void AppendProbe(std::string& out) { out += "PROBE\r\n"; }

void AppendNoop(std::string_view filler, std::string& out) {
  out += "NOOP";
  AppendTextArgument(filler, out);
  out += kLineEnd;
}

void AppendWsok(std::string& out) { out += "WSOK\r\n"; }

void AppendSubOk(int sub_id, int items, int fields, std::string& out) {
  out += "SUBOK";
  AppendCount(sub_id, out);
  AppendCount(items, out);
  AppendCount(fields, out);
  out += kLineEnd;
}

void AppendSubCmd(int sub_id, int items, int fields, int key_position, int command_position,
                  std::string& out) {
  out += "SUBCMD";
  AppendCount(sub_id, out);
  AppendCount(items, out);
  AppendCount(fields, out);
  AppendCount(key_position, out);
  AppendCount(command_position, out);
  out += kLineEnd;
}

void AppendUnsub(int sub_id, std::string& out) {
  out += "UNSUB";
  AppendCount(sub_id, out);
  out += kLineEnd;
}

void AppendConf(int sub_id, std::optional<double> max_frequency, bool filtered, std::string& out) {
  out += "CONF";
  AppendCount(sub_id, out);
  out += ',';
  if (max_frequency) {
    AppendDecimal(*max_frequency, out);
  } else {
    out += "unlimited";
  }
  out += filtered ? ",filtered" : ",unfiltered";
  out += kLineEnd;
}

void AppendEos(int sub_id, int item, std::string& out) {
  out += "EOS";
  AppendCount(sub_id, out);
  AppendCount(item, out);
  out += kLineEnd;
}

void AppendCs(int sub_id, int item, std::string& out) {
  out += "CS";
  AppendCount(sub_id, out);
  AppendCount(item, out);
  out += kLineEnd;
}

void AppendOv(int sub_id, int item, std::uint64_t lost, std::string& out) {
  out += "OV";
  AppendCount(sub_id, out);
  AppendCount(item, out);
  AppendCount(lost, out);
  out += kLineEnd;
}

void AppendMsgDone(Version version, std::string_view sequence, std::int64_t prog,
                   std::string_view response, std::string& out) {
  out += "MSGDONE";
  AppendSequence(sequence, out);
  AppendCount(prog, out);
  if (version.HasMessageResponse()) AppendTextArgument(response, out);
  out += kLineEnd;
}

void AppendMsgFail(std::string_view sequence, std::int64_t prog, const Error& error,
                   std::string& out) {
  out += "MSGFAIL";
  AppendSequence(sequence, out);
  AppendCount(prog, out);
  AppendErrorArguments(error, out);
  out += kLineEnd;
}

void AppendMsgSkipped(std::string_view sequence, std::int64_t last_prog, std::int64_t count,
                      std::string& out) {
  // With code 39 the message is the count, from which the client knows which ones were lost.
  AppendMsgFail(sequence, last_prog,
                count > 1 ? MakeError(RequestCode::kMessagesSkipped, std::to_string(count))
                          : MakeError(RequestCode::kMessageSkipped),
                out);
}

void AppendReqOk(std::string_view request_id, std::string& out) {
  out += "REQOK";
  if (!request_id.empty()) AppendTextArgument(request_id, out);
  out += kLineEnd;
}

void AppendReqErr(std::string_view request_id, const Error& error, std::string& out) {
  out += "REQERR";
  AppendTextArgument(request_id, out);
  AppendErrorArguments(error, out);
  out += kLineEnd;
}

void AppendError(const Error& error, std::string& out) {
  out += "ERROR";
  AppendErrorArguments(error, out);
  out += kLineEnd;
}

bool IsDataNotification(std::string_view line) {
  const std::string_view tag = line.substr(0, line.find_first_of(",\r\n"));
  return std::find(std::begin(kDataTags), std::end(kDataTags), tag) != std::end(kDataTags);
}

}  // namespace penstock::tlcp
