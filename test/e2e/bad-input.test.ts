import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { createKeystore } from "../../adapters/system/index.ts";
import { hashRules } from "../../engine/messages/index.ts";
import { temporaryFolder } from "../support/folder.ts";
import { node } from "../support/network-rules.ts";
import { RULES } from "../support/rules.ts";
import { processesWith, ROOT, run } from "../support/street-process.ts";

jest.setTimeout(60_000);

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
const write = (name: string, text: string): string => {
  writeFileSync(at(name), text, { mode: 0o600 });
  return at(name);
};

afterAll(() => folder.remove());

/** Runs the program with the street's folder at `street`; whatever was wrong, nothing may be left behind. */
async function refusal(args: readonly string[], env: Record<string, string> = {}) {
  const before = readdirSync(folder.path);
  const { exit, out, err } = await run(args, env);
  expect(out).toBe("");
  // A stack is for us, not for the people who run this.
  expect(err).not.toMatch(/ {4}at |node:internal|Node\.js v/);
  expect(readdirSync(folder.path)).toEqual(before);
  expect(processesWith(folder.path).filter((pid) => pid !== process.pid)).toEqual([]);
  return { exit, err: err.replaceAll(folder.path, "DIR") };
}

const street = (...args: string[]) => refusal([...args, "--port", "0", "--data", at("street")]);

const HEADER = "timestamp_utc_iso,home_id,load_wh,pv_wh";
const ROWS = ["2016-08-01T07:00:00Z", "2016-08-01T08:00:00Z", "2016-08-01T09:00:00Z", "2016-08-01T10:00:00Z"].flatMap((time, hour) => [
  `${time},a1,${500 + hour},0`,
  `${time},b2,${700 + hour},900`,
]);
const csv = (name: string, change: (rows: string[]) => string[]): string => write(name, `${[HEADER, ...change([...ROWS])].join("\n")}\n`);
const withRow = (place: number, row: string) => (rows: string[]) => rows.with(place, row);

describe("the command line: exit 2", () => {
  const table: readonly [string, readonly string[], string][] = [
    ["an unknown flag", ["--processs", "3"], '--processs: unknown flag; did you mean "--processes"?'],
    ["an unknown verb", ["hoem"], 'hoem: no such verb; did you mean "home"?'],
    ["no value", ["--seed", "x"], "--seed: wants a whole number"],
    ["a local time", ["--from", "2026-06-15T12:00:00"], '--from: wants an instant in UTC such as "2026-06-15T12:00:00Z"'],
    ["haste", ["--speed", "3600"], "--speed 3600 leaves less than 0.75 s for an interval of 15 minutes; use at most --speed 1200"],
    ["ids without a file", ["--homes", "a1,b2"], "--homes IDS names homes of a readings file; add --readings FILE, or give a number"],
  ];
  test.each(table)("%s", async (_what, args, expected) => {
    const { exit, err } = await street(...args);
    expect(err).toContain(expected);
    expect(exit).toBe(2);
  });

  test("a number of homes with a file", async () => {
    const { exit, err } = await street(
      "--readings",
      csv("good.csv", (rows) => rows),
      "--homes",
      "12",
    );
    expect(err).toBe("--homes N is for a synthetic street; name the file's homes instead: --homes cl01,cl02\n");
    expect(exit).toBe(2);
  });
});

