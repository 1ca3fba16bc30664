import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { Wallet } from "ethers";
import { temporaryFolder } from "../support/folder.ts";
import { Program, ROOT, run } from "../support/street-process.ts";

jest.setTimeout(120_000);

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
const ENV = { COMMONWATT_PASSWORD: "a venue's password" };
const VAULT = "0x5fbdb2315678afecb367f032d93f642f64180aa3";

/** Homes as any client would be: a wallet of another library that signs what the README says. */
const WALLETS = [1, 2, 3].map((number) => new Wallet(`0x${String(number).repeat(64)}`));
const TYPES = {
  VenueOrder: "uint32 home, uint64 interval, uint8 side, uint8 force, uint32 energyWh, uint32 limitMicroPerKwh, uint32 seq",
  VenueAmend: "uint32 home, bytes32 order, uint32 energyWh, uint32 limitMicroPerKwh, uint32 seq",
  VenueCancel: "uint32 home, bytes32 order, uint32 seq",
};
const fields = (text: string) => text.split(", ").map((each) => ({ type: each.split(" ")[0]!, name: each.split(" ")[1]! }));

interface Answer {
  readonly number: number;
  readonly id: string;
  readonly input: { readonly request: { readonly signature: string } };
  readonly outcome: { readonly refusal: string | null; readonly fate: string; readonly leftWh: number; readonly fills: readonly object[] };
}

let url = "";
let rulesHash = "";
const seqs = [0, 0, 0];

async function sign(home: number, type: keyof typeof TYPES, body: Record<string, unknown>) {
  const domain = { name: "Commonwatt", version: "1", chainId: 31_337, verifyingContract: VAULT, salt: rulesHash };
  const numbers = { side: { buy: 0, sell: 1 }, force: { "good-till-gate": 0, "immediate-or-cancel": 1, "fill-or-kill": 2 } };
  const asSigned = Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      key in numbers ? (numbers as Record<string, Record<string, number>>)[key]![String(value)] : value,
    ]),
  );
  return WALLETS[home]!.signTypedData(domain, { [type]: fields(TYPES[type]) }, asSigned);
}

