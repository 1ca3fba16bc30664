import { describe, expect, test } from "@jest/globals";
import { Interface } from "ethers";
import { COMMUNITY_ABI } from "../../../contracts/abi/community.ts";
import { GRID_VAULT_ABI } from "../../../contracts/abi/grid-vault.ts";
import { TEST_CURRENCY_ABI } from "../../../contracts/abi/test-currency.ts";
import { address } from "../../../engine/kernel/index.ts";
import { amountText } from "../../../src/main/amount.ts";
import { type Asked, atOnceText, balanceText, depositText, freeOf, withdrawalText } from "../../../src/main/owner/money-words.ts";
import { refusalText, WORDS } from "../../../src/main/refusal-words.ts";

const OWNER = address(`0x${"11".repeat(20)}`);
const OTHER = address(`0x${"22".repeat(20)}`);
const NOON = Date.UTC(2026, 10, 27, 12) / 1000;

const asked = (change: Partial<Asked["money"]> = {}, to = OWNER): Asked => ({
  home: "home-5",
  owner: OWNER,
  currency: "EUR",
  money: {
    escrow: 35_000_000,
    debt: 0,
    withdrawal: null,
    account: 40_500_000,
    settledUntil: NOON - 3_600,
    escapeSeconds: 7 * 86_400,
    now: NOON,
    permits: null,
    withdrawalNonce: 0n,
    ...change,
  },
  micro: 20_000_100,
  to,
});

const WAITS =
  "They are paid once the street has settled what is until 2026-11-27T12:00:00Z (it has settled what was until 2026-11-27T11:00:00Z), " +
  "and at the latest from 2026-12-04T12:00:00Z on, whatever the others do.";

test.each([
  [0, "0.00"],
  [100, "0.0001"],
  [1, "0.000001"],
  [1_000_000, "1.00"],
  [25_500_000, "25.50"],
  [25_120_000, "25.12"],
  [25_123_000, "25.123"],
  [214_748_364_700, "214748.3647"],
  [-1_500_000, "-1.50"],
])("%i micro are %s", (micro, text) => {
  expect(amountText(micro)).toBe(text);
});

