// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/handshake.h"

#include <unistd.h>

#include <string>

namespace penstock::adapter {

namespace {

// Of this process, for whoever reads logs of several machines.
const std::string& InstanceId() {
  static const std::string id = [] {
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    return ToUtf8(host) + '/' + std::to_string(::getpid());
  }();
  return id;
}

}  // namespace

pb::Hello HelloOf(const Endpoint& endpoint, bool is_data) {
  pb::Hello hello;
  hello.set_adapter_set(ToUtf8(endpoint.adapter_set));
  hello.set_data_adapter(ToUtf8(endpoint.data_adapter));
  hello.set_sdk("Penstock C++ SDK");
  hello.set_sdk_version(PENSTOCK_SDK_VERSION);
  hello.set_instance_id(InstanceId());
  if (!is_data) hello.add_features("selectors");
  return hello;
}

Params ParamsOf(const pb::Init& init, const Params& own) {
  Params params = own;
  params.insert(init.params().begin(), init.params().end());
  // By the names that they have in the text protocol.
  params.emplace("adapters_conf.id", init.adapter_set());
  if (!init.data_adapter().empty()) params.emplace("data_provider.name", init.data_adapter());
  params.emplace("server.instance_id", init.server_instance_id());
  params.emplace("proxy.instance_id", init.proxy_instance_id());
  return params;
}

}  // namespace penstock::adapter
