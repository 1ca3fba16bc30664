import { openStore } from "../../adapters/store/index.ts";
import { type Digest, interval } from "../../engine/kernel/index.ts";
import { isNew } from "./open-store.ts";

// Opens a store, says how that went. "hold" keeps it, "work" goes on writing evidence and blocks, "fill" writes until the disk gives
// up; then only reads, which would work.
const [path, verb] = process.argv.slice(2);
const opened = openStore(path!, { busyMs: 50, isComplete: isNew(path!) });
if (!opened.ok) {
  console.log(opened.code);
  process.exit(0);
}
console.log("OPEN");
if (verb === "hold") process.stdin.resume();
else if (verb === "fill") fill();
else if (verb === "work") work();
else opened.value.close();

/** Evidence number n is n in 20 bytes; a block follows each, as the guard moves with blocks. */
function work(): void {
  const store = opened.ok ? opened.value : null;
  const digest = (n: number) => `0x${n.toString(16).padStart(64, "0")}` as Digest;
  for (let n = 0; ; n++) {
    store?.saveEvidence(digest(n), new Uint8Array(20).fill(n));
    store?.saveBlock(interval(n), digest(n), new Uint8Array(4096).fill(n));
  }
}

function fill(): void {
  const store = opened.ok ? opened.value : null;
  attempt(() => {
    for (let view = 0; view < 10_000; view++) store?.saveVote({ interval: interval(1), view, kind: "vote" }, new Uint8Array(4096).fill(1));
  });
  attempt(() => store?.votes(interval(1)));
}

function attempt(work: () => void): void {
  try {
    work();
    console.log("WENT ON");
  } catch (error) {
    console.log((error as Error).name, (error as { code?: string }).code);
  }
}
