import { account, amount, decimal, homeOrAccount, homes, instant, minutes, names, oneOf, type Read, seeds, text, whole } from "./values.ts";

/** One flag; `read` null: it takes no value. */
export interface Flag<T> {
  readonly read: Read<T> | null;
  /** "N", "FILE"; "" without a value. */
  readonly sample: string;
  readonly help: string;
}

const flag = <T>(read: Read<T>, sample: string, help: string): Flag<T> => ({ read, sample, help });
const on = (help: string): Flag<true> => ({ read: null, sample: "", help });

export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const GLOBAL_FLAGS = {
  log: flag(oneOf(...LOG_LEVELS), "LEVEL", `how much to log: ${LOG_LEVELS.join(", ")}`),
} as const;

const file = text("the name of a file");
const folder = text("the name of a folder");

const newest = (whose: string): Flag<true> =>
  on(
    `sign again although ${whose} lost or is a copy: yes, nothing newer exists, and I know that an older one declared newest may sign ` +
      "twice, which is proof against its home for ever and can cost its bond",
  );

export const STREET_FLAGS = {
  config: flag(file, "FILE", "street.yaml; config/street/default.yaml unless told"),
  readings: flag(file, "FILE", "replay measured homes from a CSV (gzip too)"),
  from: flag(instant, "ISO", "where the replay starts, UTC"),
  intervals: flag(whole(1, 1_000_000), "N", "stop after N intervals, with a summary"),
  homes: flag(homes, "N|IDS", "how many homes, or which of the file (cl01,cl02)"),
  speed: flag(decimal(0.1, 3600), "X", "seconds of the street that pass in one second"),
  interval: flag(minutes, "MIN", "length of an interval: 5, 15, 30 or 60"),
  split: on("share each row of the file evenly over shorter intervals (--interval)"),
  seed: flag(whole(0, 4_294_967_295), "N", "which synthetic street"),
  batteries: on("give measured homes a battery (a model, not measured)"),
  period: flag(whole(1, 10_000), "N", "intervals in one settlement period"),
  rules: flag(file, "FILE", "market rules; config/market/street.yaml unless told"),
  processes: flag(whole(1, 64), "N", "over how many processes the homes are spread"),
  port: flag(whole(0, 65_535), "N", "of the dashboard; 0 takes any free one"),
  host: flag(text("an address"), "ADDRESS", "where the dashboard listens"),
  data: flag(folder, "DIR", "where the street keeps keys and books"),
  "store-is-newest": newest("stores of its homes were"),
} as const;

export const HOME_FLAGS = {
  config: flag(file, "FILE", "home.yaml of this home"),
  "rotate-key": on("give the home another key from the next settlement period on"),
  leave: on("take the home out of the street from the next settlement period on"),
  "store-is-newest": newest("the home's store was"),
} as const;

export const INIT_FLAGS = {
  config: flag(file, "FILE", "home.yaml of this home"),
} as const;

export const RESTORE_FLAGS = {
  config: flag(file, "FILE", "home.yaml of this home"),
  words: flag(file, "FILE", "that holds the 12 words, for you alone to read; typed unless told"),
} as const;

const dryRun = on("only tell what would happen");

export const DEPOSIT_FLAGS = {
  config: flag(file, "FILE", "home.yaml of this home"),
  amount: flag(amount, "AMOUNT", "in the street's currency, such as 25.50"),
  "dry-run": dryRun,
} as const;

export const WITHDRAW_FLAGS = {
  config: flag(file, "FILE", "home.yaml of this home"),
  amount: flag(amount, "AMOUNT", "in the street's currency, such as 25.50"),
  to: flag(account, "ACCOUNT", "who gets it; the owner's own account unless told"),
  redirect: on("send what is asked for already to --to instead"),
  now: on("at once, if the street's validators vouch that the home can spare it; else as without this"),
  "dry-run": dryRun,
} as const;

export const BALANCE_FLAGS = {
  config: flag(file, "FILE", "home.yaml of this home"),
} as const;

export const REVOKE_FLAGS = {
  data: flag(folder, "DIR", "where the street keeps its operator's key"),
  street: flag(text("an address"), "URL", "of the running street; http://127.0.0.1:8080 unless told"),
  home: flag(text("a home"), "NAME", "who has to leave"),
} as const;

export const MOTION_ACTIONS = ["list", "new", "pay", "vote", "execute"] as const;

export const MOTION_FLAGS = {
  config: flag(file, "FILE", "home.yaml of the home whose owner signs (new, pay, vote)"),
  street: flag(text("an address"), "URL", "of the running street; that of the home, or http://127.0.0.1:8080, unless told"),
  rules: flag(file, "FILE", "the market rules that shall count (new)"),
  from: flag(instant, "ISO", "the start of the settlement period from which on they shall, UTC (new)"),
  amount: flag(amount, "AMOUNT", "what the community shall pay, such as 25.50 (pay)"),
  to: flag(homeOrAccount, "HOME|ACCOUNT", "who shall get it: a home's owner, or any account (pay)"),
  instead: on("the payment that waits shall go there instead, if its account is refused (pay)"),
  motion: flag(whole(0, 999_999_999), "N", "which motion (vote, execute)"),
  no: on("vote against it; a vote is a yes unless told (vote)"),
} as const;

