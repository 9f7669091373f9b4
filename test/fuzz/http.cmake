# SPDX-License-Identifier: Apache-2.0
penstock_fuzz(NAME http_head_fuzz SRCS http_head_fuzz.cc DEPS penstock::transport_http)
