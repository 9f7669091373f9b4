# SPDX-License-Identifier: Apache-2.0
penstock_fuzz(NAME proxy_header_fuzz SRCS proxy_header_fuzz.cc DEPS penstock::transport_tcp)