describe("configuration: exit 1, all problems at once, with file and line", () => {
  test("rules under which so many homes could not be counted exactly", async () => {
    const rules = readFileSync(join(ROOT, "config/market/street.yaml"), "utf8");
    const path = write("rich.yaml", rules.replace("50000", "100000").replace("Home: 4", "Home: 32").replace('"1.000"', '"87.000"'));
    expect(await street("--rules", path, "--homes", "40")).toEqual({
      exit: 1,
      err: "40 homes under these rules are more than 32; lower maxOrderWh, maxPricePerKwh or maxOrdersPerHome\n",
    });
  });

  test("no such file", async () => {
    expect(await street("--config", at("absent.yaml"))).toEqual({
      exit: 1,
      err: "DIR/absent.yaml: there is no such file; check the path; it counts from the folder that you start in\n",
    });
  });

  test("a folder", async () => {
    expect(await street("--config", folder.path)).toEqual({ exit: 1, err: "DIR: this is a folder; name the YAML file itself\n" });
  });

  test("not YAML", async () => {
    const { exit, err } = await street("--config", write("tabs.yaml", "homes: 12\ndashboard:\n\tport: 1\n"));
    expect(err).toMatch(/^DIR\/tabs\.yaml:3:1: a tab as indent; use two spaces for each level/);
    expect(exit).toBe(1);
  });

  test("five things wrong are five lines", async () => {
    const text = "rules: r.yaml\nhomes: many\nprocesess: 2\nspeed: -1\ndashboard:\n  prot: 8080\n";
    const { exit, err } = await street("--config", write("wrong.yaml", text));
    const lines = err.trimEnd().split("\n");
    expect(lines.map((line) => line.split(": ", 2).join(": "))).toEqual([
      "DIR/wrong.yaml:1:1: data",
      "DIR/wrong.yaml:2:1: homes",
      "DIR/wrong.yaml:3:1: procesess",
      "DIR/wrong.yaml:4:1: speed",
      "DIR/wrong.yaml:6:3: dashboard.prot",
    ]);
    expect(lines[2]).toContain('did you mean "processes"?');
    expect(lines[4]).toContain('did you mean "port"?');
    expect(exit).toBe(1);
  });

  test("market rules that lack something", async () => {
    const { exit, err } = await street("--rules", write("market.yaml", "market: m\ncurrency: euro\n"));
    expect(err).toMatch(/DIR\/market\.yaml:2:1: currency: /);
    expect(err).toMatch(/DIR\/market\.yaml:1:1: residual: is missing/);
    expect(exit).toBe(1);
  });

  test("market rules whose wires are wrong", async () => {
    const wires = "network:\n  nodes:\n    - id: t\n    - id: a\n      parent: b\n      importCapacityWh: -5\n";
    const residual = "residual:\n  importPricePerKwh: 0.32\n  exportPricePerKwh: 0.08\n";
    const { exit, err } = await street("--rules", write("wires.yaml", `market: m\ncurrency: EUR\n${residual}${wires}`));
    expect(err).toBe(
      "DIR/wires.yaml:10:7: network.nodes[1].parent: there is no node b; correct the name, or add the node\n" +
        "DIR/wires.yaml:11:7: network.nodes[1].importCapacityWh: -5 is no whole number of Wh from 0 to 1000000000000; write what may pass in one interval in Wh, or leave it out where nothing limits it\n",
    );
    expect(exit).toBe(1);
  });
});

