# SPDX-License-Identifier: Apache-2.0
penstock_fuzz(NAME ws_frame_fuzz SRCS ws_frame_fuzz.cc DEPS penstock::transport_ws)
