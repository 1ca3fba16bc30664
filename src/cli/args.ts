import type { Problem } from "../ports/index.ts";
import {
  type BALANCE_FLAGS,
  type CHALLENGE_FLAGS,
  type COMPARE_FLAGS,
  type DEPOSIT_FLAGS,
  type DETECT_FLAGS,
  DEVICE_ACTIONS,
  type DEVICE_FLAGS,
  type EVIDENCE_FLAGS,
  type EXPORT_FLAGS,
  type Flags,
  type Given,
  GLOBAL_FLAGS,
  type HOME_FLAGS,
  type INIT_FLAGS,
  type INTERNAL_FLAGS,
  type LogLevel,
  MOTION_ACTIONS,
  type MOTION_FLAGS,
  placeOf,
  READINGS_ACTIONS,
  type READINGS_FLAGS,
  type RESTORE_FLAGS,
  type REVOKE_FLAGS,
  type SIM_FLAGS,
  type STATEMENT_FLAGS,
  type STREET_FLAGS,
  type SUNSPEC_FLAGS,
  targetOf,
  type VENUE_FLAGS,
  VERBS,
  type VERIFY_VENUE_FLAGS,
  type VETO_FLAGS,
  type Verb,
  type WATCH_FLAGS,
  type WITHDRAW_FLAGS,
} from "./flags.ts";
import { helpText } from "./help.ts";
import { renderProblems } from "./problems.ts";
import { type Token, tokensOf } from "./tokens.ts";
import { endpoint } from "./values.ts";

/** What to run. A flag that was not given is null: the configuration decides, then the default. */
export type Command = { readonly log: LogLevel | null } & (
  | ({ readonly verb: "street" } & Given<typeof STREET_FLAGS>)
  | ({ readonly verb: "home" } & Given<typeof HOME_FLAGS> & { readonly config: string })
  | ({ readonly verb: "init" } & Given<typeof INIT_FLAGS> & { readonly config: string })
  | ({ readonly verb: "restore" } & Given<typeof RESTORE_FLAGS> & { readonly config: string })
  | ({ readonly verb: "deposit" } & Given<typeof DEPOSIT_FLAGS> & { readonly config: string; readonly amount: number })
  | ({ readonly verb: "withdraw" } & Given<typeof WITHDRAW_FLAGS> & { readonly config: string })
  | ({ readonly verb: "balance" } & Given<typeof BALANCE_FLAGS> & { readonly config: string })
  | ({ readonly verb: "revoke" } & Given<typeof REVOKE_FLAGS> & { readonly data: string; readonly home: string })
  | ({ readonly verb: "motion" } & Given<typeof MOTION_FLAGS> & { readonly place: (typeof MOTION_ACTIONS)[number] | null })
  | ({ readonly verb: "export" } & Given<typeof EXPORT_FLAGS>)
  | ({ readonly verb: "statement" } & Given<typeof STATEMENT_FLAGS> & {
        readonly account: NonNullable<Given<typeof STATEMENT_FLAGS>["account"]>;
      })
  | ({ readonly verb: "compare" } & Given<typeof COMPARE_FLAGS>)
  | ({ readonly verb: "evidence" } & Given<typeof EVIDENCE_FLAGS> & { readonly place: string | null })
  | ({ readonly verb: "watch" } & Given<typeof WATCH_FLAGS> & { readonly place: string | null })
  | ({ readonly verb: "challenge" } & Given<typeof CHALLENGE_FLAGS> & SentFrom)
  | ({ readonly verb: "veto" | "expire" } & Given<typeof VETO_FLAGS> & Omit<SentFrom, "rpc">)
  | ({ readonly verb: "venue" } & Given<typeof VENUE_FLAGS> & { readonly config: string })
  | ({ readonly verb: "sim" } & Given<typeof SIM_FLAGS>)
  | ({ readonly verb: "verify-venue" } & Given<typeof VERIFY_VENUE_FLAGS> & { readonly file: string })
  | ({ readonly verb: "sunspec" } & Given<typeof SUNSPEC_FLAGS> & { readonly place: string })
  | ({ readonly verb: "device" } & Given<typeof DEVICE_FLAGS> & {
        readonly place: (typeof DEVICE_ACTIONS)[number];
        readonly target: string;
      })
  | ({ readonly verb: "detect" } & Given<typeof DETECT_FLAGS> & { readonly place: string })
  | { readonly verb: "watchdog" }
  | ({ readonly verb: "readings" } & Given<typeof READINGS_FLAGS> & {
        readonly place: (typeof READINGS_ACTIONS)[number];
        readonly target: string | null;
      })
  | ({ readonly verb: "host" | "devices" } & Given<typeof INTERNAL_FLAGS> & { readonly config: string })
);

