import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { interval } from "../../engine/kernel/index.ts";
import { openOwnStore } from "./open-store.ts";

// A home that votes without pause until it is killed: every slot from argv[3] on gets fresh bytes, as if signed anew,
// and what the store says stands there is acknowledged on stdout, as it would go out on the wire.
const store = openOwnStore(process.argv[2]!);
for (let view = Number(process.argv[3]); ; view++) {
  const kept = store.saveVote({ interval: interval(1), view, kind: "vote" }, randomBytes(16));
  writeSync(1, `${view} ${Buffer.from(kept).toString("hex")}\n`);
}
