import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { RULES_CODES } from "../../../engine/auction/index.ts";
import { renderProblems } from "../../../src/cli/index.ts";
import { CONFIG_CODES, type ConfigKind, loadConfig, parseConfig, withInterval } from "../../../src/main/config/index.ts";
import { HOUSEHOLD_KINDS } from "../../../src/sim/synthetic/index.ts";
import { temporaryFolder } from "../../support/folder.ts";

const folder = temporaryFolder();
afterAll(() => folder.remove());
const shipped = (name: string): string => fileURLToPath(new URL(`../../../config/${name}`, import.meta.url));

const MARKET = "market: a\ncurrency: EUR\nresidual:\n  importPricePerKwh: 0.32\n  exportPricePerKwh: 0.08\n";
const STREET = "rules: m.yaml\ndata: d\n";
const HOME = "name: h\ndata: d\nstreet: card.json\npassword: {file: p}\ndevice: {host: inverter.lan}\n";
const VENUE = `name: v\nmarket: m.yaml\nchainId: 1\nvault: "0x${"5".repeat(40)}"\ndata: d\npassword: {env: P}\nmembers:\n  - {home: 0, name: a, agent: "0x${"1".repeat(40)}"}\n`;
const DEVICE =
  "id: d\nname: D\nvendors: [D]\nsource: somebody's table\nlink: {units: {inverter: 1}}\npoints: {grid.power: {at: 1, type: int16, unit: W, in: [-9, 9]}}\n";
const LEAST: Record<ConfigKind, string> = { market: MARKET, street: STREET, home: HOME, venue: VENUE, device: DEVICE };

function good<Kind extends ConfigKind>(text: string, kind: Kind) {
  const result = parseConfig(text, "conf/x.yaml", kind);
  if (!result.ok) throw new Error(renderProblems(result.problems));
  return result.value;
}

/** "CODE line:column key" of each problem, and the text for people. */
function bad(text: string, kind: ConfigKind): { lines: string[]; text: string } {
  const result = parseConfig(text, "x.yaml", kind);
  if (result.ok) throw new Error("was taken");
  return {
    lines: result.problems.map(({ code, line, column, key }) =>
      [code, line === undefined ? "" : ` ${line}:${column ?? ""}`, key === undefined ? "" : ` ${key}`].join(""),
    ),
    text: renderProblems(result.problems, result.more),
  };
}

describe("the files that we ship", () => {
  test("market rules", async () => {
    expect(await loadConfig(shipped("market/street.yaml"), "market")).toEqual({
      ok: true,
      value: {
        market: "sunny-street",
        currency: "EUR",
        intervalMinutes: 15,
        gateLeadSeconds: 300,
        openIntervals: 96,
        periodIntervals: 96,
        tick: 1_000,
        maxPrice: 1_000_000,
        maxOrderWh: 50_000,
        maxOrdersPerHome: 4,
        kPermille: 500,
        residual: { importPrice: 324_000, exportPrice: 82_000 },
      },
    });
  });

  test("the default street names rules that are there", async () => {
    const street = await loadConfig(shipped("street/default.yaml"), "street");
    expect(street).toMatchObject({
      ok: true,
      value: { homes: 12, validators: 31, seed: 7, speed: 288, processes: 3, rules: shipped("market/street.yaml"), readings: null },
    });
  });

  test("the example of a home", async () => {
    expect(await loadConfig(shipped("home/example.yaml"), "home")).toMatchObject({
      ok: true,
      value: {
        name: "home-13",
        street: { kind: "url" },
        password: { kind: "env", name: "COMMONWATT_PASSWORD" },
        device: { modbus: { place: { port: 1502 }, units: { inverter: 1, meter: 2, storage: 1 }, meterSign: "import" }, meter: null },
        trading: { sellAbove: 100_000, buyBelow: 300_000, keepForBackupPercent: 20 },
      },
    });
  });

  test.each(["market", "street", "home"])("each key of %s has a title and says what it is", (kind) => {
    const walk = (schema: { title?: string; description?: string; properties?: object; items?: object }, at: string): string[] => {
      const own = schema.title && schema.description ? [] : [at];
      const below = Object.entries({ ...schema.properties, ...(schema.items && { "[]": schema.items }) });
      return own.concat(below.flatMap(([key, member]) => walk(member as object, `${at}.${key}`)));
    };
    expect(walk(JSON.parse(readFileSync(shipped(`schema/${kind}.schema.json`), "utf8")), kind)).toEqual([]);
  });

  test("the kinds of household are those that the model knows", () => {
    const schema = JSON.parse(readFileSync(shipped("schema/street.schema.json"), "utf8"));
    expect(schema.properties.homeList.items.properties.kind.enum).toEqual(HOUSEHOLD_KINDS);
  });

  test("each code has its line in the README", () => {
    const readme = readFileSync(shipped("README.md"), "utf8");
    for (const code of [...CONFIG_CODES, ...RULES_CODES]) expect(readme).toMatch(new RegExp(`^\\| \`${code}\` +\\|`, "m"));
  });
});