/** What and with whose key, once `together` has let it through. */
interface SentFrom {
  readonly place: string;
  readonly key: string;
  readonly rpc: string;
}

/** Either something to run, or something to print before the program ends. */
export type Parsed =
  | { readonly kind: "run"; readonly command: Command }
  | { readonly kind: "print"; readonly exit: 0 | 2; readonly message: string };

const USAGE = "USAGE";

/** Reads the command line (without node and script). Pure: prints nothing, ends nothing. */
export function parseCommandLine(argv: readonly string[], version: string): Parsed {
  const tokens = tokensOf(argv, takesValue);
  const names = tokens.map((token) => (token.kind === "flag" ? token.name : ""));
  const [first, ...rest] = tokens.flatMap((token) => (token.kind === "word" ? [token.word] : []));
  const verb = first === undefined ? "street" : verbOf(first);
  if (names.includes("--help") || names.includes("-h")) return print(0, helpText(first === undefined ? null : verb));
  if (names.includes("--version") || verb === "version") return print(0, version);
  if (verb === null) return noSuchVerb(first!);
  if (verb === "help") return helpOn(rest[0]);
  const words = {
    ...(placeOf(verb) === null ? {} : { place: rest[0] ?? null }),
    ...(targetOf(verb) === null ? {} : { target: rest[1] ?? null }),
  };
  const unexpected = rest.slice(Object.keys(words).length);
  const problems: Problem[] = unexpectedAfter(verb, unexpected);
  const given = readFlags(tokens, { ...VERBS[verb].flags, ...GLOBAL_FLAGS }, problems);
  problems.push(...together(verb, { ...given, ...words }));
  return problems.length > 0 ? usage(problems, verb) : { kind: "run", command: { verb, ...words, ...given } as Command };
}

function unexpectedAfter(verb: Verb, words: readonly string[]): Problem[] {
  // They may be an owner's twelve, which nobody repeats.
  if (verb === "restore" && words.length > 0)
    return [
      {
        code: USAGE,
        file: null,
        key: verb,
        what: "takes no words here, where others can read them: type them when asked, or name a file with --words",
      },
    ];
  return words.map((word) => ({ code: USAGE, file: null, key: word, what: `unexpected after "${verb}"` }));
}

const print = (exit: 0 | 2, message: string): Parsed => ({ kind: "print", exit, message });

const usage = (problems: readonly Problem[], verb: Verb | null): Parsed =>
  print(2, `${renderProblems(problems)}\nSee commonwatt ${verb === null || verb === "street" ? "" : `${verb} `}--help`);

const verbOf = (word: string): Verb | null => (Object.hasOwn(VERBS, word) ? (word as Verb) : null);

const publicVerbs = (): readonly string[] => Object.entries(VERBS).flatMap(([name, { internal }]) => (internal ? [] : [name]));

const noSuchVerb = (word: string): Parsed =>
  usage([{ code: USAGE, file: null, key: word, what: "no such verb", meant: { written: word, known: publicVerbs() } }], null);

function helpOn(word: string | undefined): Parsed {
  const verb = word === undefined ? "help" : verbOf(word);
  return verb === null ? noSuchVerb(word!) : print(0, helpText(verb));
}

const ALL_FLAGS: Flags = Object.assign({}, ...Object.values(VERBS).map(({ flags }) => flags), GLOBAL_FLAGS);

