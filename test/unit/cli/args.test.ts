import { describe, expect, test } from "@jest/globals";
import { parseCommandLine, renderProblem, renderProblems, suggest } from "../../../src/cli/index.ts";

const parse = (line: string) => parseCommandLine(line === "" ? [] : line.split(" "), "9.9.9");

function given(line: string): Record<string, unknown> {
  const parsed = parse(line);
  if (parsed.kind !== "run") throw new Error(parsed.message);
  return Object.fromEntries(Object.entries(parsed.command).filter(([, value]) => value !== null));
}

describe("what is understood", () => {
  const table: readonly [string, object][] = [
    ["", { verb: "street" }],
    ["street", { verb: "street" }],
    ["--config a.yaml", { verb: "street", config: "a.yaml" }],
    ["--config=a=b.yaml", { verb: "street", config: "a=b.yaml" }],
    [
      "--readings r.csv.gz --from 2016-08-01T07:00:00Z --intervals 8",
      { verb: "street", readings: "r.csv.gz", from: "2016-08-01T07:00:00Z", intervals: 8 },
    ],
    ["--from 2016-08-01T07:00Z", { verb: "street", from: "2016-08-01T07:00Z" }],
    ["--homes 12", { verb: "street", homes: { kind: "count", count: 12 } }],
    ["--homes cl01,cl02", { verb: "street", homes: { kind: "ids", ids: ["cl01", "cl02"] } }],
    ["--homes cl01", { verb: "street", homes: { kind: "ids", ids: ["cl01"] } }],
    ["--speed 0.5", { verb: "street", speed: 0.5 }],
    ["--speed 3600", { verb: "street", speed: 3600 }],
    ["--interval 5 --split", { verb: "street", interval: 5, split: true }],
    ["--seed 0", { verb: "street", seed: 0 }],
    ["--seed 4294967295", { verb: "street", seed: 4_294_967_295 }],
    ["--processes 1 --port 0 --host 0.0.0.0", { verb: "street", processes: 1, port: 0, host: "0.0.0.0" }],
    ["--data d --rules m.yaml --period 96 --batteries", { verb: "street", data: "d", rules: "m.yaml", period: 96, batteries: true }],
    ["--log debug", { verb: "street", log: "debug" }],
    ["--batteries street --seed 4", { verb: "street", batteries: true, seed: 4 }],
    ["--seed 4 street", { verb: "street", seed: 4 }],
    ["home --config h.yaml --log warn", { verb: "home", config: "h.yaml", log: "warn" }],
    ["home --config h.yaml --rotate-key", { verb: "home", config: "h.yaml", "rotate-key": true }],
    ["home --config h.yaml --store-is-newest", { verb: "home", config: "h.yaml", "store-is-newest": true }],
    ["street --store-is-newest", { verb: "street", "store-is-newest": true }],
    ["home --config h.yaml --leave", { verb: "home", config: "h.yaml", leave: true }],
    ["deposit --config h.yaml --amount 25.5", { verb: "deposit", config: "h.yaml", amount: 25_500_000 }],
    ["deposit --config h.yaml --amount 0.0001 --dry-run", { verb: "deposit", config: "h.yaml", amount: 100, "dry-run": true }],
    ["withdraw --config h --amount 214748.3647", { verb: "withdraw", config: "h", amount: 214_748_364_700 }],
    [
      `withdraw --config h --amount 1 --to 0x${"ab".repeat(20)}`,
      { verb: "withdraw", config: "h", amount: 1_000_000, to: `0x${"ab".repeat(20)}` },
    ],
    // The example of EIP-55.
    [
      "withdraw --config h --amount 007 --to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
      { verb: "withdraw", config: "h", amount: 7_000_000, to: "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed" },
    ],
    ["withdraw --config h --amount 1 --now", { verb: "withdraw", config: "h", amount: 1_000_000, now: true }],
    ["balance --config h.yaml", { verb: "balance", config: "h.yaml" }],
    ["init --config h.yaml", { verb: "init", config: "h.yaml" }],
    ["restore --config h.yaml --words w", { verb: "restore", config: "h.yaml", words: "w" }],
    ["revoke --data d --home home-3 --street http://s", { verb: "revoke", data: "d", home: "home-3", street: "http://s" }],
    ["motion", { verb: "motion" }],
    ["sunspec 10.0.0.5", { verb: "sunspec", place: "10.0.0.5" }],
    [
      "sunspec inverter.lan:1502 --unit 126 --base 4096 --timeout 9 --json",
      { verb: "sunspec", place: "inverter.lan:1502", unit: 126, base: 4096, timeout: 9, json: true },
    ],
    ["device dump [fe80::1]:502 --out c.json", { verb: "device", place: "dump", target: "[fe80::1]:502", out: "c.json" }],
    ["motion list --street http://s", { verb: "motion", place: "list", street: "http://s" }],
    [
      "motion new --config h.yaml --rules m.yaml --from 2026-12-24T00:00Z",
      { verb: "motion", place: "new", config: "h.yaml", rules: "m.yaml", from: "2026-12-24T00:00Z" },
    ],
    ["motion vote --config h.yaml --motion 0 --no", { verb: "motion", place: "vote", config: "h.yaml", motion: 0, no: true }],
    ["motion pay --config h --amount 12.50 --to home-03", { verb: "motion", place: "pay", config: "h", amount: 12_500_000, to: "home-03" }],
    [
      `motion pay --config h --instead --to 0x${"AB".repeat(20)}`,
      { verb: "motion", place: "pay", config: "h", instead: true, to: `0x${"ab".repeat(20)}` },
    ],
    [
      `withdraw --config h --redirect --to 0x${"ab".repeat(20)}`,
      { verb: "withdraw", config: "h", redirect: true, to: `0x${"ab".repeat(20)}` },
    ],
    ["statement --account grid --out g.csv", { verb: "statement", account: "grid", out: "g.csv" }],
    ["motion execute --motion 12", { verb: "motion", place: "execute", motion: 12 }],
    ["export", { verb: "export" }],
    [
      "export --format csv --data d --from 2026-01-01T00:00Z --until 2026-01-02T00:00Z --out o.csv",
      { verb: "export", format: "csv", data: "d", from: "2026-01-01T00:00Z", until: "2026-01-02T00:00Z", out: "o.csv" },
    ],
    ["compare", { verb: "compare" }],
    ["compare --data d --at 2026-01-01T12:00Z --one-node", { verb: "compare", data: "d", at: "2026-01-01T12:00Z", "one-node": true }],
    ["evidence", { verb: "evidence" }],
    ["evidence --json data/home", { verb: "evidence", place: "data/home", json: true }],
    ["evidence answer.json --street http://s/api/street", { verb: "evidence", place: "answer.json", street: "http://s/api/street" }],
    ["watch", { verb: "watch" }],
    [
      "watch data/home --rpc http://n --shown http://s --out d",
      { verb: "watch", place: "data/home", rpc: "http://n", shown: "http://s", out: "d" },
    ],
    [
      "challenge c.json --rpc http://n --key k --password p",
      { verb: "challenge", place: "c.json", rpc: "http://n", key: "k", password: "p" },
    ],
    ["veto data/street --key k --dry-run", { verb: "veto", place: "data/street", key: "k", "dry-run": true }],
    ["expire http://s/api/street --key k", { verb: "expire", place: "http://s/api/street", key: "k" }],
    ["sim", { verb: "sim" }],
    ["sim --seeds 7", { verb: "sim", seeds: { from: 7, to: 7 } }],
    [
      "sim --seeds 1..20 --homes 20 --intervals 20 --adversary silent,slow --no-faults --signatures real --processes 2",
      {
        verb: "sim",
        seeds: { from: 1, to: 20 },
        homes: 20,
        intervals: 20,
        adversary: ["silent", "slow"],
        "no-faults": true,
        signatures: "real",
        processes: 2,
      },
    ],
    ["sim --instance", { verb: "sim", instance: true }],
    ["host --config c", { verb: "host", config: "c" }],
    ["device read c.json", { verb: "device", place: "read", target: "c.json" }],
    ["device watch a:1502 --profile p --every 9", { verb: "device", place: "watch", target: "a:1502", profile: "p", every: 9 }],
    ["detect 192.168.1.0/24", { verb: "detect", place: "192.168.1.0/24" }],
    ["devices --config c", { verb: "devices", config: "c" }],
  ];
  test.each(table)("%s", (line, command) => {
    expect(given(line)).toEqual(command);
  });
});