describe("readings: exit 1, with line, home and time", () => {
  const table: readonly [string, (rows: string[]) => string[], readonly string[]][] = [
    ["a gap of one home", (rows) => rows.toSpliced(4, 1), ["home a1 has no row for 2016-08-01T09:00:00Z", "it is not taken as 0"]],
    ["a gap of all homes", (rows) => rows.toSpliced(4, 2), [":6: ", "2016-08-01T09:00:00Z"]],
    [
      "unsorted",
      (rows) => [...rows.slice(2, 4), ...rows.slice(0, 2), ...rows.slice(4)],
      [":4: ", "comes after a later time; sort the rows by time"],
    ],
    ["negative energy", withRow(3, "2016-08-01T08:00:00Z,b2,-5,0"), [":5: load_wh: the energy is negative: -5"]],
    ["no number", withRow(3, "2016-08-01T08:00:00Z,b2,some,0"), [":5: load_wh: "]],
    [
      "local time",
      withRow(0, "2016-08-01T07:00:00,a1,500,0"),
      [':2: "2016-08-01T07:00:00" is a local time without zone; write UTC with a Z'],
    ],
    ["one row twice", (rows) => [...rows.slice(0, 2), ...rows.slice(1)], [":4: "]],
    ["nothing but a header", () => [], ["DIR/"]],
  ];
  test.each(table)("%s", async (what, change, expected) => {
    const name = `${what.replaceAll(" ", "-")}.csv`;
    const { exit, err } = await street("--readings", csv(name, change));
    for (const part of expected) expect(err).toContain(part);
    expect(err.startsWith(`DIR/${name}`)).toBe(true);
    expect(exit).toBe(1);
  });

  test("no such file, no such home, more than there is, another resolution", async () => {
    const file = csv("whole.csv", (rows) => rows);
    expect((await street("--readings", at("absent.csv"))).err).toBe(
      "DIR/absent.csv: there is no such file; check the path; it counts from the folder that you start in\n",
    );
    expect((await street("--readings", file, "--homes", "a1,b3")).err).toMatch(
      /--homes: the file has no home "b3"; did you mean "b2"\? it has a1, b2/,
    );
    expect((await street("--readings", file, "--intervals", "5")).err).toMatch(/DIR\/whole\.csv: .*4/);
    expect((await street("--readings", file, "--interval", "15")).err).toMatch(/60 minutes, not 15; leave --interval out, or add --split/);
  });
});

describe("the place: exit 1, and nothing is begun", () => {
  test("a port that is taken", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    expect(await refusal(["--port", String(port), "--data", at("street")])).toEqual({
      exit: 1,
      err: `port ${port} on 127.0.0.1 is taken; stop the other program, or choose another port with --port N (0 takes any free one)\n`,
    });
    await new Promise((resolve) => server.close(resolve));
  });

  test("an address that is not ours", async () => {
    const { exit, err } = await street("--host", "203.0.113.7");
    expect(err).toMatch(/can't listen on 203\.0\.113\.7:0 \(EADDRNOTAVAIL\); choose another address with --host and --port/);
    expect(exit).toBe(1);
  });

  const unwritable: readonly [string, () => string, string][] = [
    ["below a file", () => join(write("file", "x"), "street"), "a file stands where a folder is needed"],
    ["a file", () => at("file"), "a file stands where a folder is needed"],
    ["where the system makes no folders", () => "/proc/commonwatt", "nothing can be made there"],
    ["where the system makes no files", () => "/proc", "nothing can be made there"],
  ];
  test.each(unwritable)("a data folder %s", async (_what, data, expected) => {
    const { exit, err } = await refusal(["--port", "0", "--data", data()]);
    expect(err).toContain(expected);
    expect(err).toMatch(/; give this user write access, or choose another folder with --data\n$/);
    expect(exit).toBe(1);
  });

  const damaged: readonly [string, string][] = [
    ["half a file", '{"version": 1,'],
    ["another file", "{}"],
    ["another version", '{"version": 2, "source": {"kind": "synthetic"}, "chain": {"port": 1}, "homes": []}'],
  ];
  test.each(damaged)("a data folder that holds %s", async (what, text) => {
    const data = at(`damaged by ${what}`);
    mkdirSync(data);
    writeFileSync(join(data, "street.json"), text);
    const { exit, err } = await refusal(["--port", "0", "--data", data]);
    expect(err).toBe(
      `DIR/damaged by ${what}/street.json: it is not as this program wrote it; restore the folder from a copy, or move it away to begin anew\n`,
    );
    expect(exit).toBe(1);
    expect(readFileSync(join(data, "street.json"), "utf8")).toBe(text);
    expect(readdirSync(data)).toEqual(["street.json"]);
  });

  test("an export of a folder without books, or to where nothing can be", async () => {
    const { exit, err } = await refusal(["export", "--data", at("nothing"), "--out", at("rows.csv")]);
    expect(err).toMatch(/^DIR\/nothing\/market\.db: there is no such file; check the data folder/);
    expect(exit).toBe(1);
  });
});

