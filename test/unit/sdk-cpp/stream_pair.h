// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <poll.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "stream.h"
#include "tcp.h"
#include "unit/sdk-cpp/loopback.h"
#include "unit/sdk-cpp/scripted_proxy.h"

namespace penstock::adapter {

// Two ends of a connection over the loopback; they do not block.
struct SocketPair {
  UniqueFd dialled;
  UniqueFd accepted;

  static SocketPair Make() {
    const StopSignal stop;
    SocketPair pair;
    auto listening = Listen({Loopback(0)});
    EXPECT_TRUE(listening.ok());
    auto dialled =
        Dial({Loopback(PortOf(listening->get()))}, PatienceOf(std::chrono::seconds(20), stop));
    EXPECT_TRUE(dialled.ok());
    pair.dialled = std::move(dialled).value();
    pollfd wait = {listening->get(), POLLIN, 0};
    EXPECT_EQ(::poll(&wait, 1, kPatienceMillis), 1);
    pair.accepted = Accept(listening->get()).fd;
    return pair;
  }
};

struct StreamPair {
  std::unique_ptr<Stream> dialled;
  std::unique_ptr<Stream> accepted;
};

// What comes until `size` bytes are there, the stream ends, or patience does. *how is the last
// thing that reading gave.
inline std::string ReadBytes(Stream* stream, size_t size, Stream::ReadStatus* how = nullptr) {
  std::string all;
  std::string buffer(64u << 10, '\0');
  while (all.size() < size) {
    const Stream::ReadResult got = stream->Read({buffer.data(), buffer.size()});
    if (how != nullptr) *how = got.status;
    if (got.status == Stream::ReadStatus::kGot) {
      all.append(buffer, 0, got.size);
      continue;
    }
    if (got.status != Stream::ReadStatus::kNothingYet) break;
    EXPECT_FALSE(stream->HasPending());
    pollfd wait = {stream->fd(), POLLIN, 0};
    if (::poll(&wait, 1, kPatienceMillis) <= 0) break;
  }
  return all;
}

// False once the stream takes no more.
inline bool WriteBytes(Stream* stream, std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t n = stream->Write(bytes);
    if (n == 0) return false;
    bytes.remove_prefix(n);
  }
  return true;
}

// A long text in which each place differs from its neighbours.
inline std::string LongText(size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + "\r\n";
  text.resize(size);
  return text;
}

// Each end writes and reads at once, which neither may notice of the other.
inline void ExpectBothWaysAtOnce(StreamPair* pair) {
  const std::string text = LongText(2u << 20);
  std::thread writers[2] = {std::thread([&] { WriteBytes(pair->dialled.get(), text); }),
                            std::thread([&] { WriteBytes(pair->accepted.get(), text); })};
  std::string heard;
  std::thread reader([&] { heard = ReadBytes(pair->accepted.get(), text.size()); });
  EXPECT_TRUE(ReadBytes(pair->dialled.get(), text.size()) == text);
  reader.join();
  EXPECT_TRUE(heard == text);
  for (std::thread& writer : writers) writer.join();
}

// A writer whose peer does not read waits, and is let go.
inline void ExpectShutdownEndsAWrite(StreamPair* pair) {
  std::thread writer([&] {
    const std::string some(1u << 20, 'x');
    while (WriteBytes(pair->dialled.get(), some)) {
    }
  });
  // The first byte there means that the writer is under way.
  EXPECT_EQ(ReadBytes(pair->accepted.get(), 1).empty(), false);
  pair->dialled->Shutdown();
  writer.join();
}

// The last bytes arrive though the peer has sent what nobody has read.
inline void ExpectLingerLosesNothing(StreamPair* pair) {
  EXPECT_TRUE(WriteBytes(pair->accepted.get(), "never read"));
  EXPECT_TRUE(WriteBytes(pair->dialled.get(), "the last words"));
  std::thread ending([&] {
    pair->dialled->Linger(std::chrono::steady_clock::now() + std::chrono::seconds(20));
    pair->dialled.reset();
  });
  Stream::ReadStatus how = Stream::ReadStatus::kFailed;
  EXPECT_EQ(ReadBytes(pair->accepted.get(), 1000, &how), "the last words");
  EXPECT_EQ(how, Stream::ReadStatus::kEnd);
  pair->accepted.reset();
  ending.join();
}

}  // namespace penstock::adapter
