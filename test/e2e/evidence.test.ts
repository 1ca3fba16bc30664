import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { SigningKey } from "ethers/crypto";
import { startAnvil } from "../../adapters/evm/index.ts";
import { address, type Digest, fromHex, homeId, interval, microPerKwh, wh, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import { asEvidence, type Contradictable, digestsOf, encodeMessage, hashRules, type Vote } from "../../engine/messages/index.ts";
import { type EvidenceView, type StreetCard, StreetView } from "../../src/api/index.ts";
import { VirtualClock } from "../../src/sim/index.ts";
import { temporaryFolder } from "../support/folder.ts";
import { openOwnStore } from "../support/open-store.ts";
import { RULES } from "../support/rules.ts";
import { Program, run } from "../support/street-process.ts";
import { addressOf, CHAIN_ID, keyOf } from "../support/test-chain.ts";
import { TestStreet } from "../support/test-street.ts";

jest.setTimeout(60_000);

const OPENER = fileURLToPath(new URL("../support/store-opener.ts", import.meta.url));
const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder.path, ...names);
const AT = interval(48_100);

let street: TestStreet;
let registry: object;
let card: StreetCard;
beforeAll(async () => {
  // Homes read what no reorganisation takes back; a chain that keeps no old states couldn't tell it.
  const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile: null, keptStates: 64, funded: [1, 2].map((n) => address(addressOf(n))) });
  if (!anvil.ok) throw new Error(anvil.detail);
  street = await TestStreet.on(anvil.value.rpc, {}, anvil.value.stop);
  const mine = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "anvil_mine", params: ["0x8"] });
  await fetch(street.rpc, { method: "POST", headers: { "content-type": "application/json" }, body: mine });
  const read = await street.chain.registry();
  if (!read.ok) throw new Error(read.detail);
  registry = read.value;
  const chain = { id: CHAIN_ID, rpc: street.rpc, vault: street.vault };
  card = { name: "Mill Lane", rules: RULES, rulesHash: hashRules(RULES), chain, peers: [], firstInterval: 48_000, clock: null };
  writeFileSync(at("card.json"), JSON.stringify(card));
});
afterAll(async () => {
  await street.close();
  folder.remove();
});

const digests = () => digestsOf({ chainId: CHAIN_ID, vault: street.vault, rulesHash: hashRules(RULES) });
const signedBy = (key: number, id: Digest) => ({ id, signature: fromHex(new SigningKey(keyOf(key)).sign(id).serialized) });

/** Home 2's, unless another signs in its name. */
function vote(change: Partial<Vote>, key = 12): Contradictable {
  const body: Vote = { kind: "notarize", interval: AT, view: 1, value: ZERO_DIGEST, validator: homeId(2), ...change };
  return { kind: "vote", vote: { body, ...signedBy(key, digests().vote(body)) } };
}

function order(energy: number): Contradictable {
  const body = { home: homeId(3), interval: AT, side: "sell", energy: wh(energy), limit: microPerKwh(120_000), seq: 1 } as const;
  return { kind: "order", order: { body, ...signedBy(13, digests().order(body)) } };
}

const value = (n: number) => `0x${String(n).repeat(64)}` as Digest;
const pairOf = (one: Contradictable, other: Contradictable) => asEvidence(one, other)!;
const TWO_VOTES = () => pairOf(vote({ value: value(1) }), vote({ value: value(2) }));
const TWO_ORDERS = () => pairOf(order(400), order(500));
const FORGED = () => pairOf(vote({ value: value(1) }), vote({ value: value(3) }, 13));

/** A home's folder with what was proved against its neighbours, `inside` of which it would be read. */
function home(name: string, pairs: readonly ReturnType<typeof pairOf>[]): string {
  const store = openOwnStore(at(name));
  store.setMeta("card", JSON.stringify(card));
  store.setMeta("registry", JSON.stringify(registry));
  for (const pair of pairs) store.saveEvidence(pair.id, encodeMessage(pair));
  store.close();
  return at(name);
}

function answer(pairs: readonly ReturnType<typeof pairOf>[]): readonly EvidenceView[] {
  const label = { name: "s", timeZone: "UTC", readings: "none", synthetic: true, equipment: new Map() };
  const view = new StreetView(RULES, label, new VirtualClock({ startMs: 1_000_000, speed: 1 }));
  view.registry(registry as Parameters<typeof view.registry>[0]);
  for (const pair of pairs)
    view.proved({ home: (pair.evidence.first as { vote: { body: Vote } }).vote?.body.validator ?? homeId(3), evidence: pair }, false);
  return view.evidence();
}

const saved = (name: string, content: unknown): string => {
  writeFileSync(at(name), JSON.stringify(content));
  return at(name);
};