describe("one home: exit 1", () => {
  const PASSWORD = "the right one, long enough";
  const config = (name: string, change: Record<string, string> = {}): string => {
    const keys = {
      name: "home-13",
      data: name,
      street: "card.json",
      password: "\n  env: COMMONWATT_TEST_PASSWORD",
      device: "\n  host: 127.0.0.1",
      ...change,
    };
    return write(
      `${name}.yaml`,
      Object.entries(keys)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join(""),
    );
  };
  const home = (file: string, password = PASSWORD) => refusal(["home", "--config", file], { COMMONWATT_TEST_PASSWORD: password });

  beforeAll(() => {
    const card = {
      name: "test-street",
      rules: RULES,
      rulesHash: hashRules(RULES),
      // Nobody listens there.
      chain: { id: 31_337, rpc: "http://127.0.0.1:9", vault: `0x${"ab".repeat(20)}` },
      peers: [],
      firstInterval: 1,
      clock: null,
    };
    write("card.json", JSON.stringify(card));
    write("forged.json", JSON.stringify({ ...card, rules: { ...RULES, kPermille: 900 } }));
    const rules = { ...RULES, network: { nodes: [node("t", null), node("a", "b"), node("b", "a")], homes: [] } };
    write("circle.json", JSON.stringify({ ...card, rules, rulesHash: hashRules(rules) }));
    write("no-card.json", '{"hello": 1}');
  });

  test("a wrong key password, and the key stays as it is", async () => {
    mkdirSync(at("wrong"));
    const made = await createKeystore(at("wrong", "agent.json"), PASSWORD);
    expect(made.ok).toBe(true);
    const before = readFileSync(at("wrong", "agent.json"), "utf8");
    const { exit, err } = await home(config("wrong"), "another one");
    expect(err).toMatch(/DIR\/wrong\/agent\.json.*password/);
    expect(err).not.toContain("another one");
    expect(exit).toBe(1);
    expect(readFileSync(at("wrong", "agent.json"), "utf8")).toBe(before);
    expect(readdirSync(at("wrong"))).toEqual(["agent.json"]);
  });

  test("no password: no folder is made", async () => {
    const { exit, err } = await home(config("without"), "");
    expect(err).toContain("COMMONWATT_TEST_PASSWORD");
    expect(exit).toBe(1);
    expect(existsSync(at("without"))).toBe(false);
  });

  const streets: readonly [string, string, string][] = [
    ["a card that is not there", "absent.json", `absent.json: the street's card can't be read (ENOENT`],
    ["a file that is no card", "no-card.json", "no-card.json: this is no street's card; ask the operator"],
    ["rules that were changed after the hash", "forged.json", "forged.json: the market rules are not those that the card's hash names"],
    [
      "rules whose wires go round in a circle",
      "circle.json",
      "circle.json: rules.network.nodes[1].parent: the way up leads over b back to the node itself; give the node a parent on its way to the root: tell the operator",
    ],
    ["a street that is not up", "http://127.0.0.1:9/api/street", "the street's card can't be read"],
  ];
  test.each(streets)("%s", async (_what, place, expected) => {
    const { exit, err } = await home(config("lost", { street: place }));
    expect(err).toContain(expected);
    expect(exit).toBe(1);
    expect(existsSync(at("lost"))).toBe(false);
  });

  test("a data folder that can't be", async () => {
    write("plain", "x");
    const { exit, err } = await home(config("below", { data: "plain/home" }));
    expect(err).toBe(
      `DIR/plain/home: a file stands where a folder is needed; give this user write access, or name another folder under "data" in the home's configuration\n`,
    );
    expect(exit).toBe(1);
  });

  test("a key of the configuration that nobody knows", async () => {
    const { exit, err } = await home(config("odd", { trading: "\n  sellAbovePerKwH: 0.1" }));
    expect(err).toMatch(/DIR\/odd\.yaml:\d+:\d+: trading\.sellAbovePerKwH: unknown key; did you mean "sellAbovePerKwh"\?/);
    expect(exit).toBe(1);
  });
});
