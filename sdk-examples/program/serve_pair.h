// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>

#include "penstock/adapter/data_provider.h"
#include "penstock/adapter/metadata_provider.h"

namespace penstock::program {

// A program that is a Metadata Adapter and a Data Adapter, and has nothing else to be told.
struct PairOptions {
  std::string name;             // of the program
  std::string metadata_server;  // where to meet the server, unless the command line says so
  std::string data_server;
  std::shared_ptr<adapter::MetadataProvider> metadata;
  std::shared_ptr<adapter::DataProvider> data;
};

// The rest of main: reads the command line, connects both adapters, waits for SIGTERM or SIGINT and
// ends them in order. Gives the exit code.
[[nodiscard]] int ServePair(int argc, const char* const* argv, const PairOptions& options);

}  // namespace penstock::program