describe("market rules", () => {
  test("defaults", () => {
    expect(good(MARKET, "market")).toMatchObject({
      intervalMinutes: 15,
      gateLeadSeconds: 300,
      tick: 1_000,
      maxPrice: 1_000_000,
      kPermille: 500,
    });
  });

  const prices: readonly [string, number][] = [
    ["0.29", 290_000],
    ['"0.290"', 290_000],
    ["0.1", 100_000],
    ['"0.3"', 300_000],
    ["0.081", 81_000],
    ["0.0810000", 81_000],
    ["1", 1_000_000],
    ["0.57", 570_000],
  ];
  test.each(prices)("a price of %s is %i micro, exactly", (written, micro) => {
    expect(good(MARKET.replace("0.32", written), "market").residual.importPrice).toBe(micro);
  });

  const table: readonly [string, string, string, string][] = [
    ["a tick below whole money", `${MARKET}tickPerKwh: "0.0005"\n`, "CONFIG_CONFLICT 6:1 tickPerKwh", "multiple of 0.001"],
    ["a tick of zero", `${MARKET}tickPerKwh: 0\n`, "CONFIG_CONFLICT 6:1 tickPerKwh", "multiple of 0.001"],
    [
      "a price between ticks",
      MARKET.replace("0.32", "0.3205"),
      "CONFIG_CONFLICT 4:3 residual.importPricePerKwh",
      "no multiple of the tick",
    ],
    ["a highest price between ticks", `${MARKET}tickPerKwh: 0.03\n`, "CONFIG_CONFLICT 1:1 maxPricePerKwh", ""],
    ["import below export", MARKET.replace("0.32", "0.07"), "CONFIG_CONFLICT 5:3 residual.exportPricePerKwh", "more than the import price"],
    ["nobody can pay the utility", `${MARKET}maxPricePerKwh: 0.3\n`, "CONFIG_CONFLICT 6:1 maxPricePerKwh", "less than the import price"],
    ["more money than counts", `${MARKET}maxPricePerKwh: 100\nmaxOrderWh: 100000\n`, "CONFIG_CONFLICT 7:1 maxOrderWh", "too much money"],
    [
      "the gate as long as the interval",
      `${MARKET}gateLeadSeconds: 900\n`,
      "CONFIG_CONFLICT 6:1 gateLeadSeconds",
      "not shorter than the interval",
    ],
    ["a negative price", MARKET.replace("0.32", "-0.32"), "CONFIG_VALUE 4:3 residual.importPricePerKwh", '"-0.32" is no price'],
    ["a comma", MARKET.replace("0.32", "0,32"), "CONFIG_VALUE 4:3 residual.importPricePerKwh", "with a point"],
    ["an exponent", MARKET.replace("0.32", "3e-1"), "CONFIG_VALUE 4:3 residual.importPricePerKwh", "no price"],
    ["not a number", MARKET.replace("0.32", ".nan"), "CONFIG_TYPE 4:3 residual.importPricePerKwh", ""],
    [
      "finer than a millionth",
      MARKET.replace("0.32", "0.3200001"),
      "CONFIG_VALUE 4:3 residual.importPricePerKwh",
      "finer than a millionth",
    ],
    ["beyond every price", MARKET.replace("0.32", "101"), "CONFIG_VALUE 4:3 residual.importPricePerKwh", "beyond 100"],
    ["another interval", `${MARKET}intervalMinutes: 10\n`, "CONFIG_VALUE 6:1 intervalMinutes", "5, 15, 30 or 60"],
    ["a text for a number", `${MARKET}gateLeadSeconds: soon\n`, "CONFIG_TYPE 6:1 gateLeadSeconds", '"soon" is not a whole number'],
    ["half an order", `${MARKET}maxOrdersPerHome: 1.5\n`, "CONFIG_TYPE 6:1 maxOrdersPerHome", "whole number"],
    ["k beyond the buyer", `${MARKET}kPermille: 1001\n`, "CONFIG_VALUE 6:1 kPermille", "1001 is more than 1000"],
    ["k below the seller", `${MARKET}kPermille: -1\n`, "CONFIG_VALUE 6:1 kPermille", "-1 is less than 0"],
    ["a currency of its own", MARKET.replace("EUR", "euro"), "CONFIG_VALUE 2:1 currency", "three capital letters"],
    ["an unknown key", `${MARKET}intervalMinuts: 5\n`, "CONFIG_KEY_UNKNOWN 6:1 intervalMinuts", 'did you mean "intervalMinutes"?'],
    [
      "an unknown key inside",
      MARKET.replace("exportPricePerKwh", "exportPrice"),
      "CONFIG_KEY_UNKNOWN 5:3 residual.exportPrice",
      'did you mean "exportPricePerKwh"?',
    ],
    ["a missing key", MARKET.replace("currency: EUR\n", ""), "CONFIG_KEY_MISSING 1:1 currency", 'e.g. currency: "EUR"'],
    ["a key twice", `${MARKET}currency: USD\n`, "CONFIG_KEY_TWICE 6:1 currency", "comes twice"],
    ["an empty value", MARKET.replace("EUR", ""), "CONFIG_TYPE 2:1 currency", "null is not a text"],
  ];
  test.each(table)("%s", (_, text, line, part) => {
    const problems = bad(text, "market");
    expect(problems.lines).toContain(line);
    expect(problems.text).toContain(part);
  });

  test.each([
    [5, 100, 288],
    [15, 300, 96],
    [30, 600, 48],
    [60, 1_200, 24],
  ])("for %i minutes the gate leads by %i s and the period has %i intervals", (minutes, lead, period) => {
    expect(withInterval(good(MARKET, "market"), minutes)).toMatchObject({
      intervalMinutes: minutes,
      gateLeadSeconds: lead,
      periodIntervals: period,
    });
    expect(withInterval(good(MARKET, "market"), minutes, 4).periodIntervals).toBe(4);
  });

  test("the interval that the rules have already changes nothing", () => {
    const rules = good(`${MARKET}gateLeadSeconds: 60\nperiodIntervals: 8\n`, "market");
    expect(withInterval(rules, 15)).toEqual(rules);
  });
});

