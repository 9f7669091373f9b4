// SPDX-License-Identifier: Apache-2.0
// What a test leaves open when it fails is closed behind the last test of its file, so that one
// failure does not keep the whole run waiting.
import { after } from 'node:test';

const left = new Set();
const kGraceMillis = 30000; // a server of a failed test gets 25 seconds

// Remembers something with a way to close it; gives it back.
export function closeLater(thing, close) {
  left.add({ thing, close });
  return thing;
}

after(() => {
  for (const { thing, close } of left) {
    try {
      close(thing);
    } catch {
      // It was closed by its test.
    }
  }
  // A client library may keep a timer or a socket for ever after it was told to disconnect.
  setTimeout(() => {
    console.error(`still there after all tests: ${process.getActiveResourcesInfo().join(' ')}`);
    process.exit();
  }, kGraceMillis).unref();
});
