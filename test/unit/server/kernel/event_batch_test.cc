// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/event_batch.h"

#include <gtest/gtest.h>

#include <string>

#include "kernel/field_names.h"

namespace penstock::kernel {
namespace {

TEST(EventBatch, GivesBackWhatWasPutInInOrder) {
  EventBatch batch;
  EXPECT_TRUE(batch.empty());
  {
    std::string gone = "value that dies";
    const std::vector<FieldValue> fields{{FieldId(7), gone, false}, {FieldId(8), "", true}};
    batch.Append({0, 1, 2}, {EventKind::kUpdate, true, false, fields});
    batch.Append({0, 3, 4}, {EventKind::kClearSnapshot, false, false, {}});
    gone.assign(gone.size(), 'x');
  }
  std::string seen;
  batch.ForEach([&](SlotRef target, const ItemEvent& event) {
    seen += std::to_string(target.slot) + ":" + std::to_string(static_cast<int>(event.kind));
    for (const FieldValue& value : event.fields) {
      seen += " " + std::to_string(value.field.value()) + "=" +
              (value.is_null ? "#" : std::string(value.text));
    }
    seen += ";";
  });
  EXPECT_EQ(seen, "1:0 7=value that dies 8=#;3:2;");
}

TEST(FieldRegistry, IsBounded) {
  FieldRegistry registry(2);
  FieldNames names(registry);
  EXPECT_TRUE(names.Intern("a"));
  EXPECT_TRUE(names.Intern("b"));
  EXPECT_FALSE(names.Intern("c"));
  EXPECT_EQ(names.Intern("a"), registry.Intern("a", FieldSource::kAdapter));
}

TEST(FieldNames, ClientsCannotKeepAnAdaptersFieldsOut) {
  FieldRegistry registry(10);
  FieldNames clients(registry, FieldSource::kClient);
  FieldNames adapters(registry);
  int taken = 0;
  while (clients.Intern("c" + std::to_string(taken))) ++taken;
  EXPECT_EQ(taken, 6);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(adapters.Intern("a" + std::to_string(i)));
  EXPECT_FALSE(adapters.Intern("one too many"));
  EXPECT_TRUE(clients.Intern("a0"));
}

}  // namespace
}  // namespace penstock::kernel
