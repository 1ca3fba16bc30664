import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { openStoreReader, type StoreReader } from "../../adapters/store/index.ts";
import type { HomeId } from "../../engine/kernel/index.ts";
import { digestsOf, type MarketRules } from "../../engine/messages/index.ts";
import type { StreetCard } from "../api/index.ts";
import { type Evaluation, replayStore, StoreMismatch } from "../node/index.ts";
import type { BatchReceipt, Registry } from "../ports/index.ts";
import { domainOf, firstOf, rulesOf } from "./card.ts";
import { cannotStart } from "./exit.ts";
import { unwrap } from "./home.ts";

const DEFAULT_DATA = "data/street";

/** What a data folder says of its street beside the certified intervals. */
export interface Books {
  readonly card: StreetCard;
  readonly rules: MarketRules;
  readonly nameOf: (home: HomeId) => string;
  /** Whose books they are; null: the operator's, who has everybody's. */
  readonly self: number | null;
  readonly receipts: ReadonlyMap<number, BatchReceipt>;
  /** Works every certified interval out again, in its order. */
  replay(onReplayed: (evaluation: Evaluation) => void): void;
}

/** Reads the books of a street or a home, also while it runs. */
export async function withBooks<T>(data: string | null, use: (books: Books) => Promise<T>): Promise<T> {
  const street = resolve(data ?? DEFAULT_DATA);
  const folder = existsSync(join(street, "operator")) ? join(street, "operator") : street;
  const store = unwrap(openStoreReader(folder));
  try {
    return await use(booksOf(store, folder));
  } catch (error) {
    if (!(error instanceof StoreMismatch)) throw error;
    throw cannotStart("STORE_MISMATCH", `${folder}: ${error.message}`, "restore the folder from a copy, or export another home's");
  } finally {
    store.close();
  }
}

function booksOf(store: StoreReader, folder: string): Books {
  const card = store.getMeta("card");
  const registry = store.getMeta("registry");
  if (card === null || registry === null)
    throw cannotStart(
      "EXPORT_EMPTY",
      `${folder} holds no street's books yet`,
      "let the street run first, or name its folder with --data DIR",
    );
  const self = store.getMeta("self");
  const street = JSON.parse(card) as StreetCard;
  const rules = rulesOf(street);
  const names = new Map((JSON.parse(registry) as Registry).homes.map(({ home, name }) => [home, name]));
  const receipts = store
    .periods()
    .map(({ period, bytes }): [number, BatchReceipt] => [period, JSON.parse(new TextDecoder().decode(bytes)) as BatchReceipt]);
  return {
    card: street,
    rules,
    nameOf: (home) => names.get(home) ?? `home ${home}`,
    self: self === null ? null : Number(self),
    receipts: new Map(receipts),
    replay: (onReplayed) =>
      replayStore({ rules, digests: digestsOf(domainOf(street)), first: firstOf(street), store, membership: null }, onReplayed),
  };
}
