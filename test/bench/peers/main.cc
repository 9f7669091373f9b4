// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The load of penstock-load on another push server:
//   peer_load PEER PUBLISH_PORT [the options of penstock-load that any server has]
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "bench/peers/peer_protocol.h"
#include "bench/peers/peer_publisher.h"
#include "bench/peers/peer_subscriber.h"
#include "load/options.h"
#include "load/run.h"

namespace {

using namespace penstock;

std::vector<std::size_t> TopicsOf(const load::Options& options, std::size_t number) {
  const std::size_t each = options.items_each == 0 ? options.items : options.items_each;
  std::vector<std::size_t> topics;
  for (std::size_t i = 0; i < each; ++i) {
    topics.push_back((number * options.items_each + i) % options.items + 1);
  }
  return topics;
}

int Fail(const std::string& why) {
  std::cerr << "peer_load: " << why << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return Fail("name a peer and its port for publishers");
  const auto protocol = bench::MakePeerProtocol(argv[1]);
  if (protocol == nullptr) return Fail(std::string(argv[1]) + " is no peer");
  load::Options options;
  options.feed = static_cast<std::uint16_t>(std::atoi(argv[2]));
  std::string error;
  if (load::ParseOptions(argc - 2, argv + 2, &options, &error) != load::Parsed::kRun) {
    return Fail(error);
  }
  std::signal(SIGPIPE, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);

  load::Address address;
  if (!load::Resolve(options.host, options.port, &address, &error)) return Fail(error);
  load::Poller poller;
  load::Tally tally;
  bench::PeerPublisher publisher(*protocol, options, *options.feed, poller, tally);
  const bench::PeerSubscriber::Place place{*protocol, address, poller, tally};
  load::Run run(options, poller, tally, &publisher, [&](std::size_t number, bool) {
    return std::make_unique<bench::PeerSubscriber>(place, TopicsOf(options, number));
  });
  if (const std::string wrong = run.Go(); !wrong.empty()) return Fail(wrong);
  load::WriteJson(options, run.result(), tally, run.seconds(), std::cout);
  return tally.errors.empty() ? 0 : 3;
}
