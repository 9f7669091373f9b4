// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace penstock::load {

// What a run does; each is an option of the same name, with dashes (Options::Usage()).
struct Options {
  // Where the server is.
  bool websocket = true;
  bool tls = false;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string ca;  // file of PEM; empty: what the system trusts
  bool insecure = false;

  // Who comes and what they want.
  std::size_t sessions = 100;
  double open_rate = 1000;  // sessions a second
  std::string set = "DEMO";
  std::string adapter;
  std::string user;
  std::string password;
  std::size_t items = 30;
  std::size_t items_each = 0;  // of `items`, in turn; 0: all
  std::string item = "item";   // names are this and a number
  std::string mode = "MERGE";
  std::string frequency;  // a number or "unfiltered"; empty: not asked for
  std::string bandwidth;  // kbit/s; empty: not asked for
  bool snapshot = false;
  std::size_t slow = 0;  // sessions that stop reading once they are subscribed

  // The feed, if this program is to be the Data Adapter.
  std::optional<std::uint16_t> feed;  // the proxy's request_reply_port
  double rate = 100;                  // updates a second over all items
  std::size_t fields = 8;             // beside the time stamp
  std::size_t changed = 4;            // of them, at each update
  std::size_t value_bytes = 8;

  // The run.
  double seconds = 10;
  double warmup = 2;
  double patience = 60;  // seconds in which no session gets on, and then no more are waited for
  std::vector<int> server_pids;
  std::string json;  // file; "-": standard output
  std::string plot;  // file of SVG
  bool quiet = false;

  static const char* Usage();
};

enum class Parsed : std::uint8_t { kRun, kHelp, kError };
// On kError, *error says what is wrong with which option.
Parsed ParseOptions(int argc, const char* const* argv, Options* options, std::string* error);

}  // namespace penstock::load
