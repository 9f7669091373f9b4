# SPDX-License-Identifier: Apache-2.0
# Corpus: what a server sends, of the packets of section 7 of the protocol reference.
if(TARGET penstock::adapter)
  penstock_fuzz(NAME sdk_host_fuzz SRCS sdk_host_fuzz.cc DEPS penstock::adapter penstock::ari)
endif()