async function post(body: object): Promise<{ readonly status: number; readonly json: Answer & { readonly code?: string } }> {
  const answer = await fetch(new URL("/api/venue/requests", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: answer.status, json: (await answer.json()) as Answer };
}

async function ask(home: number, kind: "order" | "amend" | "cancel", said: Record<string, unknown>) {
  const body = { home, ...said, seq: seqs[home]!++ };
  const type = { order: "VenueOrder", amend: "VenueAmend", cancel: "VenueCancel" } as const;
  const request = { kind, ...body, signature: await sign(home, type[kind], body) };
  return { ...(await post(request)), request };
}

/** The second interval from now: its gate stays open while the test runs. */
const interval = Math.floor(Date.now() / 900_000) + 3;
const order = (home: number, side: "buy" | "sell", energyWh: number, limitMicroPerKwh: number, force = "good-till-gate") =>
  ask(home, "order", { interval, side, force, energyWh, limitMicroPerKwh });
const read = async (path: string) => (await fetch(new URL(path, url))).json();

function configure(operator: string, trading = "continuous"): void {
  mkdirSync(at("market"), { recursive: true });
  const rules = readFileSync(join(ROOT, "config/market/venue.yaml"), "utf8");
  writeFileSync(
    at("market", "venue.yaml"),
    rules.replace(/operator: .*/, `operator: "${operator}"`).replace(/trading: .*/, `trading: ${trading}`),
  );
  const members = WALLETS.map(({ address }, home) => `  - { home: ${home}, name: home-${home}, agent: "${address}" }`);
  const shipped = readFileSync(join(ROOT, "config/venue/example.yaml"), "utf8");
  const venue = shipped.replace(/members:[\s\S]*/, `members:\n${members.join("\n")}\n`).replace("port: 8090", "port: 0");
  mkdirSync(at("venue"), { recursive: true });
  writeFileSync(at("venue", "venue.yaml"), venue.replace("../../data/venue", "../data"));
}

async function start(): Promise<Program> {
  const venue = new Program(["venue", "--config", at("venue", "venue.yaml"), "--log", "error"], ENV);
  url = await venue.prints(/takes requests at (\S+);/);
  return venue;
}

const logFiles = (): readonly string[] =>
  readdirSync(at("data", "log"))
    .sort()
    .map((name) => at("data", "log", name));
const verify = (...args: string[]) => run(["verify-venue", ...args]);

afterAll(() => folder.remove());

describe("a venue, from its key to its audit", () => {
  let venue: Program;
  beforeAll(async () => {
    configure(`0x${"0".repeat(40)}`);
    const { exit, err } = await run(["venue", "--config", at("venue", "venue.yaml")], ENV);
    expect(exit).toBe(1);
    configure(/this venue's key is (0x[0-9a-f]{40})/.exec(err)![1]!);
    venue = await start();
    rulesHash = ((await read("/api/venue")) as { rulesHash: string }).rulesHash;
  });
  afterAll(() => venue.stop());

  test("orders of two homes trade at the resting price; the answer is the signed event", async () => {
    const sold = await order(0, "sell", 2_000, 200_000);
    expect([sold.status, sold.json.outcome]).toEqual([200, { refusal: null, fate: "rests", leftWh: 2_000, fills: [], ended: [] }]);
    const bought = await order(1, "buy", 500, 250_000);
    expect(bought.json.outcome).toMatchObject({ fate: "filled", fills: [{ energyWh: 500, priceMicroPerKwh: 200_000 }] });
    const start = new Date(interval * 900_000).toISOString().replace(".000Z", "Z");
    expect(await read(`/api/venue/books/${start}`)).toMatchObject({ buy: [], sell: [{ limitMicroPerKwh: 200_000, energyWh: 1_500 }] });
    const { events } = (await read("/api/venue/events?from=1")) as { events: Answer[] };
    expect(events.map(({ number }) => number)).toEqual([1, 2]);
    expect(events[1]).toEqual(bought.json);
    // A log has its header from the first event of the first life on.
    expect((await verify("--file", at("data", "log"))).out).toContain("3 events, 0 to 2, hold");
  });

  test("what has no place in the sequence", async () => {
    const before = ((await read("/api/venue")) as { number: number }).number;
    const { request } = await order(2, "buy", 100, 150_000);
    const replayed = await post(request);
    expect([replayed.status, replayed.json.code]).toEqual([409, "SEQ_NOT_RISING"]);
    const forged = await post({ ...request, seq: 999, energyWh: 200 });
    expect([forged.status, forged.json.code]).toEqual([403, "SIGNATURE_INVALID"]);
    const stranger = await post({ ...request, home: 7 });
    expect([stranger.status, stranger.json.code]).toEqual([403, "HOME_UNKNOWN"]);
    for (const spoilt of [
      { ...request, energyWh: "100" },
      { ...request, extra: 1 },
      { kind: "order" },
      [],
      "x",
      5,
      { ...request, interval: -1 },
    ]) {
      const refused = await post(spoilt as object);
      expect([refused.status, refused.json.code]).toEqual([400, "REQUEST_INVALID"]);
    }
    expect(((await read("/api/venue")) as { number: number }).number).toBe(before + 1);
  });

  test.each(["2026-99-99", "2026-02-30", "1970-01-01"])("there is no log of %s", async (day) => {
    expect(await read(`/api/venue/days/${day}`)).toMatchObject({ code: "DAY_UNKNOWN" });
  });

  test("what the book refuses has its event", async () => {
    const refused = await order(2, "buy", 100, 150_500);
    expect([refused.status, refused.json.outcome.refusal]).toEqual([200, "PRICE_OFF_TICK"]);
  });

  test("killed at any moment, it goes on where it was acknowledged", async () => {
    const acknowledged: Answer[] = [];
    for (let life = 0; life < 3; life++) {
      const asked: Promise<unknown>[] = [];
      const running = venue;
      const asking = (async () => {
        for (let i = 0; i < 150; i++) {
          const home = i % 3;
          const side = i % 2 === 0 ? "buy" : "sell";
          const answer = order(home, side, 10 + i, 180_000 + 1_000 * ((i * 7) % 20), i % 5 === 0 ? "immediate-or-cancel" : undefined)
            .then(({ json, status }) => status === 200 && acknowledged.push(json))
            .catch(() => null);
          asked.push(answer);
          if (i % 4 === 0) await answer;
        }
        await Promise.all(asked);
      })();
      const enough = acknowledged.length + 5 + 12 * life;
      while (acknowledged.length < enough) await new Promise((resolve) => setTimeout(resolve, 2));
      running.signal("SIGKILL");
      await running.ended;
      await asking;
      venue = await start();
      const { homes } = (await read("/api/venue")) as { homes: { nextSeq: number }[] };
      for (const [home, { nextSeq }] of homes.entries()) seqs[home] = Math.max(seqs[home]!, nextSeq);
    }
    const { events } = (await read("/api/venue/events?from=0")) as { events: Answer[] };
    expect(acknowledged.length).toBeGreaterThanOrEqual(51);
    for (const answer of acknowledged) expect(events[answer.number]).toEqual(answer);
  });

  test("verify-venue replays the log; the sums are even", async () => {
    const { exit, out } = await verify("--file", at("data", "log"), "--config", at("venue", "venue.yaml"), "--out", at("trades.csv"));
    expect(exit).toBe(0);
    const total = /all homes: bought (\d+) Wh for ([\d.]+) EUR, sold (\d+) Wh for ([\d.]+) EUR/.exec(out)!;
    expect(Number(total[1])).toBeGreaterThan(500);
    expect([total[1], total[2]]).toEqual([total[3], total[4]]);
    expect(out).toContain("rules, chain and homes are those of your configuration");
    const rows = readFileSync(at("trades.csv"), "utf8").trim().split("\r\n").slice(1);
    const bought = rows.map((row) => row.split(",")).filter((row) => row[4] === "buy");
    expect(bought.reduce((sum, row) => sum + Number(row[5]), 0)).toBe(Number(total[1]));
  });

  test("a log that somebody has changed is told, with file and line", async () => {
    const log = logFiles().at(-1)!;
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    const place = lines.findIndex((line) => line.includes('"fills":[{'));
    const tampered = (name: string, change: (lines: string[]) => string[]) => {
      writeFileSync(at(name), `${change([...lines]).join("\n")}\n`);
      return verify("--file", at(name));
    };
    const richer = await tampered("richer.jsonl", (all) =>
      all.with(place, all[place]!.replace(/"energyWh":(\d+),"priceMicro/, '"energyWh":1,"priceMicro')),
    );
    expect([richer.exit, richer.err]).toEqual([1, expect.stringMatching(new RegExp(`richer.jsonl:${place + 1}.*id is not the digest`))]);
    const shorter = await tampered("shorter.jsonl", (all) => all.toSpliced(place, 1));
    expect([shorter.exit, shorter.err]).toEqual([1, expect.stringMatching(/event \d+: \d+ should come here/)]);
    const other = await tampered("other.jsonl", (all) => all.with(0, all[0]!.replace('"kPermille":500', '"kPermille":501')));
    expect([other.exit, other.err]).toEqual([1, expect.stringContaining("its rules have another hash than it says")]);
    const text = await tampered("text.jsonl", () => ["hello"]);
    expect([text.exit, text.err]).toEqual([1, expect.stringContaining("no header of a venue's log")]);
    const endless = await tampered("endless.jsonl", ([header]) => [header!, "x".repeat(70 << 20)]);
    expect([endless.exit, endless.err]).toEqual([1, expect.stringContaining("one of its lines is longer than any event")]);
    for (const { err } of [richer, shorter, other, text, endless]) expect(err).not.toMatch(/ {4}at |node:internal/);
  });

  test("other rules are another market", async () => {
    const rules = readFileSync(at("market", "venue.yaml"), "utf8");
    await venue.stop("SIGTERM");
    writeFileSync(at("market", "venue.yaml"), rules.replace("kPermille: 500", "kPermille: 400"));
    const { exit, err } = await run(["venue", "--config", at("venue", "venue.yaml")], ENV);
    expect([exit, err]).toEqual([1, expect.stringContaining("holds the sequence of a market with other rules")]);
    const own = await verify("--file", logFiles().at(-1)!, "--config", at("venue", "venue.yaml"));
    expect([own.exit, own.err]).toEqual([1, expect.stringContaining("it is of another market than street-venue")]);
    writeFileSync(at("market", "venue.yaml"), rules);
    const log = logFiles().at(-1)!;
    renameSync(at("data", "log"), at("kept"));
    for (const inTheWay of [
      () => writeFileSync(at("data", "log"), ""),
      () => mkdirSync(at("data", "log", `${basename(log)}.part`), { recursive: true }),
    ]) {
      inTheWay();
      const unwritable = await run(["venue", "--config", at("venue", "venue.yaml")], ENV);
      expect([unwritable.exit, unwritable.err]).toEqual([1, expect.stringMatching(/data.log can't be written \(E[A-Z]+\); let this user/)]);
      expect(unwritable.err).not.toMatch(/ {4}at |node:internal/);
      rmSync(at("data", "log"), { recursive: true });
    }
    renameSync(at("kept"), at("data", "log"));
    copyFileSync(logFiles().at(-1)!, at("copy.jsonl"));
    venue = await start();
    expect(((await read("/api/venue")) as { homes: object[] }).homes).toHaveLength(3);
  });
});