describe("what is refused, with exit 2 and what to do", () => {
  const table: readonly [string, readonly string[]][] = [
    ["home --config h --leave --store-is-newest", ["--store-is-newest: is for a home that runs"]],
    ["home --config h --store-is-newest --rotate-key", ["--store-is-newest: is for a home that runs"]],
    ["home --config h --leave --rotate-key", ["--leave: doesn't go with --rotate-key"]],
    ["revoke --home home-3", ["--data: is needed"]],
    ["revoke --data d", ["--home: is needed"]],
    ["motion bring", ["bring: is none of list, new, pay, vote, execute"]],
    ["sunspec", ["sunspec: needs a device: its HOST or HOST:PORT", "commonwatt sunspec --help"]],
    ["sunspec a:b", ["sunspec: wants a host, with its port or without", '"a:b"']],
    ["sunspec a:0", ["sunspec: wants a host"]],
    ["sunspec a:65536", ["sunspec: wants a host"]],
    ["sunspec http://a", ["sunspec: wants a host"]],
    ["sunspec a b", ['b: unexpected after "sunspec"']],
    ["sunspec a --unit 256", ["--unit: wants a whole number from 0 to 255"]],
    ["sunspec a --base 65535", ["--base: wants a whole number from 0 to 65534"]],
    ["device", ["device: needs what to do: read, watch, test, dump"]],
    ["device dump", ["device dump: needs a device"]],
    ["device dmup a", ["dmup: is none of read, watch, test, dump"]],
    ["device dump a b", ['b: unexpected after "device"']],
    ["device read 192.168.1.20", ["--profile: is needed"]],
    ["device watch c.json", ["--profile: is needed"]],
    ["device test 192.168.1.20", ["device test: needs a capture"]],
    ["device watch a --profile sungrow-sh --every 0", ["--every: wants"]],
    ["detect", ["detect: needs a host or a subnet"]],
    ["motion new", ["--config: is needed to bring a motion", "--rules: is needed", "--from: is needed"]],
    ["motion pay --config h --to home-03", ["--amount: is needed: how much, such as 25.50; or --instead"]],
    ["motion pay --config h --amount 1 --instead --to home-03", ["--amount: doesn't go with --instead"]],
    ["motion pay --amount 1", ["--config: is needed to bring a payment", "--to: is needed to bring a payment"]],
    ["motion pay --config h --amount 1 --to 0x12", ["--to: wants an account, 0x and 40 hex digits"]],
    ["withdraw --config h --redirect", ["--to: is needed: who gets it instead"]],
    [`withdraw --config h --redirect --amount 1 --to 0x${"ab".repeat(20)}`, ["--amount: doesn't go with --redirect"]],
    ["statement", ["--account: is needed: supplier, grid or community"]],
    ["statement --account homes", ["--account: wants"]],
    ["motion vote --motion 1", ["--config: is needed to vote"]],
    ["motion vote --config h", ["--motion: is needed to vote"]],
    ["motion execute", ["--motion: is needed to execute"]],
    ["challenge --key k --rpc n", ["challenge: needs the file"]],
    ["challenge c.json --rpc n", ["--key: is needed"]],
    ["challenge c.json --key k", ["--rpc: is needed"]],
    ["veto --key k", ["veto: needs the street"]],
    ["veto data/street", ["--key: is needed"]],
    ["expire --key k", ["expire: needs the street"]],
    ["expire data/street", ["--key: is needed"]],
    ["motion execute --motion -1", ["--motion: wants"]],
    ["strete", ["strete: no such verb", 'did you mean "street"?', "commonwatt --help"]],
    ["dance", ["dance: no such verb"]],
    ["constructor", ["constructor: no such verb"]],
    ["help exprot", ['did you mean "export"?']],
    ["--sede 4", ["--sede: unknown flag", 'did you mean "--seed"?']],
    ["--sede", ["--sede: unknown flag"]],
    ["--__proto__ 1", ["--__proto__: unknown flag"]],
    ["-x", ["-x: unknown flag"]],
    ["-seed 4", ["-seed: unknown flag", 'did you mean "--seed"?']],
    ["--no-batteries", ["--no-batteries: unknown flag"]],
    ["home --config h --seed 4", ["--seed: unknown flag", "commonwatt home --help"]],
    ["--speed fast", ["--speed: wants a number from 0.1 to 3600", '"fast"']],
    ["--speed 0", ["--speed: wants"]],
    ["--speed -5", ["--speed: wants", '"-5"']],
    ["--speed 1e9", ["--speed: wants"]],
    ["--speed 1000000000", ["--speed: wants"]],
    ["compare --at noon", ["--at: wants", '"noon"']],
    ["--speed NaN", ["--speed: wants"]],
    ["--speed Infinity", ["--speed: wants"]],
    ["--speed", ["--speed: needs a value"]],
    ["--speed --seed 4", ["--speed: needs a value"]],
    ["--speed=", ["--speed: wants"]],
    ["--intervals 0", ["--intervals: wants a whole number from 1"]],
    ["--intervals 1.5", ["--intervals: wants"]],
    ["--intervals -1", ["--intervals: wants"]],
    ["--intervals 0x10", ["--intervals: wants"]],
    ["--intervals 99999999999999999999", ["--intervals: wants"]],
    ["--interval 7", ["--interval: wants 5, 15, 30 or 60 minutes"]],
    ["--interval 15m", ["--interval: wants"]],
    ["--split", ["--split: needs --interval"]],
    ["--seed 4294967296", ["--seed: wants"]],
    ["--processes 0", ["--processes: wants"]],
    ["--port 65536", ["--port: wants"]],
    ["--port http", ["--port: wants"]],
    ["--homes 1", ["--homes: wants"]],
    ["--homes 129", ["--homes: wants"]],
    ["--homes -3", ["--homes: wants"]],
    ["--homes cl01,,cl02", ["--homes: wants"]],
    ["--homes cl01,cl01", ["--homes: wants"]],
    ["--from yesterday", ["--from: wants an instant in UTC"]],
    ["--from 2026-01-01T00:00:00", ["--from: wants"]],
    ["--from 2026-02-30T00:00:00Z", ["--from: wants"]],
    ["--from 2026-01-01T00:00:00+02:00", ["--from: wants"]],
    ["--batteries=1", ["--batteries: takes no value"]],
    ["--batteries --batteries", ["--batteries: given twice"]],
    ["--seed 1 --seed 2", ["--seed: given twice"]],
    ["--log loud", ["--log: wants one of error, warn, info, debug"]],
    ["--data=", ["--data: wants"]],
    ["street more words", ['more: unexpected after "street"', "words: unexpected"]],
    ["street -- --seed", ["--seed: unexpected"]],
    ["home", ["--config: is needed", "commonwatt home --help"]],
    ["deposit --amount 1", ["--config: is needed", "commonwatt deposit --help"]],
    ["deposit --config h", ["--amount: is needed"]],
    ["withdraw --config h", ["--amount: is needed"]],
    ["deposit --config h --amount 0", ["--amount: wants an amount from 0.0001 to 214748.3647"]],
    ["deposit --config h --amount 0.00001", ["--amount: wants"]],
    ["deposit --config h --amount 25,50", ["--amount: wants"]],
    ["deposit --config h --amount 1e3", ["--amount: wants"]],
    ["deposit --config h --amount 214748.3648", ["--amount: wants"]],
    ["withdraw --config h --amount 1 --to 0x12", ["--to: wants an account"]],
    ["withdraw --config h --amount 1 --to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", ["one of these is wrong, as its capitals tell"]],
    ["deposit --config h --amount 1 --to 0x12", ["--to: unknown flag"]],
    ["init", ["--config: is needed", "commonwatt init --help"]],
    ["restore --words w", ["--config: is needed", "commonwatt restore --help"]],
    ["restore --config h test test junk", ["restore: takes no words here, where others can read them"]],
    ["export --format xml", ["--format: wants csv"]],
    ["export --from 2026-01-02T00:00Z --until 2026-01-01T00:00Z", ["--until: must be later than --from"]],
    ["export --from 2026-01-02T00:00Z --until 2026-01-02T00:00Z", ["--until: must be later"]],
    ["sim --seeds 9..2", ["--seeds: wants one seed or a range", '"9..2"', "commonwatt sim --help"]],
    ["sim --seeds 1..", ["--seeds: wants"]],
    ["sim --seeds 1..4294967296", ["--seeds: wants"]],
    ["sim --adversary silent,,slow", ["--adversary: wants"]],
    ["sim --homes 3", ["--homes: wants a whole number from 4 to 100"]],
    ["--sede 4 --speed fast --intervals 0", ["--sede", "--speed", "--intervals"]],
  ];
  test.each(table)("%s", (line, parts) => {
    const parsed = parse(line);
    expect(parsed).toMatchObject({ kind: "print", exit: 2 });
    for (const part of [...parts, "--help"]) expect(parsed.kind === "print" && parsed.message).toContain(part);
  });

  test("an unknown flag takes its value along: one slip, one complaint", () => {
    const parsed = parse("--sede 4");
    expect(parsed.kind === "print" && parsed.message.split("\n")).toHaveLength(2);
  });
});

