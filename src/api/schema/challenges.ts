import type { ChallengeAnswer, ChallengeRequest, RecordView } from "../queries.ts";
import { count, described, integer, list, mirrors, nullable, object, oneOf, type Schema, text } from "./shape.ts";

const digest = text({ pattern: "^0x[0-9a-f]{64}$" });
/** As far as it can be counted exactly. */
const most = Number.MAX_SAFE_INTEGER;
const whole: Schema<number> = { ...count, maximum: most };
const signed: Schema<number> = { ...integer, minimum: -most, maximum: most };
const MOST_LEAVES = 100_000;

const result = object({
  interval: whole,
  kind: oneOf("trade", "void"),
  prevHead: digest,
  orderSetRoot: digest,
  readingSetRoot: digest,
  clearingRoot: digest,
  ledgerRoot: digest,
  nextMembers: digest,
});

const fill = object({
  position: whole,
  order: digest,
  home: whole,
  side: oneOf("buy", "sell"),
  energy: whole,
  price: whole,
  amount: signed,
  wanted: whole,
  limit: whole,
  seq: whole,
  signature: text({ pattern: "^0x[0-9a-f]{130}$" }),
});

const home = object({
  position: whole,
  home: whole,
  nextHome: whole,
  firstFill: whole,
  fillCount: whole,
  bought: whole,
  sold: whole,
  tradeAmount: signed,
  withheld: whole,
});

const account = object({
  position: whole,
  home: whole,
  nextHome: whole,
  account: object({
    balance: signed,
    bought: whole,
    sold: whole,
    utilityImport: whole,
    utilityExport: whole,
    meter: nullable(object({ interval: whole, importWh: whole, exportWh: whole, assumedImportWh: whole, assumedExportWh: whole })),
  }),
  carriedTicks: signed,
});

/** What `GET /api/records/{interval}` answers, and what a file of one interval holds. */
export const recordView = mirrors<RecordView>()(
  object({
    result,
    rest: described(digest, "what the clearing's root binds beside fills and homes"),
    fills: list(fill, MOST_LEAVES),
    homes: list(home, MOST_LEAVES),
    accounts: list(account, MOST_LEAVES),
    behind: described(text({ pattern: "^0x([0-9a-f]{64}){0,4}$" }), "what stands behind the accounts in their tree, 32 bytes each"),
  }),
);

export const recordParams = object({ interval: text({ pattern: "^\\d{1,12}$" }) });

const period = object({
  period: whole,
  fromInterval: whole,
  toInterval: whole,
  coversUntil: whole,
  prevPeriod: digest,
  head: digest,
  accountsRoot: digest,
  vectorHash: digest,
  wideHash: digest,
  dataHash: digest,
});

/** A transaction that no node takes is no use: 128 KiB. */
const MOST_PROOF = 2 + 2 * 131_072;

export const challengeRequest = mirrors<ChallengeRequest>()(
  object({
    period,
    kind: { ...count, maximum: 3, description: "0 account, 1 order, 2 double fill, 3 ledger step" } as Schema<number>,
    proof: described(text({ pattern: "^0x([0-9a-f]{2})*$", maxLength: MOST_PROOF }), "the proof's struct, encoded"),
  }),
);
export const challengeAnswer = mirrors<ChallengeAnswer>()(object({ transaction: nullable(digest) }));