describe("what will happen", () => {
  test("to a deposit", () => {
    expect(depositText(asked()).join(" ")).toBe(
      `20.0001 EUR go from the owner's account ${OWNER}, which holds 40.50, to home-5 in the vault, which then holds 55.0001. ` +
        "They count as soon as the chain has them. The operator pays the chain's fee.",
    );
  });

  test("to a deposit, to a withdrawal and in a balance of a home that owes more than it has, or less", () => {
    const poor = { escrow: 1_000_000, debt: 41_000_000 };
    expect(depositText(asked(poor))[1]).toMatch(/^which then holds 0.00, as 21.0001 pay what it owes the utility. They count /);
    expect(balanceText(asked(poor)).slice(0, 2)).toEqual([
      "home-5 holds 1.00 EUR in the vault; nothing of it is asked for.",
      "It owes the utility 41.00 EUR: it used more than its money in the vault paid for. That goes first from all that is paid in (commonwatt deposit) or earned.",
    ]);
    expect(freeOf(asked(poor).money)).toBe(0);
    const some = { escrow: 35_000_000, debt: 5_000_000 };
    expect(depositText(asked(some))[1]).toMatch(/^which then holds 50.0001, as 5.00 pay what it owes the utility. /);
    expect(withdrawalText(asked(some)).slice(0, 2)).toEqual([
      `20.0001 EUR of the 30.00 that home-5 holds in the vault go to its owner's account ${OWNER}.`,
      `From now on they count as spent; 9.9999 stay. ${WAITS}`,
    ]);
  });

  test("to a withdrawal at once, and what happens if nobody vouches", () => {
    expect(atOnceText(asked(), 60)).toEqual([
      `20.0001 EUR of the 35.00 that home-5 holds in the vault go to its owner's account ${OWNER} at once,`,
      "if the street's validators vouch within 60 seconds that what stays covers all that home-5 may owe by then, whatever it trades and uses.",
      `If they don't, the money is asked for instead. ${WAITS}`,
      "The operator hands it in, pays it out and pays the chain's fees.",
    ]);
  });

  test("to a withdrawal, and when it is paid", () => {
    expect(withdrawalText(asked())).toEqual([
      `20.0001 EUR of the 35.00 that home-5 holds in the vault go to its owner's account ${OWNER}.`,
      `From now on they count as spent; 14.9999 stay. ${WAITS}`,
      expect.stringMatching(/^The operator hands it in, pays it out and pays the chain's fees/),
    ]);
    expect(withdrawalText(asked({}, OTHER))[0]).toContain(`go to the account ${OTHER}.`);
    expect(withdrawalText(asked({ settledUntil: 0 }))[1]).toContain("(it has settled nothing yet)");
    expect(withdrawalText(asked({ settledUntil: NOON }))[1]).toContain("They are due now");
  });

  test.each([
    ["nothing asked for", null, {}, "nothing of it is asked for."],
    ["asked an hour ago, settled since", { requestedAt: NOON - 3_600 }, {}, "They are due now: the operator pays them in a moment."],
    ["asked now", { requestedAt: NOON }, {}, WAITS],
    ["asked a week ago, and nobody settles", { requestedAt: NOON - 7 * 86_400 }, { settledUntil: 0 }, "They are due now"],
    ["a second less", { requestedAt: NOON - 7 * 86_400 + 1 }, { settledUntil: 0 }, "at the latest from 2026-11-27T12:00:01Z on"],
  ])("to a balance: %s", (_, withdrawal, money, text) => {
    const [first, second] = balanceText(asked({ ...money, withdrawal: withdrawal && { to: OTHER, micro: 5_000_000, ...withdrawal } }));
    expect(first).toContain("home-5 holds 35.00 EUR in the vault; ");
    expect(first).toContain(text);
    if (withdrawal !== null) expect(first).toContain(`5.00 of it are asked for by the account ${OTHER}.`);
    expect(second).toBe(`Its owner's account ${OWNER} holds 40.50 EUR.`);
  });
});

describe("a refusal in words", () => {
  test.each([
    ["InsufficientBalance(have=350000, want=400000)", "the home holds 35.00 beyond what it owes and 40.00 was asked for"],
    ["WithdrawalPending()", "what was asked for earlier isn't paid yet: ask again after it is"],
    ["Expired(deadline=1795780800)", "it was to be carried until 2026-11-27T12:00:00.000Z: sign it again"],
    ["FeeTooHigh(feeTicks=2, ticks=1)", "the fee of 0.0002 is more than the 0.0001 that are asked for"],
    ["ERC20InsufficientBalance(sender=0x11, balance=1500000, needed=2000000)", "the owner's account holds 1.50 and 2.00 is needed"],
    ["VaultPaused(until=1795780800)", "the vault is paused until 2026-11-27T12:00:00.000Z"],
    ["WrongPeriod(expected=4, got=3)", "the vault settles period 4 next: sign it again"],
    ["ProposalOpen()", "the vault settles a period just now"],
    ["NoProposal()", "NoProposal()"],
    ["toString()", "toString()"],
    ["transaction 0x12 failed without a reason", "transaction 0x12 failed without a reason"],
  ])("%s", (detail, words) => {
    expect(refusalText(detail)).toBe(words);
  });

  test("every error that has words is one of the vault's, the currency's or the community's, with these fields", () => {
    const known = [GRID_VAULT_ABI, TEST_CURRENCY_ABI, COMMUNITY_ABI]
      .flatMap((abi) => new Interface(abi).fragments)
      .filter(({ type }) => type === "error");
    const fields = new Map(known.map((error) => [(error as { name?: string }).name, error.inputs.map(({ name }) => name)]));
    for (const [name, words] of Object.entries(WORDS)) {
      expect(fields.has(name)).toBe(true);
      expect(words(Object.fromEntries(fields.get(name)!.map((field) => [field, "1"])))).not.toMatch(/NaN|undefined/);
    }
  });
});
