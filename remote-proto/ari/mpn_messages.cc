// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/mpn_messages.h"

namespace penstock::ari {
namespace {

void ReadDevice(TokenReader* reader, MpnDevice* out) {
  reader->Platform(&out->platform);
  reader->String(&out->application);
  reader->String(&out->token);
}

}  // namespace

Status ParseMpnDevice(Method method, std::string_view args, const Dialect& dialect,
                      MpnDeviceRequest* out) {
  *out = MpnDeviceRequest{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(method), &scratch);
  reader.Nullable(&out->user);
  reader.String(&out->session);
  ReadDevice(&reader, &out->device);
  if (method == Method::kMdc) reader.String(&out->new_token.emplace());
  return reader.Finish();
}

void WriteMpnDevice(std::string_view id, const MpnDeviceRequest& request, const Dialect& dialect,
                    std::string* out) {
  PacketWriter writer(id, request.new_token ? Method::kMdc : Method::kMda, dialect, out);
  writer.Nullable(request.user)
      .String(request.session)
      .Platform(request.device.platform)
      .String(request.device.application)
      .String(request.device.token);
  if (request.new_token) writer.String(*request.new_token);
  writer.End();
}

Status ParseMpnSubscription(std::string_view args, const Dialect& dialect,
                            MpnSubscriptionRequest* out) {
  *out = MpnSubscriptionRequest{};
  Scratch scratch;
  TokenReader reader(args, dialect.ReadEncoding(Method::kMsa), &scratch);
  reader.Nullable(&out->user);
  reader.String(&out->session);
  ReadTable(Method::kMsa, dialect, &reader, &out->table);
  ReadDevice(&reader, &out->device);
  reader.Nullable(&out->trigger);
  reader.String(&out->format);
  return reader.Finish();
}

void WriteMpnSubscription(std::string_view id, const MpnSubscriptionRequest& request,
                          const Dialect& dialect, std::string* out) {
  PacketWriter writer(id, Method::kMsa, dialect, out);
  writer.Nullable(request.user).String(request.session);
  WriteTable(Method::kMsa, dialect, request.table, &writer);
  writer.Platform(request.device.platform)
      .String(request.device.application)
      .String(request.device.token)
      .Nullable(request.trigger)
      .String(request.format)
      .End();
}

}  // namespace penstock::ari
