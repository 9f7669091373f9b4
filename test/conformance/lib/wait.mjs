// SPDX-License-Identifier: Apache-2.0
// Waiting for something to become true, with a limit and a telling failure; never a bare sleep.

// How long what must come may take on a busy machine; only a test that fails waits so long.
export const kPatience = 20000;

export const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

// Calls `look` every `step` until it gives something truthy, and gives that.
export async function until(what, look, millis = kPatience, step = 10) {
  const end = Date.now() + millis;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() >= end) throw new Error(`waited ${millis} ms in vain for ${typeof what === 'function' ? what() : what}`);
    await pause(step);
  }
}

// Fails if `look` becomes true within the time.
export async function never(what, look, millis) {
  const end = Date.now() + millis;
  while (Date.now() < end) {
    if (await look()) throw new Error(`this should not have happened: ${what}`);
    await pause(10);
  }
}
