// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include "session/feed.h"

// The three feeds behind feed.h, one file each.
namespace penstock::session::feed {

void StartLatest(SubscribedItem& item);
bool LatestHasNews(const SubscribedItem& item);
Step AppendLatest(SubscribedItem& item, Context& context);

void StartLog(SubscribedItem& item);
bool LogHasNews(SubscribedItem& item);
TimePoint LogDue(const SubscribedItem& item);
Step AppendLog(SubscribedItem& item, Context& context);

void StartRows(SubscribedItem& item);
bool RowsHaveNews(SubscribedItem& item);
TimePoint RowsDue(SubscribedItem& item);
Step AppendRows(SubscribedItem& item, Context& context);

// An update goes out: `U,<sub>,<item>,` and the tail. False if there is no room.
bool AppendUpdate(const SubscribedItem& item, const LineBlock& tail, Context& context);
bool HasRoom(std::size_t before, Context& context);
// From now on the item waits for its frequency.
void Paced(const SubscribedItem& item, TimePoint now);

}  // namespace penstock::session::feed
