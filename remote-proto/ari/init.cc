// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/init.h"

#include <charconv>

namespace penstock::ari {
namespace {

constexpr std::string_view kVersionParam = "ARI.version";
constexpr std::string_view kHintParam = "keepalive_hint.millis";

}  // namespace

Status ParseRac(std::string_view args, RemoteCredentials* out) {
  *out = RemoteCredentials{};
  Scratch scratch;
  TokenReader reader(args, Encoding::kCompat, &scratch);
  std::vector<Pair> pairs;
  reader.Pairs(&pairs);
  for (Pair& pair : pairs) {
    if (pair.name == "user") {
      out->user = std::move(pair.value);
    } else if (pair.name == "password") {
      out->password = std::move(pair.value);
    } else if (pair.name == "enableClosePacket") {
      out->enable_close_packet = pair.value == "true";
    } else if (pair.name == "SDK") {
      out->sdk = std::move(pair.value);
    }
  }
  return reader.Finish();
}

void WriteRac(std::string_view id, const RemoteCredentials& credentials, std::string* out) {
  PacketWriter writer(id, Method::kRac, Dialect{}, out);
  if (credentials.sdk) writer.String("SDK").String(*credentials.sdk);
  if (credentials.enable_close_packet) writer.String("enableClosePacket").String("true");
  if (credentials.user) writer.String("user").String(*credentials.user);
  if (credentials.password) writer.String("password").String(*credentials.password);
  writer.End();
}

Status ParseInitRequest(std::string_view args, InitRequest* out) {
  *out = InitRequest{};
  Scratch scratch;
  TokenReader reader(args, Encoding::kCompat, &scratch);
  std::vector<Pair> pairs;
  reader.Pairs(&pairs);
  for (Pair& pair : pairs) {
    if (pair.name == kVersionParam) {
      out->version = std::move(pair.value);
    } else if (pair.name == kHintParam) {
      const std::string text = pair.value.value_or("");
      int64_t hint = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hint);
      if (error != std::errc() || end != text.data() + text.size()) {
        reader.Fail("bad keepalive_hint.millis");
      }
      out->keepalive_hint_millis = hint;
    } else {
      out->params.push_back(std::move(pair));
    }
  }
  return reader.Finish();
}

void WriteInitRequest(std::string_view id, Method method, const InitRequest& request,
                      const Dialect& dialect, std::string* out) {
  PacketWriter writer(id, method, dialect, out);
  if (request.version) writer.String(kVersionParam).String(*request.version);
  if (request.keepalive_hint_millis) {
    writer.String(kHintParam).String(std::to_string(*request.keepalive_hint_millis));
  }
  writer.Pairs(request.params).End();
}

Status ParseInitReply(Method method, std::string_view args, Reply<InitAnswer>* out) {
  return ParseReply(method, args, Dialect{}, out, [](TokenReader& reader, InitAnswer& answer) {
    if (reader.NextIs('V')) {
      reader.Type('V');
      return;
    }
    std::vector<Pair> pairs;
    if (!reader.Pairs(&pairs)) return;
    for (const Pair& pair : pairs) {
      if (pair.name != kVersionParam || !pair.value) continue;
      answer.version_text = *pair.value;
      answer.version = ParseVersion(*pair.value);
      return;
    }
    reader.Fail("init reply without ARI.version");
  });
}

void WriteInitReply(std::string_view id, Method method, Version version, std::string* out) {
  PacketWriter writer(id, method, Dialect{}, out);
  if (HasVersionParameter(version)) {
    writer.String(kVersionParam).String(VersionText(version)).End();
  } else {
    writer.Void().End();
  }
}

void WriteInitException(std::string_view id, Method method, const Exception& exception,
                        std::string* out) {
  WriteException(id, method, exception, Dialect{}, out);
}

Status ParseClose(std::string_view args, NullableString* reason) {
  reason->reset();
  Scratch scratch;
  TokenReader reader(args, Encoding::kCompat, &scratch);
  std::vector<Pair> pairs;
  reader.Pairs(&pairs);
  for (Pair& pair : pairs) {
    if (pair.name == "reason") *reason = std::move(pair.value);
  }
  return reader.Finish();
}

void WriteClose(std::string_view reason, std::string* out) {
  PacketWriter("0", Method::kClose, Dialect{}, out).String("reason").String(reason).End();
}

}  // namespace penstock::ari
