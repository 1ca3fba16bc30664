import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { type Interval, toHex, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { periodOf } from "../../../engine/messages/index.ts";
import { type Batch, spareTicks } from "../../../engine/settlement/index.ts";
import { certificateBytes, changeOf } from "../../support/batch-bytes.ts";
import { FIRST, HOMES } from "../../support/market-life.ts";
import { anyPlay, BooksOfStreet, HOME, type Move, NOTHING, type Play } from "../../support/spending-home.ts";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import { agentOf, OPERATOR, ownerOf, STRANGER, TestVault, WITHDRAW_NOW } from "../../support/test-vault.ts";

jest.setTimeout(120_000);

/** Periods of three intervals, as the plays have them. */
const PERIOD_INTERVALS = 3;
let chain: TestChain;
let vault: TestVault;

beforeAll(async () => {
  chain = await TestChain.start(45);
  const change = { firstPeriod: periodOf({ periodIntervals: PERIOD_INTERVALS }, FIRST), prevPeriod: ZERO_DIGEST };
  vault = await TestVault.deploy(chain, { change });
  for (const home of HOMES) await vault.fund(home, 5_000_000);
  for (const account of [0, 1, 2]) await vault.send(OPERATOR, "depositWide", account, 10 ** 10);
  await chain.save();
});
afterAll(() => chain.stop());

const settle = ({ result, vector, wide }: Batch): Promise<string> =>
  vault.settle({ period: result, vector: toHex(vector), wide: toHex(wide) });

/** As a quorum certifies it. */
async function payAtOnce(ticks: number): Promise<string> {
  const { nextPeriod: period } = (await vault.view("status")) as { nextPeriod: bigint };
  const [nonce, deadline] = [await vault.view("nonces", HOME), (await chain.now()) + 60];
  const want = { home: HOME, to: addressOf(3), ticks, nonce, period, deadline };
  const sign = (by: number): Promise<string> => vault.signTyped(by, "WithdrawNow", WITHDRAW_NOW, want);
  const entries = await Promise.all([0, 1, 2].map(async (index) => ({ index, signature: await sign(agentOf(index)) })));
  const signature = await sign(ownerOf(HOME));
  return vault.send(STRANGER, "withdrawNow", HOME, want.to, ticks, period, deadline, signature, certificateBytes(entries));
}

interface Life {
  /** What the vault says of the payment and the periods. */
  readonly said: readonly string[];
  /** What the home owes in the end, ticks. */
  readonly debt: number;
}

/** Plays until the money is asked for, has it paid, plays on, and settles all that was closed. */
async function lifeOf(play: Play, paidOf: (spare: number, escrow: number) => number): Promise<Life> {
  await chain.restore();
  const street = new BooksOfStreet(play);
  for (const move of play.before) street.play(move);
  const settled = Math.max(1, street.closed.length - play.late);
  for (const batch of street.closed.slice(0, settled)) expect(await settle(batch)).toBe("ok");
  if (play.requested > 0) expect(await vault.send(ownerOf(HOME), "requestWithdraw", HOME, addressOf(4), play.requested)).toBe("ok");
  const ticks = Number(await vault.view("balanceOf", HOME));
  const unsettled = street.closed.slice(settled).map(({ vector }) => changeOf(vector, HOME));
  const until = (street.state.interval + play.after.length) as Interval;
  const spare = spareTicks(play.rules, street.state, HOME, { ticks, requested: play.requested, unsettled }, until);
  const said = [await payAtOnce(paidOf(spare, ticks - play.requested))];
  // On to where the last of those intervals' period has closed.
  for (const move of [...play.after, ...Array<Move>(PERIOD_INTERVALS + 1).fill(NOTHING)]) street.play(move);
  for (const batch of street.closed.slice(settled)) said.push(await settle(batch));
  return { said, debt: Number((await vault.balances(HOME, 1)).homes[0]!.debt) };
}

const settledOnce = ({ before }: Play): boolean => before.length >= PERIOD_INTERVALS + 2;

test("on the real vault a home that has had at once all that it can spare pays every period, whatever it does", async () => {
  await fc.assert(
    fc.asyncProperty(anyPlay.filter(settledOnce), async (play) => {
      const { said, debt } = await lifeOf(play, (spare) => spare);
      expect(new Set(said)).toEqual(new Set(["ok"]));
      expect(debt).toBe(0);
    }),
    { numRuns: 6 },
  );
});

test("and owes something when it has had everything", async () => {
  const buys: Move = { kind: "buy", isGreedy: true, isRead: true };
  const [play] = fc.sample(anyPlay, { numRuns: 1, seed: 7 });
  const plain = { ...play!.rules, maxOrderWh: wh(3_000), mechanism: "k-double-auction" as const };
  const life: Play = { ...play!, rules: plain, before: Array<Move>(6).fill(buys), after: [buys], late: 0, requested: 0 };
  const { said, debt } = await lifeOf(life, (_, escrow) => escrow);
  expect(new Set(said)).toEqual(new Set(["ok"]));
  expect(debt).toBeGreaterThan(0);
});
