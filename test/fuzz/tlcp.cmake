# SPDX-License-Identifier: Apache-2.0
penstock_fuzz(NAME tlcp_request_fuzz SRCS ${CMAKE_CURRENT_LIST_DIR}/tlcp_request_fuzz.cc DEPS penstock::tlcp)
penstock_fuzz(NAME tlcp_update_fuzz SRCS ${CMAKE_CURRENT_LIST_DIR}/tlcp_update_fuzz.cc DEPS penstock::tlcp)
penstock_fuzz(NAME value_diff_fuzz SRCS ${CMAKE_CURRENT_LIST_DIR}/value_diff_fuzz.cc DEPS penstock::tlcp)