/** Which verb may have the flag is checked afterwards. */
function takesValue(name: string): boolean | undefined {
  if (["--help", "-h", "--version"].includes(name)) return false;
  const flag = name.startsWith("--") && Object.hasOwn(ALL_FLAGS, name.slice(2)) ? ALL_FLAGS[name.slice(2)] : undefined;
  return flag === undefined ? undefined : flag.read !== null;
}

type FlagToken = Extract<Token, { kind: "flag" }>;

function readFlags(tokens: readonly Token[], flags: Flags, problems: Problem[]): Record<string, unknown> {
  const given: Record<string, unknown> = Object.fromEntries(Object.keys(flags).map((name) => [name, null]));
  for (const token of tokens) {
    const wrong = token.kind === "flag" ? readFlag(token, flags, given) : null;
    if (wrong !== null && token.kind === "flag") problems.push({ code: USAGE, file: null, key: token.name, ...wrong });
  }
  return given;
}

/** Puts the flag's value among the given; null: it is in order. */
function readFlag(token: FlagToken, flags: Flags, given: Record<string, unknown>): Pick<Problem, "what" | "meant"> | null {
  const name = token.name.slice(2);
  const flag = token.name.startsWith("--") && Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag === undefined) {
    const known = [...Object.keys(flags), "help", "version"].map((each) => `--${each}`);
    return { what: "unknown flag", meant: { written: token.name, known } };
  }
  if (given[name] !== null) return { what: "given twice" };
  if (flag.read === null) {
    given[name] = true;
    return token.value === undefined ? null : { what: "takes no value" };
  }
  if (token.value === undefined) return { what: `needs a value: --${name} ${flag.sample}` };
  const value = flag.read(token.value);
  if (!value.ok) return { what: `wants ${value.wants}, not "${token.value}"` };
  given[name] = value.value;
  return null;
}

/** What is done for one home, which its configuration names. */
const OF_A_HOME: ReadonlySet<Verb> = new Set(["home", "init", "restore", "deposit", "withdraw", "balance"]);

/** Flags that mean nothing alone or don't go together. */
function together(verb: Verb, given: Readonly<Record<string, unknown>>): readonly Problem[] {
  const { config, from, until, split, interval } = given;
  const wrong = (key: string, what: string): readonly Problem[] => [{ code: USAGE, file: null, key, what }];
  if (OF_A_HOME.has(verb) && config === null) return wrong("--config", "is needed: the home.yaml of this home");
  if (verb === "withdraw" && given.redirect === true) return redirect(given).flatMap(([key, what]) => wrong(key, what));
  if ((verb === "deposit" || verb === "withdraw") && given.amount === null) return wrong("--amount", "is needed: how much, such as 25.50");
  if (verb === "home" && given["rotate-key"] === true && given.leave === true) return wrong("--leave", "doesn't go with --rotate-key");
  if (verb === "home" && given["store-is-newest"] === true && (given["rotate-key"] ?? given.leave) === true)
    return wrong("--store-is-newest", "is for a home that runs");
  if (verb === "revoke" && given.data === null) return wrong("--data", "is needed: the street's data folder");
  if (verb === "revoke" && given.home === null) return wrong("--home", "is needed: the name of the home");
  if (verb === "statement" && given.account === null) return wrong("--account", "is needed: supplier, grid or community");
  if (verb === "challenge" && given.place === null) return wrong("challenge", "needs the file that holds the proof");
  const takesBack = verb === "veto" || verb === "expire";
  if (takesBack && given.place === null) return wrong(verb, "needs the street: a data folder, a card's file or its address");
  if ((verb === "challenge" || takesBack) && given.key === null) return wrong("--key", "is needed: the key file of who sends it");
  if (verb === "challenge" && given.rpc === null) return wrong("--rpc", "is needed: the address of a node of its chain");
  if (verb === "sunspec") return device(given.place).flatMap((what) => wrong(verb, what));
  if (verb === "device") return deviceAction(given).flatMap(([key, what]) => wrong(key, what));
  if (verb === "detect") return given.place === null ? wrong(verb, "needs a host or a subnet, such as 192.168.1.0/24") : [];
  if (verb === "readings") return readings(given).flatMap(([key, what]) => wrong(key, what));
  if (verb === "motion") return motion(given).flatMap(([key, what]) => wrong(key, what));
  if ((verb === "host" || verb === "devices") && config === null) return wrong("--config", "is needed: what to run");
  if (verb === "venue" && config === null) return wrong("--config", "is needed: the venue.yaml of this venue");
  if (verb === "verify-venue" && given.file === null) return wrong("--file", "is needed: a day's log, or the folder of all days");
  if (verb === "street" && split === true && interval === null) return wrong("--split", "needs --interval: the length to split into");
  const backwards = verb === "export" && typeof from === "string" && typeof until === "string" && Date.parse(from) >= Date.parse(until);
  return backwards ? wrong("--until", "must be later than --from") : [];
}

