// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/request_router.h"

namespace penstock::endpoint {

std::optional<runtime::ShardIndex> RequestRouter::ShardOf(std::string_view session_id) const {
  return sessions_.ShardOf(session_id);
}

void RequestRouter::Route(std::string session_id, tlcp::Control control, session::Answer answer) {
  Bring(std::move(session_id), std::move(control), std::move(answer));
}

void RequestRouter::Route(std::string session_id, tlcp::Message message, session::Answer answer) {
  Bring(std::move(session_id), std::move(message), std::move(answer));
}

template <class Request>
void RequestRouter::Bring(std::string session_id, Request request, session::Answer answer) {
  const auto shard = ShardOf(session_id);
  if (!shard) {
    answer(sessions_.MissingError(session_id));
    return;
  }
  session::SessionTable& home = *all_[*shard];
  if (&home == &sessions_) {
    if (session::Session* const session = home.Find(session_id)) {
      session->Handle(std::move(request), std::move(answer));
    } else {
      answer(tlcp::MakeError(tlcp::RequestCode::kSessionNotFound));
    }
    return;
  }
  runtime::Shard& here = sessions_.shard();
  here.Mail(home.shard(), [&home, &here, session_id = std::move(session_id),
                           request = std::move(request), answer = std::move(answer)]() mutable {
    session::Answer back = [&home, &here,
                            answer = std::move(answer)](std::optional<tlcp::Error> error) mutable {
      home.shard().Mail(here, [answer = std::move(answer), error = std::move(error)]() mutable {
        answer(std::move(error));
      });
    };
    if (session::Session* const session = home.Find(session_id)) {
      session->Handle(std::move(request), std::move(back));
    } else {
      back(tlcp::MakeError(tlcp::RequestCode::kSessionNotFound));
    }
  });
}

void RequestRouter::Touch(std::string session_id) {
  const auto shard = ShardOf(session_id);
  if (!shard) return;
  session::SessionTable& home = *all_[*shard];
  if (&home == &sessions_) {
    if (session::Session* const session = home.Find(session_id)) session->Touch();
    return;
  }
  sessions_.shard().Mail(home.shard(), [&home, session_id = std::move(session_id)] {
    if (session::Session* const session = home.Find(session_id)) session->Touch();
  });
}

}  // namespace penstock::endpoint
