// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/dialing_door.h"

#include <string>
#include <utility>

#include "adapters/remote/grpc/client_channel.h"
#include "base/check.h"
#include "base/log.h"
#include "config/remote_hosts.h"

namespace penstock::adapters {

void GrpcDialingDoor::Add(GrpcDoorUser* user) {
  PENSTOCK_CHECK(dialers_.empty());
  for (config::RemoteHost& host :
       config::ParseRemoteHosts(proxy_.remote_host, proxy_.request_reply_port)) {
    dialers_.push_back(std::make_unique<GrpcDialer>(
        GrpcDialer::Place{*user, proxy_, max_message_bytes_, calls_}, std::move(host)));
  }
}

void GrpcDialingDoor::SetTls(std::shared_ptr<const tls::Context> context) {
  if (context == nullptr) return;
  const auto made = NewClientCredentials(context, !proxy_.tls->skip_hostname_check);
  if (made.ok()) {
    UseCredentials(*made);
  } else {
    PENSTOCK_LOG(kAdapter, kError, "a certificate cannot be given to gRPC", {"proxy", proxy_.name},
                 {"reason", Message(made.status())});
  }
}

void GrpcDialingDoor::UseCredentials(const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  has_credentials_ = true;
  for (const auto& dialer : dialers_) dialer->SetCredentials(credentials);
}

Status GrpcDialingDoor::Open() {
  if (!proxy_.tls) UseCredentials(*NewClientCredentials(nullptr, /*check_host=*/false));
  if (has_credentials_) return OkStatus();  // never in clear instead
  return Unavailable("proxy " + proxy_.name + ": its certificates cannot be used over gRPC");
}

void GrpcDialingDoor::SetServing(const GrpcDoorUser& /*user*/, bool serving) {
  for (const auto& dialer : dialers_) {
    if (serving) {
      dialer->Start();
    } else {
      dialer->Stop();
    }
  }
}

}  // namespace penstock::adapters
