// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace penstock::test {

// A remote adapter whose lines are written by the test: a plain loopback socket. Nothing blocks;
// whoever waits for a line turns the shards meanwhile.
class ScriptedRemote {
 public:
  using Turn = std::function<void()>;

  // `turn` lets the server work for a moment.
  ScriptedRemote(std::uint16_t port, Turn turn);
  // Takes over a connection that the server has made.
  ScriptedRemote(Turn turn, int descriptor) : turn_(std::move(turn)), descriptor_(descriptor) {}
  ~ScriptedRemote();
  ScriptedRemote(const ScriptedRemote&) = delete;
  ScriptedRemote& operator=(const ScriptedRemote&) = delete;

  bool connected() const { return descriptor_ >= 0; }
  // Adds CRLF.
  void Send(std::string_view line) { SendRaw(std::string(line) + "\r\n"); }
  void SendRaw(std::string_view bytes);
  // The next line of the server; "" when none comes.
  std::string Next();
  // The next line is there already, or comes within a few turns.
  bool HasLine(int turns = 20);
  // The server has closed the connection, and every line was taken.
  bool Closed();
  void Hangup();

  // Reads DPI or MPI and answers that `version` is spoken; false when nothing came to answer.
  bool AnswerInit(std::string_view version = "1.9.1");

 private:
  void Read();

  Turn turn_;
  int descriptor_ = -1;
  bool end_ = false;
  std::string buffer_;
};

// The id of a packet, and what stands behind it: "1f|SUB|S|a" -> "1f", "SUB|S|a".
std::string IdOf(const std::string& line);
std::string BodyOf(const std::string& line);

}  // namespace penstock::test