/** What is wrong with the name of a device. */
function device(written: unknown): readonly string[] {
  if (typeof written !== "string") return ["needs a device: its HOST or HOST:PORT"];
  const read = endpoint(written);
  return read.ok ? [] : [`wants ${read.wants}, not "${written}"`];
}

/** A capture is a file, and all else is asked of a device. */
function deviceAction({ place, target, profile }: Readonly<Record<string, unknown>>): Wrong {
  const actions = DEVICE_ACTIONS.join(", ");
  if (place === null) return [["device", `needs what to do: ${actions}`]];
  const action = DEVICE_ACTIONS.find((each) => each === place);
  if (action === undefined) return [[String(place), `is none of ${actions}`]];
  const isFile = typeof target === "string" && target.endsWith(".json");
  if (action === "test") return isFile ? [] : [["device test", "needs a capture: a .json file"]];
  if (action === "watch" && profile === null) return [["--profile", "is needed: what the device's registers mean; see config/devices"]];
  if (action === "read" && isFile) return [];
  if (action === "read" && profile === null) return [["--profile", "is needed: what the device's registers mean; see config/devices"]];
  return device(target).map((what) => [`device ${action}`, what]);
}

function readings({ place, target, data }: Readonly<Record<string, unknown>>): Wrong {
  const actions = READINGS_ACTIONS.join(", ");
  if (place === null) return [["readings", `needs what to do: ${actions}`]];
  if (!READINGS_ACTIONS.some((each) => each === place)) return [[String(place), `is none of ${actions}`]];
  if (place === "verify") return target === null ? [["readings verify", "needs the file that a home exported"]] : [];
  if (target !== null) return [[String(target), "unexpected: name the file to write with --out"]];
  return data === null ? [["--data", "is needed: the data folder of the home"]] : [];
}

/** What each thing that is done with motions needs. */
const MOTION_NEEDS: Readonly<Record<(typeof MOTION_ACTIONS)[number], readonly (keyof typeof MOTION_FLAGS)[]>> = {
  list: [],
  new: ["config", "rules", "from"],
  pay: ["config", "to"],
  vote: ["config", "motion"],
  execute: ["motion"],
};

type Wrong = readonly (readonly [key: string, what: string])[];

/** What is asked for already has its amount, and needs another account. */
function redirect({ to, amount }: Readonly<Record<string, unknown>>): Wrong {
  if (amount !== null) return [["--amount", "doesn't go with --redirect: what is asked for stays as it is"]];
  return to === null ? [["--to", "is needed: who gets it instead"]] : [];
}

function motion(given: Readonly<Record<string, unknown>>): Wrong {
  const action = MOTION_ACTIONS.find((each) => each === (given.place ?? "list"));
  if (action === undefined) return [[String(given.place), `is none of ${MOTION_ACTIONS.join(", ")}`]];
  if (action === "pay" && (given.amount === null) === (given.instead === null))
    return [["--amount", given.amount === null ? "is needed: how much, such as 25.50; or --instead" : "doesn't go with --instead"]];
  return MOTION_NEEDS[action]
    .filter((name) => given[name] === null)
    .map((name) => [`--${name}`, `is needed to ${action}`.replace("new", "bring a motion").replace("pay", "bring a payment")]);
}