describe("street and home", () => {
  test("paths count from the file; what isn't said is null", () => {
    expect(good(STREET, "street")).toMatchObject({
      rules: resolve("conf/m.yaml"),
      data: resolve("conf/d"),
      homes: 12,
      intervalMinutes: null,
      readings: null,
      homeList: null,
      evm: null,
      allowance: { deposits: 4, withdrawals: 4, payments: 4, keyChanges: 3, departures: 3, motions: 2, votes: 10, gas: 1_500_000 },
      dashboard: { host: "127.0.0.1", port: 8080 },
    });
    expect(good(`${STREET}allowance: {deposits: 0, keyChanges: 1000, gas: 500000}\n`, "street").allowance).toEqual({
      deposits: 0,
      withdrawals: 4,
      payments: 4,
      keyChanges: 1_000,
      departures: 3,
      motions: 2,
      votes: 10,
      gas: 500_000,
    });
    expect(good(`${STREET}chain: {evm: ethereumjs}\n`, "street").evm).toBe("ethereumjs");
    expect(good(HOME, "home")).toMatchObject({
      street: { kind: "file", path: resolve("conf/card.json") },
      password: { kind: "file", path: resolve("conf/p") },
      invitation: null,
      trading: { sellAbove: null, buyBelow: null, keepForBackupPercent: 20 },
      device: {
        modbus: { place: { transport: "tcp", host: "inverter.lan", port: 502 }, timeoutMs: 1_000, gapMs: 0, proxy: null },
        meter: null,
      },
    });
  });

  test("the owner's key: beside the home's, under its password, unless told", () => {
    expect(good(HOME, "home").owner).toEqual({ file: resolve("conf/d/owner.json"), password: { kind: "file", path: resolve("conf/p") } });
    expect(good(HOME.replace("{file: p}", "{prompt: true}"), "home")).toMatchObject({
      password: { kind: "prompt" },
      owner: { file: resolve("conf/d/owner.json"), password: { kind: "prompt" } },
    });
    expect(good(`${HOME}owner: {file: stick/o.json, password: {env: OWNERS}}\n`, "home")).toMatchObject({
      password: { kind: "file", path: resolve("conf/p") },
      owner: { file: resolve("conf/stick/o.json"), password: { kind: "env", name: "OWNERS" } },
    });
  });

  test("readings and homes one by one", () => {
    expect(good(`${STREET}readings: {file: r.csv, homes: [cl01]}\n`, "street").readings).toEqual({
      file: resolve("conf/r.csv"),
      from: null,
      homes: ["cl01"],
      split: false,
      batteries: false,
    });
    const list = good(`${STREET}homeList:\n  - {name: a, kind: family, kwp: 5}\n  - {name: b, kind: workshop, batteryKwh: 7}\n`, "street");
    expect(list).toMatchObject({
      homes: 2,
      homeList: [
        { name: "a", kwp: 5, batteryKwh: null },
        { name: "b", kwp: null, batteryKwh: 7 },
      ],
    });
  });

  const table: readonly [string, ConfigKind, string, string, string][] = [
    ["one home", "street", `${STREET}homes: 1\n`, "CONFIG_VALUE 3:1 homes", "1 is less than 2"],
    ["standing still", "street", `${STREET}speed: 0\n`, "CONFIG_VALUE 3:1 speed", ""],
    ["endless speed", "street", `${STREET}speed: .inf\n`, "CONFIG_TYPE 3:1 speed", ""],
    ["a port beyond", "street", `${STREET}dashboard:\n  port: 70000\n`, "CONFIG_VALUE 4:3 dashboard.port", "70000 is more than 65535"],
    ["deposits below none", "street", `${STREET}allowance: {deposits: -1}\n`, "CONFIG_VALUE 3:13 allowance.deposits", "-1 is less than 0"],
    ["half a payment", "street", `${STREET}allowance: {payments: 0.5}\n`, "CONFIG_TYPE 3:13 allowance.payments", "not a whole number"],
    ["keys without end", "street", `${STREET}allowance: {keyChanges: 1001}\n`, "CONFIG_VALUE 3:13 allowance.keyChanges", "more than 1000"],
    ["motions without end", "street", `${STREET}allowance: {motions: 1001}\n`, "CONFIG_VALUE 3:13 allowance.motions", "more than 1000"],
    ["votes below none", "street", `${STREET}allowance: {votes: -1}\n`, "CONFIG_VALUE 3:13 allowance.votes", "-1 is less than 0"],
    ["gas for nothing", "street", `${STREET}allowance: {gas: 499999}\n`, "CONFIG_VALUE 3:13 allowance.gas", "500000 to 1000000000"],
    ["gas without end", "street", `${STREET}allowance: {gas: 1000000001}\n`, "CONFIG_VALUE 3:13 allowance.gas", "more than 1000000000"],
    ["an errand's name in code", "street", `${STREET}allowance: {leave: 1}\n`, "CONFIG_KEY_UNKNOWN 3:13 allowance.leave", "unknown key"],
    ["an unknown key below", "street", `${STREET}dashboard: {prot: 1}\n`, "CONFIG_KEY_UNKNOWN 3:13 dashboard.prot", 'did you mean "port"?'],
    ["a start without zone", "street", `${STREET}start: 2026-06-15T06:00:00\n`, "CONFIG_VALUE 3:1 start", "UTC"],
    ["a start that never was", "street", `${STREET}start: 2026-02-30T06:00:00Z\n`, "CONFIG_VALUE 3:1 start", "not on the calendar"],
    [
      "a split into what",
      "street",
      `${STREET}readings: {file: r, split: true}\n`,
      "CONFIG_CONFLICT 3:21 readings.split",
      "intervalMinutes",
    ],
    [
      "readings and a list",
      "street",
      `${STREET}readings: {file: r}\nhomeList: [{name: a, kind: family}, {name: b, kind: family}]\n`,
      "CONFIG_CONFLICT 4:1 homeList",
      "",
    ],
    [
      "a name twice",
      "street",
      `${STREET}homeList:\n  - {name: a, kind: family}\n  - {name: a, kind: family}\n`,
      "CONFIG_CONFLICT 5:6 homeList[1].name",
      '"a" comes twice',
    ],
    ["no such EVM", "street", `${STREET}chain: {evm: hardhat}\n`, "CONFIG_VALUE 3:9 chain.evm", "anvil, or ethereumjs"],
    [
      "no such household",
      "street",
      `${STREET}homeList:\n  - {name: a, kind: famly}\n  - {name: b, kind: family}\n`,
      "CONFIG_VALUE 4:15 homeList[0].kind",
      "retired-couple",
    ],
    ["the password itself", "home", HOME.replace("{file: p}", "s3cret"), "CONFIG_TYPE 4:1 password", "never the password itself"],
    [
      "the owner's password itself",
      "home",
      `${HOME}owner: {password: s3cret}\n`,
      "CONFIG_TYPE 6:9 owner.password",
      "this is not a group of keys",
    ],
    [
      "two passwords of the owner",
      "home",
      `${HOME}owner: {password: {file: p, prompt: true}}\n`,
      "CONFIG_VALUE 6:9 owner.password",
      "exactly 1",
    ],
    ["two passwords", "home", HOME.replace("{file: p}", "{file: p, env: P}"), "CONFIG_VALUE 4:1 password", "exactly 1"],
    ["no password", "home", HOME.replace("{file: p}", "{}"), "CONFIG_VALUE 4:1 password", "exactly 1"],
    ["a street of another kind", "home", HOME.replace("card.json", "ftp://x/y"), "CONFIG_CONFLICT 3:1 street", "http"],
    ["a listening address", "home", `${HOME}listen: [0.0.0.0:4001]\n`, "CONFIG_VALUE 6:10 listen[0]", "/ip4/0.0.0.0/tcp/4001"],
    ["a listening port beyond", "home", `${HOME}listen: [/ip4/0.0.0.0/tcp/70000]\n`, "CONFIG_CONFLICT 6:10 listen[0]", "65535"],
    [
      "a unit id beyond",
      "home",
      HOME.replace("inverter.lan", "h, units: {meter: 248}"),
      "CONFIG_VALUE 5:27 device.units.meter",
      "more than 247",
    ],
    [
      "more backup than there is",
      "home",
      `${HOME}trading: {keepForBackupPercent: 101}\n`,
      "CONFIG_VALUE 6:11 trading.keepForBackupPercent",
      "",
    ],
    ["a price in words", "home", `${HOME}trading: {sellAbovePerKwh: dear}\n`, "CONFIG_VALUE 6:11 trading.sellAbovePerKwh", "no price"],
  ];
  test.each(table)("%s", (_, kind, text, line, part) => {
    const problems = bad(text, kind);
    expect(problems.lines).toEqual([line]);
    expect(problems.text).toContain(part);
  });

  test("a secret in the wrong place is not shown", () => {
    expect(bad(HOME.replace("{file: p}", "s3cret"), "home").text).not.toContain("s3cret");
    expect(bad(`${HOME}invitation: [s3cret]\n`, "home").text).not.toContain("s3cret");
  });
});

