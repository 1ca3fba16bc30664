import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Anvil, deployCommunity, deployStreet, startAnvil } from "../../../adapters/evm/index.ts";
import { type Address, address, assert, interval, microPerKwh, period, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { hashRules, type MarketRules, numbersOf } from "../../../engine/messages/index.ts";
import type { StreetCard } from "../../../src/api/index.ts";
import { CannotStart } from "../../../src/main/exit.ts";
import { boundsOf, differenceOf, RulesWatch, refusalOf, requireStreetRules, rulesFor, votedLines } from "../../../src/main/street-rules.ts";
import type { DecidedRules } from "../../../src/ports/index.ts";
import { anyRules } from "../../support/network-rules.ts";
import { QUIET } from "../../support/quiet.ts";
import { RULES } from "../../support/rules.ts";
import { addressOf, keyOf } from "../../support/test-chain.ts";
import { newHome } from "../../support/test-street.ts";

const CHAIN_ID = 31_337;
const FIRST = interval(48_000);
const OTHER: MarketRules = { ...RULES, communityPercent: 25 };
const decidedOf = (rules: MarketRules, since: number): DecidedRules => ({
  hash: hashRules(rules),
  since: interval(since),
  numbers: numbersOf(rules),
});

describe("own rules beside decided ones", () => {
  test("the same", () => expect(differenceOf(RULES, decidedOf(RULES, 1))).toBeNull());

  test("another hash: both are named", () =>
    expect(differenceOf(RULES, decidedOf(OTHER, 1))).toBe(
      `the street began with rules ${hashRules(OTHER)}, this home's are ${hashRules(RULES)}`,
    ));

  test.each([
    ["communityPercent", 30, 25],
    ["kPermille", 501, 500],
    ["withheldCharge", 1, 50_000],
    ["maxPrice", 999_999, 1_000_000],
  ] as const)("the same hash, but %s isn't what was voted on", (name, voted, own) => {
    const decided = decidedOf(OTHER, 1);
    const difference = differenceOf(OTHER, { ...decided, numbers: { ...decided.numbers, [name]: voted } });
    expect(difference).toBe(`rules ${hashRules(OTHER)} are these, but the street began with ${name} ${voted} and not ${own}`);
  });

  test("which count: the last that began", () => {
    const all = [decidedOf(RULES, 100), decidedOf(OTHER, 200), decidedOf({ ...OTHER, kPermille: 1 }, 200)];
    const at = (number: number) => all.indexOf(rulesFor(all, interval(number))!);
    expect([at(99), at(100), at(199), at(200), at(900)]).toEqual([-1, 0, 0, 2, 2]);
  });

  test("whatever rules a street begins with are inside the bounds that it begins with", () => {
    const all = [RULES, OTHER, { ...RULES, withheldCharge: 0, kPermille: 0 }, ...Array.from({ length: 50 }, (_, seed) => anyRules(seed))];
    for (const rules of all) {
      const { least, most } = boundsOf(rules);
      for (const [name, value] of Object.entries(numbersOf(rules)) as [keyof typeof least, number][])
        expect(value >= least[name] && value <= most[name]).toBe(true);
    }
    expect(boundsOf({ ...RULES, maxPrice: microPerKwh(400_000) })).toMatchObject({
      least: { maxPrice: 300_000 },
      most: { maxPrice: 800_000 },
    });
  });
});

describe("a home on a real chain", () => {
  let anvil: Anvil;
  let vault: Address;
  let own: Address;
  let others: Address;

  beforeAll(async () => {
    const key = keyOf(1);
    const started = await startAnvil({ chainId: CHAIN_ID, stateFile: null, funded: [address(addressOf(1))] });
    assert(started.ok, "the chain starts");
    anvil = started.value;
    const at = { rpc: anvil.rpc, chainId: CHAIN_ID, key };
    const validators = [newHome(0), newHome(1)];
    const plan = { ...at, validators, residualDeposit: 0, firstPeriod: period(500), prevPeriod: ZERO_DIGEST, aheadSeconds: 1_000_000 };
    const street = await deployStreet(plan);
    assert(street.ok, "the street stands");
    vault = street.value.vault;
    const communityOf = async (rules: MarketRules): Promise<Address> => {
      const made = await deployCommunity({ ...at, vault, rules: decidedOf(rules, FIRST), ...boundsOf(rules) });
      assert(made.ok, made.ok ? "" : made.detail);
      return made.value;
    };
    [own, others] = [await communityOf(RULES), await communityOf(OTHER)];
  });
  afterAll(() => anvil.stop());

  const cardOf = (chain: Partial<StreetCard["chain"]>, change: Partial<StreetCard> = {}): StreetCard => ({
    name: "street",
    rules: RULES,
    rulesHash: hashRules(RULES),
    chain: { id: CHAIN_ID, rpc: anvil.rpc, vault, ...chain },
    peers: [],
    firstInterval: FIRST,
    clock: null,
    ...change,
  });
  const refusal = async (card: StreetCard): Promise<string> =>
    requireStreetRules(card, QUIET).then(
      () => "starts",
      (error) => (error instanceof CannotStart ? error.message : String(error)),
    );

  test("starts under its street's rules, without a community, and without the chain", async () => {
    expect(await refusal(cardOf({ community: own }))).toBe("starts");
    expect(await refusal(cardOf({}))).toBe("starts");
    expect(await refusal(cardOf({ community: others, rpc: "http://127.0.0.1:1" }))).toBe("starts");
  });

  test("doesn't start under others: both hashes, and what to do", async () => {
    const said = await refusal(cardOf({ community: others }));
    for (const part of ["the street began with rules", hashRules(RULES), hashRules(OTHER), "ask whoever runs the street for its card"])
      expect(said).toContain(part);
  });

  test("nor while the street's own clock stands before its first interval", async () => {
    const clock = { streetMs: 0, wallMs: Date.now() + 3_600_000, speed: 300 };
    expect(await refusal(cardOf({ community: others }, { clock }))).toContain("the street began with rules");
    expect(await refusal(cardOf({ community: own }, { clock }))).toBe("starts");
  });

  test("nor when the card names no community of this street", async () => {
    const somewhere = addressOf(99).toLowerCase();
    expect(await refusal(cardOf({ community: vault }))).toContain(
      "no Community version 1; the street's card names another chain or community",
    );
    expect(await refusal(cardOf({ community: own, vault: somewhere }))).toContain(`not for ${somewhere}`);
  });
});

describe("what a street voted on", () => {
  const card = { name: "street", rules: RULES, firstInterval: FIRST, clock: null } as unknown as StreetCard;
  const FOREIGN = { ...decidedOf(OTHER, 48_096), hash: hashRules({ ...OTHER, openIntervals: 4 }) };
  const NUMBERS = "communityPercent 25, kPermille 500, withheldCharge 50000, maxPrice 1000000";

  test("can be followed when the hash is that of the first rules with these numbers, and a market can be cleared under them", () => {
    expect(refusalOf(RULES, decidedOf(OTHER, 48_096))).toBeNull();
    expect(refusalOf(RULES, FOREIGN)).toBe(
      `the street decided on rules ${FOREIGN.hash}, and ${NUMBERS} makes ${hashRules(OTHER)} of the rules that it began with`,
    );
    const offTick: MarketRules = { ...OTHER, maxPrice: microPerKwh(1_000_001) };
    expect(refusalOf(RULES, decidedOf(offTick, 48_096))).toMatch(/maxPrice 1000001, under which no market can be cleared$/);
  });

  test("is told: what counts since when, and what will", () => {
    const clockAt = (at: number) => ({ ...card, clock: { streetMs: at * 900_000, wallMs: Date.now() + 3_600_000, speed: 1 } });
    const decided = [decidedOf(RULES, FIRST), decidedOf(OTHER, 48_096), decidedOf({ ...OTHER, kPermille: 1 }, 48_192)];
    expect(votedLines(clockAt(48_095), decided).length).toBe(2);
    expect(votedLines(clockAt(48_096), decided)).toEqual([
      `street: by its homes' vote ${NUMBERS} since 1971-05-17T00:00:00Z`,
      `street: by its homes' vote ${NUMBERS.replace("500", "1")} from 1971-05-18T00:00:00Z on`,
    ]);
    expect([votedLines(clockAt(48_096), decided.slice(0, 1)), votedLines(clockAt(48_096), undefined)]).toEqual([[], []]);
  });

  test("a running home tells once of a decision, when it counts, and of one that it can't follow", () => {
    const lines: [string, object | undefined][] = [];
    const keep = (event: string, data?: object) => void lines.push([event, data]);
    const watch = new RulesWatch(card, { ...QUIET, info: keep, error: keep });
    const members = (rules?: DecidedRules) => ({ version: 1, ...(rules === undefined ? {} : { rules }) }) as never;
    const look = (decided: readonly DecidedRules[], inForce?: DecidedRules) =>
      watch.look({ registry: { rules: decided } as never, members: members(inForce) });
    const [first, voted] = [decidedOf(RULES, FIRST), decidedOf(OTHER, 48_096)];
    for (const seen of [[first], [first, voted], [first, voted]]) look(seen);
    for (const _ of [1, 2]) look([first, voted], voted);
    look([first, voted, FOREIGN], voted);
    expect(lines).toEqual([
      ["rules.decided", { from: "1971-05-17T00:00:00Z", ...numbersOf(OTHER) }],
      ["rules.in-force", numbersOf(OTHER)],
      [
        "rules.differ",
        { from: "1971-05-17T00:00:00Z", difference: refusalOf(RULES, FOREIGN), wayOut: expect.stringContaining("four numbers") },
      ],
    ]);
  });
});
