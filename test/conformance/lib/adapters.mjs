// SPDX-License-Identifier: Apache-2.0
// Scripted remote adapters over the transport that PENSTOCK_ADAPTERS names, "ari" (the default) or
// "grpc": tests that take them from here say the same of both.
import * as ari from './ari.mjs';
import * as grpc from './grpc.mjs';
import { kOverGrpc } from './server.mjs';

export const { DataAdapter, MetadataAdapter, listening } = kOverGrpc ? grpc : ari;
