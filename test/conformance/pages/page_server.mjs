// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A static file server of the test's own, on another port and so on another origin.

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize, sep } from "node:path";

const kLibrary = join("lib", "lightstreamer.min.js");
const kTypes = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

// The pages' own copy of the client library, or the one of the installed package.
function libraryFile(folder) {
  const own = join(folder, kLibrary);
  if (existsSync(own)) {
    return own;
  }
  for (const packages of createRequire(import.meta.url).resolve.paths("lightstreamer-client-web")) {
    const installed = join(packages, "lightstreamer-client-web", "lightstreamer-core.min.js");
    if (existsSync(installed)) {
      return installed;
    }
  }
  return own;
}

/** Serves `folder` on a free port of the loopback; answers with {origin, close}. */
export async function servePages(folder) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
    let file = path.endsWith(normalize(`/${kLibrary}`)) ? libraryFile(folder) : join(folder, path);
    if (path.endsWith(sep)) {
      file = join(file, "index.html");
    }
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "Content-Type": kTypes[extname(file)] || "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections?.();
    }),
  };
}
