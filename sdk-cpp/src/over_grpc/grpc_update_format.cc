// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/grpc_update_format.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "over_grpc/wire.h"

namespace penstock::adapter {
namespace {

constexpr uint8_t kSnapshotTag = VarintTag(pb::Update::kIsSnapshotFieldNumber);
constexpr uint8_t kFieldTag = BytesTag(pb::Update::kFieldsFieldNumber);
constexpr uint8_t kUpdateTag = BytesTag(pb::Event::kUpdateFieldNumber);
constexpr uint8_t kTokenTag = BytesTag(pb::Event::kResumeTokenFieldNumber);
constexpr uint8_t kNumberTag = VarintTag(pb::FieldValue::kFieldFieldNumber);
constexpr uint8_t kNullTag = VarintTag(pb::FieldValue::kNullFieldNumber);
constexpr uint8_t kTextTag = BytesTag(pb::FieldValue::kTextFieldNumber);
constexpr uint8_t kBinaryTag = BytesTag(pb::FieldValue::kBinaryFieldNumber);

// One field in the making.
struct Part {
  uint32_t number;
  uint8_t tag;  // of the value
  size_t size;  // of the FieldValue
};

}  // namespace

void GrpcUpdateFormat::Append(std::span<const Field> fields, const UpdateMarks& marks,
                              std::string* out) const {
  thread_local std::vector<Part> parts;
  parts.clear();
  size_t body = marks.snapshot ? 2 : 0;
  for (const Field& field : fields) {
    Part part{fields_->Of(field.name), kNullTag, 0};
    part.size = 1 + VarintSize(part.number);
    if (field.value) {
      // Texts must be UTF-8; the bytes of others are sent as what they are.
      part.tag = IsUtf8(*field.value) ? kTextTag : kBinaryTag;
      part.size += 1 + VarintSize(field.value->size()) + field.value->size();
    } else {
      part.size += 2;
    }
    if (part.number != 0) body += 1 + VarintSize(part.size) + part.size;
    parts.push_back(part);
  }
  out->push_back(static_cast<char>(kUpdateTag));
  AppendVarint(body, out);
  if (marks.snapshot) out->append({static_cast<char>(kSnapshotTag), 1});
  for (size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    // The server would have no number for the name, either, and lose the value.
    if (part.number == 0) continue;
    out->push_back(static_cast<char>(kFieldTag));
    AppendVarint(part.size, out);
    out->push_back(static_cast<char>(kNumberTag));
    AppendVarint(part.number, out);
    if (fields[i].value) {
      AppendTagged(part.tag, *fields[i].value, out);
    } else {
      out->append({static_cast<char>(kNullTag), 0});
    }
  }
  if (!marks.resume_token.empty()) AppendTagged(kTokenTag, marks.resume_token, out);
}

}  // namespace penstock::adapter
