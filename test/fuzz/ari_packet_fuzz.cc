// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "unit/remote-proto/ari/packet_check.h"

// The first byte chooses dialect and shape, the second the size of the reads; the rest is the
// stream of a peer. Checks that nothing crashes, that the lines do not depend on the reads, and
// that what the codec writes for a packet that it understood means the same to it.

namespace penstock::ari {
namespace {

void Require(bool condition, std::string_view what, std::string_view detail) {
  if (condition) return;
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

void CheckPacket(std::string_view line, Shape shape, const Dialect& dialect) {
  PacketHead head;
  if (!ParseHead(line, &head).ok()) return;
  std::string once;
  if (!Rewrite(head, shape, dialect, &once).ok()) {
    Require(once.empty(), "wrote a packet that it could not read", line);
    return;
  }
  Require(once.size() >= 2 && once.find('\n') == once.size() - 1, "wrote more than one line", once);
  PacketHead again;
  const std::string_view written = std::string_view(once).substr(0, once.size() - 2);
  Require(ParseHead(written, &again).ok() && again.method == head.method,
          "cannot read its own head", once);
  std::string twice;
  const Status status = Rewrite(again, shape, dialect, &twice);
  Require(status.ok(), status.message(), once);
  Require(once == twice, "means something else the second time", once);
}

}  // namespace
}  // namespace penstock::ari

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace penstock::ari;
  if (size < 2) return 0;
  Dialect dialect;
  dialect.version = static_cast<Version>(data[0] % 5);
  dialect.item_lists = (data[0] & 0x40) == 0;
  dialect.ascii_only = (data[0] & 0x80) != 0;
  const size_t chunk = data[1] + size_t{1};
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  constexpr size_t kMaxLine = 4096;

  const std::string whole = AllLines(stream, stream.empty() ? 1 : stream.size(), kMaxLine);
  Require(whole == AllLines(stream, chunk, kMaxLine), "lines depend on the reads", whole);

  LineSplitter splitter(kMaxLine);
  splitter.Feed(stream);
  std::string_view line;
  while (splitter.Next(&line) == LineSplitter::Cut::kLine) {
    CheckPacket(line, Shape::kRequest, dialect);
    CheckPacket(line, Shape::kReply, dialect);
  }
  return 0;
}