export const EXPORT_FLAGS = {
  format: flag(oneOf("csv"), "csv", "what to write"),
  data: flag(folder, "DIR", "the data folder of a street or a home"),
  from: flag(instant, "ISO", "first interval, UTC"),
  until: flag(instant, "ISO", "end, exclusive, UTC"),
  out: flag(file, "FILE", "where to write; the terminal unless told"),
} as const;

export const STATEMENT_FLAGS = {
  street: flag(text("an address"), "URL", "of the running street; http://127.0.0.1:8080 unless told"),
  account: flag(oneOf("supplier", "grid", "community"), "ACCOUNT", "whose: supplier, grid or community"),
  out: flag(file, "FILE", "where to write CSV; the terminal unless told"),
} as const;

export const COMPARE_FLAGS = {
  data: flag(folder, "DIR", "the data folder of a street or a home"),
  at: flag(instant, "ISO", "start of the interval, UTC; the last with trade unless told"),
  "one-node": on("as if the street had no wires, so that all mechanisms can be told"),
} as const;

export const EVIDENCE_FLAGS = {
  street: flag(text("a place"), "PLACE", "whose rules and keys count: a data folder, a card's file or its address"),
  json: on("for programs"),
} as const;

const node = flag(text("an address"), "URL", "the chain's node to ask; that of the street's card unless told");
const key = flag(file, "FILE", "key file of the account that sends and pays");
const password = flag(file, "FILE", "that holds the key's password; asked for unless told");

export const WATCH_FLAGS = {
  rpc: node,
  shown: flag(text("a place"), "PLACE", "where others show what the proposal binds: a street's address or a folder of files"),
  out: flag(folder, "DIR", "where a challenge is written; here unless told"),
} as const;

export const CHALLENGE_FLAGS = { rpc: flag(text("an address"), "URL", "the chain's node to send it through"), key, password } as const;

export const VETO_FLAGS = { rpc: node, key, password, "dry-run": dryRun } as const;

export const VENUE_FLAGS = {
  config: flag(file, "FILE", "venue.yaml of this venue"),
} as const;

export const VERIFY_VENUE_FLAGS = {
  file: flag(text("a file or a folder"), "PATH", "a day's log, or the folder of all days"),
  config: flag(file, "FILE", "venue.yaml as you know it: rules, chain and homes are held to it"),
  out: flag(file, "FILE", "write each home's part of each trade as CSV"),
} as const;

export const SIM_FLAGS = {
  seeds: flag(seeds, "A..B", "which runs; 1..100 unless told. One seed is one run, to the bit"),
  homes: flag(whole(4, 100), "N", "homes of each street; the seed draws them unless told"),
  intervals: flag(whole(1, 1_000), "M", "intervals that each street must certify"),
  adversary: flag(names, "NAME", "who lies, with commas; the seed draws them unless told"),
  "no-faults": on("nothing goes wrong but what liars do"),
  instance: on("the agreement alone, without a street around it"),
  signatures: flag(oneOf("fake", "real"), "KIND", "fake or real for all; one seed in fifty has real ones unless told"),
  processes: flag(whole(1, 64), "N", "over how many processes the seeds are spread; one for each core unless told"),
} as const;

const MODBUS_FLAGS = {
  unit: flag(whole(0, 255), "N", "unit id; 1 unless told. SMA's SunSpec is 126, Kostal's 71, a Fronius meter 200"),
  base: flag(whole(0, 65_534), "N", "look for the SunSpec map here first, then at 40000, 0 and 50000"),
  timeout: flag(whole(1, 60), "SECONDS", "for the connection and each answer; 5 unless told"),
} as const;

export const SUNSPEC_FLAGS = { ...MODBUS_FLAGS, json: on("for programs") } as const;

export const DEVICE_ACTIONS = ["read", "watch", "test", "dump"] as const;

export const DEVICE_FLAGS = {
  ...MODBUS_FLAGS,
  profile: flag(text("a profile"), "ID|FILE", "what its registers mean; a capture tells it itself, and a dump is of SunSpec, unless told"),
  every: flag(whole(1, 3600), "SECONDS", "how often to read (watch); 5 unless told"),
  out: flag(file, "FILE", "where to write (dump); the terminal unless told"),
  json: on("for programs (read, watch, test)"),
} as const;

export const DETECT_FLAGS = {
  timeout: flag(whole(1, 10), "SECONDS", "for each connection and answer; 2 unless told"),
  json: on("for programs"),
} as const;

export const READINGS_ACTIONS = ["export", "verify"] as const;

export const READINGS_FLAGS = {
  data: flag(folder, "DIR", "of the home whose log it is (export); of the street or a home in it that the log is held to (verify)"),
  from: flag(instant, "ISO", "first interval, UTC (export)"),
  until: flag(instant, "ISO", "end, exclusive, UTC (export)"),
  out: flag(file, "FILE", "where to write; the terminal unless told (export)"),
} as const;

