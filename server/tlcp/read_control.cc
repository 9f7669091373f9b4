// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <algorithm>

#include "tlcp/request_fields.h"

// Control requests (sections 3.2 to 3.7 and 8) and messages (3.8).
namespace penstock::tlcp {
namespace {

int ReadSubId(RequestFields& fields) {
  return static_cast<int>(fields.RequiredInteger("LS_subId", 1, INT32_MAX));
}

bool ReadAck(RequestFields& fields) {
  return fields.websocket() ? fields.Flag("LS_ack", true) : true;
}

Mode ReadMode(RequestFields& fields) {
  const std::optional<std::string_view> mode = fields.Find("LS_mode");
  if (!mode) {
    fields.FailMissing("LS_mode");
    return {};
  }
  if (*mode == "RAW") return Mode::kRaw;
  if (*mode == "MERGE") return Mode::kMerge;
  if (*mode == "DISTINCT") return Mode::kDistinct;
  if (*mode == "COMMAND") return Mode::kCommand;
  fields.FailInvalid("LS_mode");
  return {};
}

std::optional<BufferSize> ReadBufferSize(RequestFields& fields) {
  constexpr std::string_view kName = "LS_requested_buffer_size";
  const std::optional<std::string_view> value = fields.Find(kName);
  if (!value) return std::nullopt;
  if (*value == "unlimited") return BufferSize{};
  const auto events = fields.OptionalInteger(kName, 1, INT64_MAX);
  return BufferSize{static_cast<int>(std::min<std::int64_t>(events.value_or(1), INT32_MAX))};
}

Snapshot ReadSnapshot(RequestFields& fields) {
  constexpr std::string_view kName = "LS_snapshot";
  const std::string_view value = fields.Find(kName).value_or("false");
  if (value == "false") return {};
  if (value == "true") return {true, std::nullopt};
  const auto length = fields.OptionalInteger(kName, 1, INT64_MAX);
  return {true, static_cast<int>(std::min<std::int64_t>(length.value_or(1), INT32_MAX))};
}

Add ReadAdd(RequestFields& fields) {
  Add add;
  add.sub_id = ReadSubId(fields);
  add.mode = ReadMode(fields);
  add.group = fields.RequiredText("LS_group");
  add.schema = fields.RequiredText("LS_schema");
  add.data_adapter = fields.TextOr("LS_data_adapter", add.data_adapter);
  add.selector = fields.OptionalText("LS_selector");
  add.buffer_size = ReadBufferSize(fields);
  add.max_frequency =
      fields.OptionalFrequency("LS_requested_max_frequency").value_or(Frequency::Unlimited());
  add.snapshot = ReadSnapshot(fields);
  add.ack = ReadAck(fields);
  return add;
}

Delete ReadDelete(RequestFields& fields) { return {ReadSubId(fields), ReadAck(fields)}; }

Reconf ReadReconf(RequestFields& fields) {
  Reconf reconf;
  reconf.sub_id = ReadSubId(fields);
  reconf.max_frequency = fields.OptionalFrequency("LS_requested_max_frequency");
  // 65 would make official clients drop the session.
  if (reconf.max_frequency == Frequency::Unfiltered()) {
    fields.Fail(MakeError(RequestCode::kReconfOfUnfiltered));
  }
  return reconf;
}

Constrain ReadConstrain(RequestFields& fields) {
  constexpr std::string_view kName = "LS_requested_max_bandwidth";
  const std::optional<Bandwidth> bandwidth = fields.OptionalBandwidth(kName);
  if (!bandwidth) fields.FailMissing(kName);
  return {bandwidth.value_or(Bandwidth())};
}

ForceRebind ReadForceRebind(RequestFields& fields) {
  return {fields.OptionalMillis("LS_polling_millis"), fields.Flag("LS_close_socket", false)};
}

Destroy ReadDestroy(RequestFields& fields) {
  Destroy destroy;
  if (const auto code = fields.OptionalInteger("LS_cause_code", INT32_MIN, INT32_MAX)) {
    // Clients expect this word where there is no message.
    destroy.custom_cause =
        MakeCustomError(static_cast<int>(*code), fields.TextOr("LS_cause_message", "null"));
  }
  destroy.close_socket = fields.Flag("LS_close_socket", false);
  return destroy;
}

ControlOp ReadOp(RequestFields& fields) {
  const std::optional<std::string_view> op = fields.Find("LS_op");
  if (!op) {
    fields.FailMissing("LS_op");
    return {};
  }
  if (*op == "add") return ReadAdd(fields);
  if (*op == "delete") return ReadDelete(fields);
  if (*op == "reconf") return ReadReconf(fields);
  if (*op == "constrain") return ReadConstrain(fields);
  if (*op == "force_rebind") return ReadForceRebind(fields);
  if (*op == "destroy") return ReadDestroy(fields);
  if (*op == "register") return Mpn{Mpn::Op::kRegister};
  if (*op == "reset_badge") return Mpn{Mpn::Op::kResetBadge};
  if (*op == "activate") return Mpn{Mpn::Op::kActivate};
  if (*op == "pn_reconf") return Mpn{Mpn::Op::kPnReconf};
  if (*op == "deactivate") return Mpn{Mpn::Op::kDeactivate};
  fields.FailInvalid("LS_op");
  return {};
}

std::optional<std::string> ReadSequence(RequestFields& fields) {
  std::optional<std::string> sequence = fields.OptionalText("LS_sequence");
  if (!sequence) return sequence;
  const bool well_formed =
      !sequence->empty() && std::all_of(sequence->begin(), sequence->end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '_';
      });
  // The name is what client libraries use for "no sequence"; it must not become one.
  if (!well_formed || *sequence == "UNORDERED_MESSAGES") fields.FailInvalid("LS_sequence");
  return sequence;
}

}  // namespace

Control ReadControl(RequestFields& fields) {
  Control control;
  control.cause = fields.TextOr("LS_cause", "");
  control.op = ReadOp(fields);
  return control;
}

Message ReadMessage(RequestFields& fields) {
  Message message;
  message.text = fields.RequiredText("LS_message");
  message.sequence = ReadSequence(fields);
  message.prog = fields.OptionalInteger("LS_msg_prog", 1, INT64_MAX);
  message.outcome = fields.Flag("LS_outcome", true);
  if (!message.prog && (message.sequence || message.outcome)) fields.FailMissing("LS_msg_prog");
  if (message.sequence) message.max_wait = fields.OptionalMillis("LS_max_wait");
  message.ack = ReadAck(fields);
  return message;
}

}  // namespace penstock::tlcp
