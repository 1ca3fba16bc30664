import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { FillLeaf, HomeLeaf } from "../../../engine/auction/index.ts";
import { type HomeId, homeId, microPerKwh, nano, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { digestsOf, hashRules, type MarketRules } from "../../../engine/messages/index.ts";
import {
  type Account,
  type AccountLeaf,
  checkFraud,
  type Fraud,
  type FraudProof,
  findFraud,
  NEW_ACCOUNT,
  type Proposed,
  show,
  showHome,
  suspicions,
} from "../../../engine/settlement/index.ts";
import { DisputeCourt } from "../../support/dispute-court.ts";
import { type DisputedStreet, disputedStreet, forge, type Lie, PERIOD_INTERVALS, signOrder } from "../../support/disputed-street.ts";
import { RULES } from "../../support/rules.ts";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import { rules as communityRules, TestCommunity } from "../../support/test-community.ts";
import { agentOf, ownerOf, TestVault } from "../../support/test-vault.ts";

let chain: TestChain;
let vault: TestVault;
let court: DisputeCourt;
let street: DisputedStreet;
/** A whole period in the middle of the street's life. */
let honest: Proposed;

const rules: MarketRules = { ...RULES, periodIntervals: PERIOD_INTERVALS };

beforeAll(async () => {
  chain = await TestChain.start();
  vault = await TestVault.deploy(chain, { homes: 8 });
  court = await DisputeCourt.open(chain, vault, hashRules(rules));
  street = disputedStreet({ rules, vault: await vault.vault.getAddress(), seed: 5, intervals: 16 });
  honest = street.periods[2]!;
});
afterAll(() => chain.stop());

describe("against what honest homes certified", () => {
  test("every proof that can be formed says so, in the street's first period and in later ones", async () => {
    const kinds = new Map<Fraud, number>();
    for (const period of street.periods.slice(0, 3))
      for (const proof of suspicions(rules, [], period)) {
        const said = await court.judge(period, proof);
        expect([proof.kind, said]).toEqual([proof.kind, checkFraud(street.context, period.period, proof)]);
        if (said === "no-fraud") kinds.set(proof.kind, (kinds.get(proof.kind) ?? 0) + 1);
        // What lies before the period can't be opened from it.
        else expect([said, proof.kind, proof.results.length > 4]).toEqual(["invalid", "ledger-step", true]);
      }
    expect(kinds.size).toBe(4);
    for (const count of kinds.values()) expect(count).toBeGreaterThan(10);
  });
});

const replace = <Leaf>(leaves: readonly Leaf[], at: number, change: Partial<Leaf>): readonly Leaf[] =>
  leaves.with(at, { ...leaves[at]!, ...change });
const first =
  <Leaf>(change: (leaf: Leaf) => Partial<Leaf>) =>
  (leaves: readonly Leaf[]): readonly Leaf[] =>
    replace(leaves, 0, change(leaves[0]!));
const ofFirst = (change: (account: Account) => Partial<Account>) =>
  first<AccountLeaf>(({ account }) => ({ account: { ...account, ...change(account) } }));
/** The first of the period's own intervals that traded. */
const traded = (): number => honest.intervals.findIndex(({ fills }) => fills.leaves.length > 1);
/** Places again, and who is next. */
const inOrder = <Leaf extends { readonly home: HomeId }>(leaves: readonly Leaf[]): readonly Leaf[] =>
  leaves.map((leaf, position) => ({ ...leaf, position, nextHome: leaves[position + 1]?.home ?? 0 }));

/** A fill with a signature of somebody's under an order that says this. */
function signedFill(leaf: FillLeaf, change: Partial<FillLeaf>, { signer = leaf.home as number, at = 0 } = {}): FillLeaf {
  const said = { ...leaf, ...change };
  const { home, side, wanted: energy, limit, seq } = said;
  const interval = (honest.intervals[traded()]!.result.interval + at) as never;
  const { id, signature } = signOrder(digestsOf(street.domain), { home, interval, side, energy, limit, seq }, signer);
  return { ...said, order: id, signature };
}

/** Fills with homes told as they then follow. */
const withFills = (fills: (leaves: readonly FillLeaf[]) => readonly FillLeaf[]): Lie => ({
  at: traded(),
  fills: (leaves) => fills(leaves).map((leaf, position) => ({ ...leaf, position })),
});

describe("what liars certify is found, and the contract agrees", () => {
  const cases: readonly (readonly [string, Fraud, () => Proposed])[] = [
    ["a lane that is another", "account", () => forge(honest, [], { vector: honest.vector.with(3, honest.vector[3]! ^ 1) })],
    ["a lane of a home without an account", "account", () => forge(honest, [], { vector: honest.vector.with(4 * 3 + 3, 2) })],
    ["a vector that ends too soon", "account", () => forge(honest, [], { vector: new Uint8Array() })],
    ["another root of accounts", "account", () => forge(honest, [], { accountsRoot: honest.intervals[0]!.result.ledgerRoot })],
    [
      "a balance, and a lane that doesn't follow",
      "account",
      () => forge(honest, [{ at: 5, accounts: ofFirst(({ balance }) => ({ balance: nano(balance + 1e6) })) }]),
    ],
    [
      "an interval left out",
      "account",
      () => forge(honest, [{ at: 2, result: (result) => ({ ...result, interval: (result.interval - 1) as never }) }]),
    ],
    ["a street that begins anew", "account", () => forge(honest, [{ at: 2, result: (result) => ({ ...result, prevHead: ZERO_DIGEST }) }])],
    [
      "intervals that don't go on from the period before",
      "account",
      () => forge(honest, [{ at: 1, accounts: ofFirst(({ balance }) => ({ balance: nano(balance + 1e9) })) }], { isFork: true }),
    ],
    ["another period's last interval", "account", () => forge({ ...honest, intervals: honest.intervals.slice(0, -1) }, [])],

    ["a price beyond the limit", "order", () => forge(honest, [withFills(first<FillLeaf>(beyondLimit))])],
    [
      "more energy than ordered",
      "order",
      () =>
        forge(honest, [
          withFills(first<FillLeaf>(({ wanted, price }) => ({ energy: wh(wanted + 1), amount: nano((wanted + 1) * price) }))),
        ]),
    ],
    ["no energy at all", "order", () => forge(honest, [withFills(first<FillLeaf>(() => ({ energy: wh(0), amount: nano(0) })))])],
    [
      "a price that isn't the amount's",
      "order",
      () => forge(honest, [withFills(first<FillLeaf>(({ price }) => ({ price: microPerKwh(price + 1) })))]),
    ],
    ["an order of other words", "order", () => forge(honest, [withFills(first<FillLeaf>(({ seq }) => ({ seq: seq + 1 })))])],
    [
      "an order under another home's name",
      "order",
      () => forge(honest, [withFills((leaves) => leaves.with(0, signedFill(leaves[0]!, {}, { signer: 6 })))]),
    ],
    [
      "an order of another interval",
      "order",
      () => forge(honest, [withFills((leaves) => leaves.with(0, signedFill(leaves[0]!, {}, { at: 1 })))]),
    ],
    ["a signature that is none", "order", () => forge(honest, [withFills(first<FillLeaf>(() => ({ signature: new Uint8Array(65) })))])],
    [
      "a home that the registry doesn't have",
      "order",
      () => forge(honest, [withFills((leaves) => [...leaves, signedFill(leaves[0]!, { home: homeId(77) }, { signer: 7 })])]),
    ],
    [
      "fills in a void interval",
      "order",
      () =>
        forge(honest, [
          { at: traded(), fills: (leaves) => leaves.map((leaf) => ({ ...leaf })), result: (result) => ({ ...result, kind: "void" }) },
        ]),
    ],
    ["numbers as no home has them", "order", () => forge(honest, [withFills(first<FillLeaf>(() => ({ amount: -1 as never })))])],

    ["energy beyond any number", "order", () => forge(honest, [withFills(first<FillLeaf>(() => ({ energy: -1 as never })))])],
    ["an order filled twice", "double-fill", () => forge(honest, [withFills((leaves) => [leaves[0]!, ...leaves])])],
    [
      "a place taken twice",
      "double-fill",
      () => forge(honest, [{ at: traded(), fills: (leaves) => leaves.map((leaf) => ({ ...leaf, position: 0 })) }]),
    ],
    ["fills out of order", "double-fill", () => forge(honest, [withFills((leaves) => [leaves[1]!, leaves[0]!, ...leaves.slice(2)])])],
    [
      "a home's sum of what it bought and sold",
      "double-fill",
      () => forge(honest, [{ at: traded(), homes: first<HomeLeaf>(({ bought }) => ({ bought: wh(bought + 1) })) }]),
    ],
    [
      "a home's sum of money",
      "double-fill",
      () => forge(honest, [{ at: traded(), homes: first<HomeLeaf>(({ tradeAmount }) => ({ tradeAmount: nano(tradeAmount + 1) })) }]),
    ],
    [
      "a home's range",
      "double-fill",
      () => forge(honest, [{ at: traded(), homes: first<HomeLeaf>(({ firstFill }) => ({ firstFill: firstFill + 1 })) }]),
    ],
    [
      "a home that traded without a leaf",
      "double-fill",
      () =>
        forge(honest, [
          {
            at: traded(),
            homes: (leaves) =>
              inOrder(leaves.filter(({ fillCount }, i) => fillCount === 0 || i > leaves.findIndex((leaf) => leaf.fillCount > 0))),
          },
        ]),
    ],
    ["all homes without a leaf", "double-fill", () => forge(honest, [{ at: traded(), homes: () => [] }])],
    [
      "sums of nothing",
      "double-fill",
      () => forge(honest, [{ at: traded(), homes: (leaves) => inOrder([...leaves, { ...leaves[0]!, home: homeId(60), fillCount: 0 }]) }]),
    ],

    ["a balance", "ledger-step", () => stepLie((account) => ({ balance: nano(account.balance + 1) }))],
    ["energy bought", "ledger-step", () => stepLie((account) => ({ bought: wh(account.bought + 1) }))],
    ["energy bought beyond any number", "ledger-step", () => stepLie(() => ({ bought: -1 as never }))],
    ["a balance beyond any number", "ledger-step", () => stepLie(() => ({ balance: -(2 ** 53) as never }))],
    ["energy sold", "ledger-step", () => stepLie((account) => ({ sold: wh(account.sold + 1) }))],
    ["energy from the utility", "ledger-step", () => stepLie((account) => ({ utilityImport: wh(account.utilityImport + 1) }))],
    ["energy to the utility", "ledger-step", () => stepLie((account) => ({ utilityExport: wh(account.utilityExport + 1) }))],
    [
      "a meter that was never read",
      "ledger-step",
      () => stepLie(({ meter }) => ({ meter: { ...meter!, importWh: wh(meter!.importWh + 7) } })),
    ],
    [
      "a meter's assumption",
      "ledger-step",
      () => stepLie(({ meter }) => ({ meter: { ...meter!, assumedExportWh: wh(meter!.assumedExportWh + 7) } })),
    ],
    ["a meter that is gone", "ledger-step", () => stepLie(() => ({ meter: null }))],
    [
      "what batches have carried",
      "ledger-step",
      () => forge(honest, [{ at: 3, accounts: first<AccountLeaf>(({ carriedTicks }) => ({ carriedTicks: carriedTicks + 1 })) }]),
    ],
    [
      "an account of nowhere",
      "ledger-step",
      () =>
        forge(honest, [
          {
            at: 3,
            accounts: (leaves) =>
              inOrder([...leaves, { ...leaves[0]!, home: homeId(50), account: { ...NEW_ACCOUNT, balance: nano(1e9) } }]),
          },
        ]),
    ],
    ["an account that vanishes", "ledger-step", () => forge(honest, [{ at: 3, accounts: (leaves) => inOrder(leaves.slice(1)) }])],
    [
      "a charge for an order that was shown",
      "ledger-step",
      () => forge(honest, [{ at: 1, homes: first<HomeLeaf>(({ withheld }) => ({ withheld: withheld + 1 })) }]),
    ],
  ];

  /** In the ledger that settles the period's second interval. */
  const stepLie = (change: (account: Account) => Partial<Account>): Proposed => forge(honest, [{ at: 3, accounts: ofFirst(change) }]);

  function beyondLimit({ side, energy, limit }: FillLeaf): Partial<FillLeaf> {
    const price = microPerKwh(side === "buy" ? limit + 1 : limit - 1);
    return { price, amount: nano(energy * price) };
  }

  test.each(cases)("%s", async (_, kind, lie) => {
    const proposed = lie();
    const proof = findFraud(street.context, rules, honest.intervals, proposed) as FraudProof;
    expect(proof?.kind).toBe(kind);
    expect(await court.judge(proposed, proof)).toBe("fraud");
    // Nor does it show anything against who told the truth.
    expect(await court.judge(honest, proof)).not.toBe("fraud");
  });

  test("nothing is found in what one worked out oneself", () => {
    for (const period of street.periods) expect(findFraud(street.context, rules, [], period)).toBeNull();
  });
});

describe("whose key a fill's order has: the home's newest or one before it, if it signed when the period began", () => {
  const NEW_KEY = 9;
  const TO_COME = 100;

  /** The first fill, signed anew; what the contract says to it. */
  async function signedBy(signer: (home: number) => number): Promise<string> {
    const proposed = forge(honest, [
      withFills((leaves) => leaves.with(0, signedFill(leaves[0]!, {}, { signer: signer(leaves[0]!.home) }))),
    ]);
    const proof = [...suspicions(rules, [], proposed)].find(
      (each) => each.kind === "order" && each.fill.leaf.position === 0 && each.results.length === honest.intervals.length - traded(),
    );
    return court.judge(proposed, proof!);
  }

  beforeAll(() => chain.save());
  beforeEach(() => chain.restore());

  const rotate = (home: number, since: number): Promise<string> =>
    vault.send(ownerOf(home), "rotateAgent", home, addressOf(agentOf(NEW_KEY)), since);
  const home = (): number => honest.intervals[traded()]!.fills.leaves[0]!.home;

  test("its own, and nobody else's", async () => {
    expect([await signedBy((own) => own), await signedBy(() => 7)]).toEqual(["no-fraud", "fraud"]);
  });

  test("the one before counts as well: not every home may have read the chain", async () => {
    expect(await rotate(home(), honest.period.fromInterval)).toBe("ok");
    expect([await signedBy((own) => own), await signedBy(() => NEW_KEY)]).toEqual(["no-fraud", "no-fraud"]);
  });

  test("one that counts from a later interval on doesn't", async () => {
    expect(await rotate(home(), honest.period.fromInterval + TO_COME)).toBe("ok");
    expect([await signedBy((own) => own), await signedBy(() => NEW_KEY)]).toEqual(["no-fraud", "fraud"]);
  });
});

describe("what a withheld order costs by the homes' vote", () => {
  /** The interval that begins the street's third period, and what homes made of the first rules' 50 000. */
  const SINCE = 1008;
  const VOTED = 1_000;

  const courtOf = async (since: number, withheldCharge: number): Promise<DisputeCourt> => {
    const wanted = { ...communityRules(0, since, { withheldCharge }), hash: hashRules(rules) };
    const community = await TestCommunity.deploy(vault, { rules: wanted });
    return DisputeCourt.open(chain, vault, hashRules(rules), await community.contract.getAddress());
  };
  /** Every one that settles a withheld order. */
  const steps = (periods: readonly Proposed[]): readonly (readonly [Proposed, FraudProof])[] =>
    periods.flatMap((period) =>
      [...suspicions(rules, [], period)].flatMap((proof) => {
        const isCharged = proof.kind === "ledger-step" && proof.traded?.leaf.home === proof.home && proof.traded.leaf.withheld > 0;
        return isCharged ? [[period, proof] as const] : [];
      }),
    );
  const verdicts = async (at: DisputeCourt, life: DisputedStreet, charges: DisputedStreet["context"]["charges"]) => {
    const all: string[] = [];
    for (const [{ period }, proof] of steps(life.periods.slice(0, 4))) {
      const said = await at.judge({ period } as Proposed, proof);
      expect(said).toBe(checkFraud({ ...life.context, charges }, period, proof));
      all.push(`${period.fromInterval < SINCE ? "before" : "since"} ${said}`);
    }
    return [...new Set(all)].filter((each) => !each.endsWith("invalid")).sort();
  };

  test.each<[string, number, number, readonly string[]]>([
    ["of which the judge knows: nothing is wrong", SINCE, VOTED, ["before no-fraud", "since no-fraud"]],
    ["that counts later: who charged by it too soon is found out", SINCE + 2 * PERIOD_INTERVALS, VOTED, ["before no-fraud", "since fraud"]],
    ["another than was voted on is a fault", SINCE, VOTED + 1, ["before no-fraud", "since fraud"]],
  ])("%s", async (_, since, withheldCharge, said) => {
    const life = disputedStreet({
      rules,
      vault: await vault.vault.getAddress(),
      seed: 5,
      intervals: 20,
      voted: { since: SINCE, withheldCharge: VOTED },
    });
    expect(await verdicts(await courtOf(since, withheldCharge), life, [{ since, withheldCharge }])).toEqual(said);
  });

  test("who hears late of it and charges as before is no liar", async () => {
    const charges = [{ since: SINCE, withheldCharge: VOTED }];
    expect(await verdicts(await courtOf(SINCE, VOTED), street, charges)).toEqual(["before no-fraud", "since no-fraud"]);
  });
});

test("an order filled twice is a fault whichever of the two is shown first", async () => {
  const proposed = forge(honest, [withFills((leaves) => [leaves[0]!, ...leaves])]);
  const proof = findFraud(street.context, rules, honest.intervals, proposed);
  if (proof?.kind !== "double-fill") throw new Error("two fills of one order were found");
  const { fills, homes } = proposed.intervals[traded()]!;
  // Home 3 does nothing, so that ranges say nothing.
  const other = homeId(3);
  const shown = (...places: readonly number[]): FraudProof => ({
    ...proof,
    home: other,
    traded: showHome(homes, other),
    fills: places.map((place) => show(fills, place)),
  });
  expect([await court.judge(proposed, shown(0, 1)), await court.judge(proposed, shown(1, 0))]).toEqual(["fraud", "fraud"]);
});

test("that a home has no account is shown by its neighbour alone", async () => {
  const { accounts, result } = honest.intervals.at(-1)!;
  const judge = (home: number, at: number): Promise<string> =>
    court.judge(honest, {
      kind: "account",
      results: [result],
      previous: null,
      home: homeId(home),
      account: show(accounts, at),
      vector: honest.vector,
    });
  // 0, 1, 2, 4 and 6 have accounts.
  expect(accounts.leaves.map(({ home }) => home)).toEqual([0, 1, 2, 4, 6]);
  expect([await judge(3, 2), await judge(5, 3), await judge(60, 4)]).toEqual(["no-fraud", "no-fraud", "no-fraud"]);
  expect([await judge(1, 0), await judge(3, 1), await judge(4, 2), await judge(3, 3), await judge(60, 3)]).toEqual(
    Array(5).fill("invalid"),
  );
});