describe("all at once", () => {
  test("every problem with its place, by line", () => {
    expect(bad("market: A B\ncurrency: EUR\nintervalMinutes: 7\nrezidual: 1\n", "market").lines).toEqual([
      "CONFIG_KEY_MISSING 1:1 residual",
      "CONFIG_VALUE 1:1 market",
      "CONFIG_VALUE 3:1 intervalMinutes",
      "CONFIG_KEY_UNKNOWN 4:1 rezidual",
    ]);
  });

  test("conflicts too", () => {
    expect(bad(`${MARKET.replace("0.32", "0.0705")}gateLeadSeconds: 1000\n`, "market").lines).toHaveLength(3);
  });

  test("a key twice doesn't hide the rest", () => {
    expect(bad("market: a\nmarket: b\n", "market").lines).toEqual([
      "CONFIG_KEY_MISSING 1:1 currency",
      "CONFIG_KEY_MISSING 1:1 residual",
      "CONFIG_KEY_TWICE 2:1 market",
    ]);
  });

  test("many are counted", () => {
    const result = parseConfig(`${MARKET}${Array.from({ length: 60 }, (_, i) => `zzz${i}: 1\n`).join("")}`, "x", "market");
    expect(result).toMatchObject({ ok: false, more: 20 });
    expect(!result.ok && result.problems).toHaveLength(40);
  });
});