/** For processes that the street starts itself. */
export const INTERNAL_FLAGS = {
  config: flag(file, "FILE", "what to run, as the street wrote it"),
} as const;

export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** What was given on the command line; null where nothing was. */
export type Given<F extends Flags> = { readonly [Name in keyof F]: (F[Name] extends Flag<infer T> ? T : never) | null };

interface VerbFacts {
  readonly flags: Flags;
  readonly help: string;
  readonly internal: boolean;
  /** What may follow the verb without a flag, as help shows it; left out: nothing. */
  readonly place?: string;
  /** What follows that; left out: nothing. */
  readonly target?: string;
}

export const VERBS = {
  street: { flags: STREET_FLAGS, help: "run a street of homes that trade (default)", internal: false },
  home: { flags: HOME_FLAGS, help: "run one home that joins a street", internal: false },
  init: { flags: INIT_FLAGS, help: "make the keys of a home, and show the 12 words of its owner's once", internal: false },
  restore: { flags: RESTORE_FLAGS, help: "make the owner's key file of a home anew from its 12 words", internal: false },
  deposit: { flags: DEPOSIT_FLAGS, help: "pay into a home's escrow from its owner's account, without a coin", internal: false },
  withdraw: { flags: WITHDRAW_FLAGS, help: "have a home's money paid out, without a coin", internal: false },
  balance: { flags: BALANCE_FLAGS, help: "tell what a home and its owner hold on the chain", internal: false },
  revoke: { flags: REVOKE_FLAGS, help: "take a home out of a running street, as its operator", internal: false },
  motion: {
    flags: MOTION_FLAGS,
    help: "list what homes decide together, bring other rules or a payment to a vote, vote, or execute",
    internal: false,
    place: MOTION_ACTIONS.join("|"),
  },
  export: { flags: EXPORT_FLAGS, help: "write interval rows for a spreadsheet or a utility", internal: false },
  statement: { flags: STATEMENT_FLAGS, help: "write what moved in the account of supplier, grid or community", internal: false },
  compare: { flags: COMPARE_FLAGS, help: "tell what each mechanism makes of an interval's orders", internal: false },
  evidence: {
    flags: EVIDENCE_FLAGS,
    help: "check what was proved against homes, in a data folder or a file",
    internal: false,
    place: "DIR|FILE",
  },
  watch: {
    flags: WATCH_FLAGS,
    help: "hold what is proposed to the vault to the books of a folder, and write a proof if it is wrong",
    internal: false,
    place: "DIR",
  },
  challenge: { flags: CHALLENGE_FLAGS, help: "send a proof that a proposal is wrong", internal: false, place: "FILE" },
  expire: {
    flags: VETO_FLAGS,
    help: "drop what is proposed to the vault and was not settled in its time",
    internal: false,
    place: "DIR|FILE|URL",
  },
  veto: { flags: VETO_FLAGS, help: "take what is proposed to the vault back, as its guardian", internal: false, place: "DIR|FILE|URL" },
  venue: { flags: VENUE_FLAGS, help: "run a market as a venue: one operator, a signed sequence", internal: false },
  "verify-venue": { flags: VERIFY_VENUE_FLAGS, help: "replay a venue's log and hold it to the rules", internal: false },
  sim: { flags: SIM_FLAGS, help: "simulate streets where much goes wrong, and hold them to the laws", internal: false },
  sunspec: {
    flags: SUNSPEC_FLAGS,
    help: "print all that a device tells through SunSpec",
    internal: false,
    place: "HOST[:PORT]",
  },
  device: {
    flags: DEVICE_FLAGS,
    help: "read a device by its profile, hold a capture to it, or write the registers as a file to give away, serial numbers masked",
    internal: false,
    place: DEVICE_ACTIONS.join("|"),
    target: "HOST[:PORT]|FILE",
  },
  detect: {
    flags: DETECT_FLAGS,
    help: "look for devices that a profile fits, at a host or in a subnet of at most 256 addresses",
    internal: false,
    place: "HOST|SUBNET",
  },
  readings: {
    flags: READINGS_FLAGS,
    help: "write what stands behind a home's readings, bytes and all, or check such a file",
    internal: false,
    place: READINGS_ACTIONS.join("|"),
    target: "FILE",
  },
  version: { flags: {}, help: "print the version", internal: false },
  help: { flags: {}, help: "print this, or help on a verb", internal: false },
  host: { flags: INTERNAL_FLAGS, help: "run some homes of a street", internal: true },
  devices: { flags: INTERNAL_FLAGS, help: "run the device simulator of a street", internal: true },
  watchdog: { flags: {}, help: "release a battery whose home has died", internal: true },
} as const satisfies Record<string, VerbFacts>;

export type Verb = keyof typeof VERBS;
export const placeOf = (verb: Verb): string | null => (VERBS[verb] as VerbFacts).place ?? null;
export const targetOf = (verb: Verb): string | null => (VERBS[verb] as VerbFacts).target ?? null;