/** Everything that a look could have changed. */
const traces = (path: string) =>
  readdirSync(path).map((name) => {
    const { ino, mtimeNs, ctimeNs, birthtimeNs, size } = statSync(join(path, name), { bigint: true });
    return [name, { ino, mtimeNs, ctimeNs, birthtimeNs, size }, readFileSync(join(path, name), "base64")];
  });

describe("what a home's store keeps", () => {
  test("is told case by case and checked: who, which interval, which rule, both messages; exit 0, and no file changes", async () => {
    const path = home("honest", [TWO_VOTES(), TWO_ORDERS()]);
    const before = traces(path);
    const { exit, out, err } = await run(["evidence", path]);
    expect([exit, err]).toEqual([0, ""]);
    for (const words of [
      `2 pieces of evidence in ${path}, held to Mill Lane`,
      "1. home-2 (home 2)",
      "1971-05-17T01:00:00Z, number 48100",
      "a validator notarizes one value in each view, and both are of view 1",
      `vote: notarize ${value(1)} in view 1`,
      `vote: notarize ${value(2)} in view 1`,
      "2. home-3 (home 3)",
      "a home gives one order under each number, and both have number 1",
      "order: sell 400 Wh at 0.12 per kWh or better, number 1",
      "order: sell 500 Wh at 0.12 per kWh or better, number 1",
      "Each of them proves what it says.",
    ])
      expect(out).toContain(words);
    expect(out.match(/verdict {4}proved: /g)).toHaveLength(2);
    expect(traces(path)).toEqual(before);
  });

  test("for programs too, with digests, signers and the messages themselves; a piece that proves nothing ends with exit 1", async () => {
    const path = home("doubtful", [TWO_VOTES(), FORGED()]);
    const { exit, out } = await run(["evidence", path, "--json"]);
    expect(exit).toBe(1);
    const told = JSON.parse(out);
    expect(told).toMatchObject({ from: path, street: "Mill Lane", proved: 1 });
    const [good, bad] = told.cases;
    expect(good).toMatchObject({ home: 2, name: "home-2", intervalNumber: 48_100, proved: true, code: null });
    expect([good.first.signer, good.second.signer]).toEqual([good.keys[0], good.keys[0]]);
    expect(good.first.digest < good.second.digest).toBe(true);
    expect(bad).toMatchObject({ home: 2, proved: false, code: "SIGNATURE_INVALID" });
    expect(new Set([bad.first.signer, bad.second.signer]).size).toBe(2);
  });

  test("bytes that are no evidence, and two votes that go together, prove nothing", async () => {
    const path = home("odd", [pairOf(vote({ value: value(1) }), vote({ value: value(2), view: 2 }))]);
    const store = openOwnStore(path);
    store.saveEvidence(value(7), Uint8Array.of(1, 2, 3));
    store.saveEvidence(value(8), encodeMessage(TWO_ORDERS()));
    store.close();
    const { exit, out } = await run(["evidence", path, "--json"]);
    expect(exit).toBe(1);
    expect(JSON.parse(out).cases.map(({ code }: { code: string }) => code)).toEqual([
      "EVIDENCE_UNFOUNDED",
      "EVIDENCE_MALFORMED",
      "EVIDENCE_ALTERED",
    ]);
  });

  test("nobody was proved to have broken a rule: exit 0; and a street's folder means its operator's books", async () => {
    mkdirSync(at("street"));
    home("street/operator", []);
    const { exit, out } = await run(["evidence", at("street")]);
    expect([exit, out]).toEqual([0, `No evidence in ${at("street", "operator")}: nobody of Mill Lane was proved to have broken a rule.\n`]);
  });

  test("is told while its home runs, and the home's files stay as they are", async () => {
    const path = home("running", [TWO_VOTES()]);
    const running = spawn(process.execPath, ["--no-warnings", OPENER, path, "hold"], { stdio: ["pipe", "pipe", "inherit"] });
    await new Promise((resolve) => running.stdout.once("data", resolve));
    try {
      const before = traces(path);
      const { exit, out } = await run(["evidence", path]);
      expect([exit, out.includes("one piece of evidence")]).toEqual([0, true]);
      expect(traces(path)).toEqual(before);
      expect(running.exitCode).toBeNull();
    } finally {
      running.kill("SIGKILL");
      await new Promise((resolve) => running.once("close", resolve));
    }
  });
});

