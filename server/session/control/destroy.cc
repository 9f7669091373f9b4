// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// LS_op=destroy (TLCP §3.7).

#include "session/session.h"

namespace penstock::session {

void Session::HandleDestroy(const tlcp::Destroy& request, Answer answer) {
  answer(std::nullopt);
  Close(request.custom_cause ? *request.custom_cause
                             : tlcp::MakeError(tlcp::SessionCode::kDestroyedByClient),
        request.close_socket);
}

}  // namespace penstock::session
