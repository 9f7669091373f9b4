// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <span>
#include <string>

#include "field_numbers.h"
#include "update_tail.h"

namespace penstock::adapter {

// Writes the `update` and the `resume_token` of an Event, with their tags, as Protocol Buffers have
// them on the wire.
class GrpcUpdateFormat final : public UpdateFormat {
 public:
  // `fields` are the host's, and outlive it.
  explicit GrpcUpdateFormat(FieldNumbers* fields) : UpdateFormat(kFormats - 1), fields_(fields) {}

  void Append(std::span<const Field> fields, const UpdateMarks& marks,
              std::string* out) const override;

 private:
  FieldNumbers* const fields_;
};

}  // namespace penstock::adapter