describe("files that are no configuration", () => {
  const table: readonly [string, string, string, string][] = [
    ["nothing", "", "CONFIG_EMPTY", "example"],
    ["comments", "# nothing\n", "CONFIG_EMPTY", ""],
    ["null", "null\n", "CONFIG_EMPTY", ""],
    ["a tab", "residual:\n\timportPricePerKwh: 1\n", "CONFIG_SYNTAX 2:1", "tab"],
    ["two documents", `${MARKET}---\n${MARKET}`, "CONFIG_SYNTAX", "second document"],
    ["an open bracket", "a: [1, 2\n", "CONFIG_SYNTAX", ""],
    ["an open quote", 'a: "1\n', "CONFIG_SYNTAX", ""],
    ["an unknown alias", "a: *b\n", "CONFIG_SYNTAX", ""],
    ["an unknown tag", "a: !secret b\n", "CONFIG_SYNTAX", "tag"],
    [
      "a bomb of aliases",
      `a: &a [x,x,x,x,x,x,x,x,x]\n${["b", "c", "d", "e", "f"].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcde"[i]}`)}]\n`).join("")}`,
      "CONFIG_SYNTAX",
      "alias",
    ],
    ["a list", "- market: a\n", "CONFIG_TYPE 1:1", "group of keys"],
    ["a text", "hello\n", "CONFIG_TYPE 1:1", "group of keys"],
    ["a key that is a list", "? [a]\n: 1\n", "CONFIG_SYNTAX", "key"],
  ];
  test.each(table)("%s", (_, text, line, part) => {
    const problems = bad(text, "market");
    expect(problems.lines.some((each) => each.startsWith(line))).toBe(true);
    expect(problems.text).toContain(part);
  });

  const path = join(folder.path, "x.yaml");
  const files: readonly [string, Uint8Array, string][] = [
    ["Latin-1", Buffer.from("market: m\u00fcller\n", "latin1"), "CONFIG_NOT_TEXT"],
    ["zero bytes", Buffer.alloc(100), "CONFIG_NOT_TEXT"],
    ["too large", Buffer.alloc(1_000_001, "#"), "CONFIG_TOO_LARGE"],
    ["empty", Buffer.alloc(0), "CONFIG_EMPTY"],
  ];
  test.each(files)("%s", async (_, bytes, code) => {
    writeFileSync(path, bytes);
    expect(await loadConfig(path, "market")).toMatchObject({ ok: false, code, problems: [{ file: path }] });
  });

  test("a byte order mark and CRLF are fine", async () => {
    writeFileSync(path, `\ufeff${MARKET.replaceAll("\n", "\r\n")}`);
    expect(await loadConfig(path, "market")).toMatchObject({ ok: true });
  });

  test("a folder, nothing, a file in the way", async () => {
    const codes = await Promise.all([folder.path, join(folder.path, "none"), join(path, "x")].map((each) => loadConfig(each, "home")));
    expect(codes.map((each) => !each.ok && each.code)).toEqual(["CONFIG_NOT_A_FILE", "CONFIG_MISSING", "CONFIG_MISSING"]);
    expect(dirname(path)).toBe(folder.path);
  });

  const root = process.getuid?.() === 0;
  (root ? test.skip : test)(`no permission${root ? " (root may read everything)" : ""}`, async () => {
    writeFileSync(path, MARKET);
    chmodSync(path, 0);
    expect(await loadConfig(path, "market")).toMatchObject({ ok: false, code: "CONFIG_NO_PERMISSION" });
  });
});

