# SPDX-License-Identifier: Apache-2.0
# Corpus: the packets of section 7 of the protocol reference, one a file, and all of them in one stream.
penstock_fuzz(NAME ari_packet_fuzz SRCS ari_packet_fuzz.cc DEPS penstock::ari)
# Its input is values, not packets: no corpus.
penstock_fuzz(NAME ari_values_fuzz SRCS ari_values_fuzz.cc ari_request_values.cc ari_reply_values.cc DEPS penstock::ari)
