import { resolve } from "node:path";
import { openStoreImage } from "../../../adapters/store/index.ts";
import { loadCurve, recoverWith } from "../../../adapters/system/index.ts";
import type { Command } from "../../cli/index.ts";
import { cannotStart } from "../exit.ts";
import { unwrap } from "../keys.ts";
import { judge } from "./cases.ts";
import { type Found, jsonOf, textOf } from "./report.ts";
import { bookFolder, exhibitsIn, exhibitsOf, isFile, type Street, streetAt, streetOfStore } from "./sources.ts";

type EvidenceCommand = Extract<Command, { verb: "evidence" }>;

const DEFAULT_DATA = "data/street";

/** Checks what was proved against homes, as a store or a file has it. Changes nothing. Exit 0: each piece proves what it says; 1: one doesn't. */
export async function runEvidence({ place, street, json }: EvidenceCommand): Promise<number> {
  const recover = recoverWith(await loadCurve());
  const from = resolve(place ?? DEFAULT_DATA);
  const heldTo = street === null ? null : await streetAt(/^https?:\/\//i.test(street) ? street : resolve(street), recover);
  const found = isFile(from) ? await inFile(from, heldTo) : inFolder(bookFolder(from), heldTo, recover);
  process.stdout.write(json === true ? jsonOf(found) : textOf(found));
  return found.cases.every(({ proved }) => proved) ? 0 : 1;
}

async function inFile(from: string, street: Street | null): Promise<Found> {
  if (street === null)
    throw cannotStart(
      "USAGE",
      `${from} doesn't say which street its evidence is of`,
      "name it with --street: a data folder, the file of a card, or the address that ends in /api/street",
    );
  const exhibits = (await exhibitsOf(from))(street.court);
  return { from, street, cases: exhibits.map((exhibit) => judge(exhibit, street.court)) };
}

function inFolder(from: string, heldTo: Street | null, recover: Parameters<typeof streetOfStore>[2]): Found {
  const store = unwrap(openStoreImage(from));
  const street = heldTo ?? streetOfStore(from, store, recover);
  const cases = exhibitsIn(store, street.court).map((exhibit) => judge(exhibit, street.court));
  store.close();
  return { from, street, cases };
}
