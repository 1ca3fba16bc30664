import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { openStore } from "../../adapters/store/index.ts";
import { interval } from "../../engine/kernel/index.ts";

// A home that votes without pause until it is killed: every slot from argv[3] on gets fresh bytes, as if signed anew,
// and what the store says stands there is acknowledged on stdout, as it would go out on the wire.
const opened = openStore(process.argv[2]!);
if (!opened.ok) throw new Error(opened.detail);
for (let view = Number(process.argv[3]); ; view++) {
  const kept = opened.value.saveVote({ interval: interval(1), view, kind: "vote" }, randomBytes(16));
  writeSync(1, `${view} ${Buffer.from(kept).toString("hex")}\n`);
}