describe("what a street answered to GET /api/evidence, in a file", () => {
  const verdicts = async (...args: string[]) => {
    const { exit, out, err } = await run(["evidence", ...args, "--json"]);
    expect(err).toBe("");
    return { exit, codes: JSON.parse(out).cases.map(({ code }: { code: string | null }) => code), told: JSON.parse(out) };
  };

  test("is held to the registry on the chain that the street's card names, or to a data folder", async () => {
    const file = saved("answer.json", answer([TWO_VOTES(), TWO_ORDERS()]));
    const byChain = await verdicts(file, "--street", at("card.json"));
    expect(byChain).toMatchObject({ exit: 0, codes: [null, null] });
    // Not the whole address: it may hold the key of an account.
    expect(byChain.told.keysFrom).toContain(`(${new URL(street.rpc).host})`);
    expect(await verdicts(file, "--street", home("neighbour", []))).toMatchObject({ exit: 0, codes: [null, null] });
  });

  test("a key that only the file names convicts nobody, and neither does what was altered beside the messages", async () => {
    const [forged] = answer([FORGED()]);
    const stranger = saved("forged.json", [{ ...forged, keys: [...forged!.keys, ...answer([TWO_ORDERS()])[0]!.keys] }]);
    expect(await verdicts(stranger, "--street", at("card.json"))).toMatchObject({ exit: 1, codes: ["SIGNATURE_INVALID"] });
    const [good] = answer([TWO_VOTES()]);
    const changes: readonly Partial<EvidenceView>[] = [
      { home: 1 },
      { id: value(9) },
      { kind: "order" },
      { interval: "2026-01-01T00:00:00Z" },
      { first: { ...good!.first, digest: value(9) } },
      { second: { ...good!.second, signature: good!.first.signature } },
    ];
    const altered = saved(
      "altered.json",
      changes.map((change) => ({ ...good, ...change })),
    );
    expect(await verdicts(altered, "--street", at("card.json"))).toMatchObject({ exit: 1, codes: changes.map(() => "EVIDENCE_ALTERED") });
    const other = saved("other-card.json", { ...card, chain: { ...card.chain, vault: `0x${"12".repeat(20)}` } });
    expect(await run(["evidence", at("answer.json"), "--street", other])).toMatchObject({ exit: 1, out: "" });
  });
});

describe("bad input is told with its place and the way out, and nothing is printed", () => {
  const statement = (path: string, sql: string): void => {
    const connection = new DatabaseSync(path);
    connection.exec(sql);
    connection.close();
  };
  const having =
    (harm: () => void, ...args: string[]) =>
    (): readonly string[] => {
      harm();
      return args;
    };
  test.each<[string, () => readonly string[], number, string]>([
    ["no folder", () => [at("nowhere")], 1, "DIR/nowhere/signed.db: there is no such file; check the data folder, or start the home once"],
    ["a folder that is none", having(() => mkdirSync(at("empty")), at("empty")), 1, "DIR/empty/signed.db: there is no such file"],
    [
      "a newer schema",
      having(() => statement(join(home("newer", []), "signed.db"), "PRAGMA user_version = 3"), at("newer")),
      1,
      "DIR/newer/signed.db: it is of another version of commonwatt (3, and this one reads 2); use the version of commonwatt that wrote it",
    ],
    [
      "a damaged database",
      having(() => truncateSync(join(home("cut", [TWO_VOTES()]), "signed.db"), 9_000), at("cut")),
      1,
      "DIR/cut/signed.db: ",
    ],
    [
      "a store that knows no street",
      having(() => openOwnStore(at("new")).close(), at("new")),
      1,
      "DIR/new doesn't say yet whose street it belongs to; name the street with --street, or let the home run once",
    ],
    [
      "a file without its street",
      () => [saved("a.json", [])],
      2,
      "DIR/a.json doesn't say which street its evidence is of; name it with --street",
    ],
    [
      "a file of something else",
      () => [saved("b.json", [{ id: 1 }]), "--street", at("card.json")],
      1,
      "DIR/b.json: it isn't what a street answers to GET /api/evidence; save that answer again, unchanged",
    ],
    ["a street that is none", () => [saved("c.json", []), "--street", at("c.json")], 1, "DIR/c.json: this is no street's card"],
    ["two places", () => [at("a"), at("b")], 2, 'DIR/b: unexpected after "evidence"'],
  ])("%s", async (_, args, exit, words) => {
    const ended = await run(["evidence", ...args()]);
    expect([ended.exit, ended.out]).toEqual([exit, ""]);
    expect(ended.err.replaceAll(folder.path, "DIR")).toContain(words);
    expect(ended.err).not.toMatch(/ {4}at |node:internal/);
  });

  test("a chain that is away", async () => {
    const away = saved("away.json", { ...card, chain: { ...card.chain, rpc: "http://127.0.0.1:9" } });
    const program = new Program(["evidence", saved("d.json", []), "--street", away]);
    const { exit, err } = await program.ended;
    expect([exit, err]).toEqual([1, expect.stringContaining("or name a data folder of the street with --street DIR")]);
  });
});
