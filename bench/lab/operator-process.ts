import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { createMetrics, openLog, systemClock } from "../../adapters/system/index.ts";
import { assert } from "../../engine/kernel/index.ts";
import type { Message } from "../../engine/messages/index.ts";
import { parseCommandLine } from "../../src/cli/index.ts";
import { readCard } from "../../src/main/card.ts";
import { readJson } from "../../src/main/files.ts";
import { openOrCreate, passwordOf, unwrap } from "../../src/main/home.ts";
import { networkKeyOf } from "../../src/main/network-key.ts";
import { stopSignal } from "../../src/main/stop.ts";
import { layoutOf } from "../../src/main/street/layout.ts";
import { Operator } from "../../src/main/street/operator.ts";
import { streetOptions } from "../../src/main/street/options.ts";
import type { StreetAtHand, StreetFile } from "../../src/main/street/setup.ts";
import { heardLine } from "./checks.ts";

/**
 * The street's operator in a process of its own, so that it can be killed as well: follows the market, carries batches, and
 * writes down every vote and proposal that it hears, for the laboratory to look through.
 */
const parsed = parseCommandLine(process.argv.slice(2), "lab");
assert(parsed.kind === "run" && parsed.command.verb === "street", "started by the laboratory");
const options = await streetOptions(parsed.command);
const layout = layoutOf(options.data);
const card = await readCard({ kind: "file", path: layout.card });
const file = await readJson<StreetFile>(layout.street);
assert(file !== null, "the laboratory has set the street up");
const password = await passwordOf({ password: { kind: "file", path: layout.password } });
const { key } = await openOrCreate(layout.operatorKey, password);
const street: Omit<StreetAtHand, "anvil" | "isNew"> = { file, operator: key, networkKey: await networkKeyOf(layout.data) };
const operator = await Operator.open({
  options,
  street: street as StreetAtHand,
  card,
  folder: layout.operator,
  clock: systemClock(card.clock ?? undefined),
  log: unwrap(openLog({ to: "stderr", level: "info", format: "json" })),
  metrics: createMetrics(),
  invitation: "none",
});
const heard = join(layout.data, "heard");
operator.node.onHeard((message: Message) => {
  const line = heardLine(message);
  if (line !== null) appendFileSync(heard, `${line}\n`);
});
await operator.start();
process.stdout.write("carries batches\n");
await stopSignal();
await operator.stop();
process.exit(0);