describe("help and version", () => {
  test.each(["--help", "-h", "help", "street --help", "--speed fast --help", "home -h", "help export", "host --help"])(
    "%s prints and succeeds",
    (line) => {
      expect(parse(line)).toMatchObject({ kind: "print", exit: 0 });
    },
  );

  test.each(["--version", "version", "street --version"])("%s is the version alone", (line) => {
    expect(parse(line)).toEqual({ kind: "print", exit: 0, message: "9.9.9" });
  });

  test("help names every flag of the street, and no verb that people don't call", () => {
    const parsed = parse("--help");
    const message = parsed.kind === "print" ? parsed.message : "";
    for (const name of [
      "config",
      "readings",
      "from",
      "intervals",
      "homes",
      "speed",
      "interval",
      "split",
      "seed",
      "batteries",
      "period",
      "rules",
      "processes",
      "port",
      "host",
      "data",
      "log",
      "help",
      "version",
    ])
      expect(message).toContain(`--${name}`);
    expect(message).not.toContain("commonwatt host");
    expect(message.split("\n").every((line) => line.length <= 100)).toBe(true);
  });
});

describe("suggestions", () => {
  test.each([
    ["sede", ["seed", "speed"], "seed"],
    ["Seed", ["seed"], "seed"],
    ["gate_lead", ["gateLeadSeconds"], "gateLeadSeconds"],
    ["load_w", ["load_wh", "pv_wh"], "load_wh"],
    ["cl99", ["cl01", "cl09"], "cl09"],
    ["x", ["seed"], null],
    ["completely", ["different"], null],
    ["", ["seed"], null],
    ["a", [], null],
  ])("%s of %j is %s", (written, known, wanted) => {
    expect(suggest(written, known)).toBe(wanted);
  });
});

describe("problems in the terminal", () => {
  const problem = { code: "X", file: "a.yaml", line: 3, column: 5, key: "trading.sel", what: "unknown key" };

  test("where, what, the nearest name, the way out", () => {
    expect(renderProblem({ ...problem, meant: { written: "sel", known: ["sell"] }, wayOut: "see b" })).toBe(
      'a.yaml:3:5: trading.sel: unknown key; did you mean "sell"? see b',
    );
    expect(renderProblem({ code: "X", file: "a.csv", line: 7, what: "the cell is empty" })).toBe("a.csv:7: the cell is empty");
    expect(renderProblem({ code: "X", file: null, key: "--x", what: "unknown flag" })).toBe("--x: unknown flag");
    expect(renderProblem({ code: "X", file: "a", what: "b" })).toBe("a: b");
  });

  test("the rest is counted", () => {
    expect(renderProblems([problem], 3)).toBe("a.yaml:3:5: trading.sel: unknown key\n... and 3 more");
    expect(renderProblems([problem])).not.toContain("more");
  });

  test("what a file says can't steer the terminal", () => {
    expect(renderProblem({ ...problem, what: "\u001b[2Jgone\u0007" })).toContain("\\x1b[2Jgone\\x07");
  });
});
