// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "over_grpc/wire.h"

#include <string>

#include <gtest/gtest.h>

#include "field_numbers.h"
#include "over_grpc/grpc_update_format.h"
#include "penstock/adapter/v1/data.pb.h"

namespace penstock::adapter {
namespace {

std::string EventOf(uint64_t subscription, size_t text) {
  pb::Event event;
  event.set_subscription(subscription);
  event.mutable_update()->add_fields()->set_text(std::string(text, 'x'));
  std::string out;
  AppendEvent(event, &out);
  return out;
}

TEST(GrpcWire, EventsThatStandTogetherAreOneMessageUpToABound) {
  std::string outbox;
  for (uint64_t i = 1; i <= 5; ++i) outbox += EventOf(i, 20000);
  size_t events = 0;
  size_t messages = 0;
  for (std::string_view rest = outbox; !rest.empty(); ++messages) {
    const Piece piece = FirstPiece(rest);
    EXPECT_TRUE(piece.is_batch);
    EXPECT_LE(piece.used, size_t{64} << 10);
    pb::EventBatch batch;
    ASSERT_TRUE(batch.ParseFromArray(piece.payload.data(), static_cast<int>(piece.payload.size())));
    for (const pb::Event& event : batch.events()) EXPECT_EQ(event.subscription(), ++events);
    rest.remove_prefix(piece.used);
  }
  EXPECT_EQ(events, 5u);
  EXPECT_EQ(messages, 2u);
}

TEST(GrpcWire, AnEventBeyondTheBoundGoesAlone) {
  const std::string outbox = EventOf(1, 100000) + EventOf(2, 1);
  const Piece piece = FirstPiece(outbox);
  EXPECT_GT(piece.used, 100000u);
  EXPECT_LT(piece.used, outbox.size());
}

TEST(GrpcWire, AWholeMessageStandsBetweenBatches) {
  pb::DataAdapterMessage message;
  message.mutable_subscribe_result()->set_subscription(300);
  const std::string whole = WholeMessage(message);
  const std::string outbox = EventOf(1, 1) + whole + EventOf(2, 1);
  const Piece first = FirstPiece(outbox);
  EXPECT_TRUE(first.is_batch);
  EXPECT_EQ(first.used, EventOf(1, 1).size());
  const Piece second = FirstPiece(std::string_view(outbox).substr(first.used));
  EXPECT_FALSE(second.is_batch);
  EXPECT_EQ(second.used, whole.size());
  EXPECT_EQ(second.payload, message.SerializeAsString());
}

TEST(GrpcWire, AnUpdateIsWhatProtocolBuffersWouldWrite) {
  FieldNumbers numbers;
  const GrpcUpdateFormat format(&numbers);
  const std::string big(300, 'y');
  const Field fields[] = {{"a", "1"}, {"b", std::nullopt}, {"c", ""},
                          {"d", big}, {"e", "\xff\xfe"},   {"f", "\xc3\xa9"}};
  for (const bool snapshot : {false, true}) {
    const std::string token = snapshot ? "" : std::string("\0\xff", 2);
    std::string written;
    format.Append(fields, {.snapshot = snapshot, .resume_token = token}, &written);
    pb::Event event;
    event.set_resume_token(token);
    pb::Update& update = *event.mutable_update();
    update.set_is_snapshot(snapshot);
    for (const Field& field : fields) {
      pb::FieldValue& value = *update.add_fields();
      value.set_field(numbers.Of(field.name));
      if (!field.value) {
        value.set_null(pb::FieldValue::NULL_VALUE);
      } else if (field.name == "e") {
        value.set_binary(std::string(*field.value));
      } else {
        value.set_text(std::string(*field.value));
      }
    }
    EXPECT_EQ(written, event.SerializeAsString());
  }
}

TEST(GrpcWire, TextsAreUtf8) {
  EXPECT_TRUE(IsUtf8("gr\xc3\xbc\xc3\x9f"));
  EXPECT_FALSE(IsUtf8("\xc3"));
  EXPECT_EQ(ToUtf8("\xc3\xa9"), "\xc3\xa9");
  EXPECT_EQ(ToUtf8("\xe9"), "\xc3\xa9");
}

}  // namespace
}  // namespace penstock::adapter
