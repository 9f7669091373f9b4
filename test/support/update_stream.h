// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "kernel/event.h"
#include "kernel/field_names.h"

namespace penstock::test {

// Updates of one item that take turns for ever: ten fields, about 100 bytes, each value other than
// in the update before. COMMAND: UPDATEs of kRows rows in turn. Nothing is allocated but at first.
class UpdateStream {
 public:
  static constexpr int kFields = 10;
  static constexpr int kRows = 100;

  UpdateStream(kernel::FieldNames& names, bool rows) : rows_(rows), updates_(kRows) {
    if (rows) Name(names, "key");
    if (rows) Name(names, "command");
    while (fields_.size() < kFields) Name(names, "f" + std::to_string(fields_.size()));
    for (int i = 0; i < kRows; ++i) {
      Update& update = updates_[static_cast<std::size_t>(i)];
      for (std::size_t field = 0; field < kFields; ++field) {
        update.texts[field] = std::to_string(1000 + i) + "." + std::to_string(10 + field);
      }
      // One that does not fit into a string's own bytes.
      update.texts[kFields - 1] += " is what this row was traded at";
      if (rows) update.texts[0] = "row" + std::to_string(1000 + i);
      if (rows) update.texts[1] = "ADD";
      for (std::size_t field = 0; field < kFields; ++field) {
        update.values.push_back({fields_[field], update.texts[field]});
      }
    }
  }

  const std::vector<kernel::FieldId>& fields() const { return fields_; }
  // The names of fields(), as a client asks for them.
  const std::string& schema() const { return schema_; }

  // COMMAND: what makes the rows, before the first Next(). `route(event)` takes each.
  template <class Route>
  void AddRows(Route&& route) {
    for (Update& update : updates_) {
      route(kernel::ItemEvent{kernel::EventKind::kUpdate, true, false, update.values});
      update.texts[1] = "UPDATE";
      update.values[1].text = update.texts[1];
    }
  }

  kernel::ItemEvent Next() {
    Update& update = updates_[next_];
    next_ = (next_ + 1) % updates_.size();
    if (!rows_) return Event(update);
    // Each row gets new values when its turn comes again.
    for (std::size_t field = 2; field < kFields; ++field) {
      char& digit = update.texts[field][0];
      digit = digit == '9' ? '1' : static_cast<char>(digit + 1);
    }
    return Event(update);
  }

 private:
  struct Update {
    std::array<std::string, kFields> texts;
    std::vector<kernel::FieldValue> values;  // views of `texts`
  };
  void Name(kernel::FieldNames& names, const std::string& name) {
    fields_.push_back(*names.Intern(name));
    schema_ += (schema_.empty() ? "" : " ") + name;
  }
  static kernel::ItemEvent Event(const Update& update) {
    return {kernel::EventKind::kUpdate, false, false, update.values};
  }

  const bool rows_;
  std::vector<kernel::FieldId> fields_;
  std::string schema_;
  std::vector<Update> updates_;
  std::size_t next_ = 0;
};

}  // namespace penstock::test