describe("fuzz", () => {
  const anyKind = fc.constantFrom<ConfigKind>("market", "street", "home");

  /** Never throws; refuses with reasons that can be shown. */
  const judge = (text: string, kind: ConfigKind): boolean => {
    const result = parseConfig(text, "x.yaml", kind);
    if (result.ok) return true;
    expect(result.problems.length).toBeGreaterThan(0);
    expect(renderProblems(result.problems)).not.toMatch(/undefined|\[object/);
    return false;
  };

  test("canary", () => {
    for (const kind of ["market", "street", "home"] as const)
      expect([judge(LEAST[kind], kind), judge(`${LEAST[kind]}x: 1\n`, kind)]).toEqual([true, false]);
  });

  test("any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), anyKind, (text, kind) => !judge(text, kind)),
      { numRuns: 500 },
    );
  });

  test("any data under our keys", () => {
    const keys = fc.constantFrom(
      "market",
      "residual",
      "homes",
      "readings",
      "password",
      "device",
      "listen",
      "street",
      "trading",
      "name",
      "__proto__",
      "constructor",
    );
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue({ maxDepth: 2 })), anyKind, (data, kind) => {
        judge(JSON.stringify(data), kind);
      }),
      { numRuns: 500 },
    );
  });

  test("a good file with a piece cut out or put in", () => {
    fc.assert(
      fc.property(
        anyKind,
        fc.nat(120),
        fc.nat(8),
        fc.string({ unit: fc.constantFrom(..."\t :[]{}*&!|>-?\n#'\"%@0a"), maxLength: 5 }),
        (kind, at, cut, put) => {
          judge(LEAST[kind].slice(0, at) + put + LEAST[kind].slice(at + cut), kind);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("a venue", () => {
  const OPERATOR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
  const SEQUENCER = `${MARKET}sequencer: {operator: "${OPERATOR}"`;

  test("the files that come with the program", async () => {
    expect(await loadConfig(shipped("venue/example.yaml"), "venue")).toMatchObject({
      ok: true,
      value: { market: shipped("market/venue.yaml"), listen: { host: "127.0.0.1", port: 8090 }, members: [{ home: 0 }, { home: 1 }] },
    });
    expect(await loadConfig(shipped("market/venue.yaml"), "market")).toMatchObject({
      ok: true,
      value: { sequencer: { trading: "continuous", roundSeconds: 5 } },
    });
  });

  test("an address is one in capitals or not; trading and rounds have defaults", () => {
    expect(good(`${SEQUENCER}}`, "market").sequencer).toEqual({ operator: OPERATOR.toLowerCase(), trading: "continuous", roundSeconds: 5 });
    expect(good(VENUE, "venue").listen).toEqual({ host: "127.0.0.1", port: 8090 });
  });

  test.each([
    ["SEQUENCER_NEEDS_DOUBLE_AUCTION", `${SEQUENCER}}\nmechanism: vcg`, "mechanism"],
    ["SEQUENCER_NEEDS_ONE_NODE", `${SEQUENCER}}\nnetwork: {nodes: [{id: a}]}`, "network"],
    ["SEQUENCER_NEEDS_ONE_NODE", `${SEQUENCER}, trading: rounds}\nnetwork: {nodes: [{id: a}]}`, "network"],
    ["SEQUENCER_ROUND_UNEVEN", `${SEQUENCER}, trading: rounds, roundSeconds: 7}`, "sequencer.roundSeconds"],
    ["SEQUENCER_BOOKS_TOO_LARGE", `${SEQUENCER}}\ntickPerKwh: "0.001"\nmaxPricePerKwh: "100"\nmaxOrderWh: 1000`, "sequencer"],
    ["CONFIG_KEY_MISSING", `${MARKET}sequencer: {trading: rounds}`, "sequencer.operator"],
    ["CONFIG_VALUE", `${MARKET}sequencer: {operator: "0x12"}`, "sequencer.operator"],
  ])("%s", (code, text, key) => {
    expect(bad(text, "market").lines).toEqual([expect.stringMatching(new RegExp(`^${code} \\d+:\\d+ ${key}$`))]);
  });

  test.each([
    ["home", `  - {home: 0, name: b, agent: "0x${"2".repeat(40)}"}`],
    ["name", `  - {home: 1, name: a, agent: "0x${"2".repeat(40)}"}`],
    ["agent", `  - {home: 1, name: b, agent: "0x${"1".repeat(40)}"}`],
  ])("two members with one %s", (key, member) => {
    expect(bad(`${VENUE}${member}\n`, "venue").lines).toEqual([
      expect.stringMatching(new RegExp(`^CONFIG_CONFLICT \\d+:\\d+ members\\[1\\].${key}$`)),
    ]);
  });
});
