#!/usr/bin/env -S node --max-semi-space-size=1 --v8-pool-size=1 --optimize-for-size
import { enableCompileCache, flushCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

// Plain JavaScript, so that what comes after it finds its types stripped and compiled from the last time: a home is smaller
// and starts sooner. Without write access there is no cache, and nothing else changes.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/commonwatt", import.meta.url)));
setTimeout(flushCompileCache, 5_000).unref();
// With nothing else to wait for Node waits for its compiler's threads, and they for its collector: now and then a start stood
// still for ever (github.com/nodejs/node/issues/54918). So there is always something; every command ends by process.exit.
setInterval(() => undefined, 2 ** 31 - 1);
if (/^(verify-)?venue$/.test(process.argv[2] ?? "")) {
  const { VENUE_FLAGS } = await import("./venue/v8-flags.ts");
  for (const flag of VENUE_FLAGS) setFlagsFromString(flag);
}
await import("./cli.ts");
