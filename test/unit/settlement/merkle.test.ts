import { describe, expect, test } from "@jest/globals";
import { AbiCoder, keccak256 } from "ethers";
import fc from "fast-check";
import { homeId, interval, nano, toHex, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import {
  type Account,
  type AccountLeaf,
  accountHash,
  accountProof,
  accountsRoot,
  accountsTree,
  type Ledger,
  NEW_ACCOUNT,
  NO_SURPLUS,
  surplusHash,
  verifyAccount,
} from "../../../engine/settlement/index.ts";

const METERED: Account = {
  balance: nano(-123_456_789_012),
  bought: wh(1),
  sold: wh(2),
  utilityImport: wh(3),
  utilityExport: wh(4),
  meter: { interval: interval(5), importWh: wh(6), exportWh: wh(7), assumedImportWh: wh(8), assumedExportWh: wh(9) },
};
const LEAF = "uint256 uint256 uint256 int256 uint256 uint256 uint256 uint256 uint256 uint256 uint256 uint256 uint256 uint256 int256".split(
  " ",
);
const leafOf = (account: Account): AccountLeaf => ({ position: 2, home: homeId(7), nextHome: homeId(9), account, carriedTicks: -3 });

/** As OpenZeppelin's MerkleProof.processProof does it, in ethers: the lower hash first. */
const processProof = (leaf: string, proof: readonly string[]): string =>
  proof.reduce((node, sibling) => keccak256(BigInt(node) < BigInt(sibling) ? node + sibling.slice(2) : sibling + node.slice(2)), leaf);

const ledgerOf = (accounts: Ledger["accounts"], ticks: Ledger["carried"]["ticks"] = new Map()): Ledger => ({
  accounts,
  surplus: NO_SURPLUS,
  carried: { ticks },
});

describe("a leaf is abi.encode, hashed twice", () => {
  test.each([
    ["with a meter", METERED, [2, 7, 9, -123_456_789_012, 1, 2, 3, 4, 1, 5, 6, 7, 8, 9, -3]],
    ["before the first reading", NEW_ACCOUNT, [2, 7, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -3]],
  ])("%s", (_, account, values) => {
    expect(toHex(accountHash(leafOf(account)))).toBe(keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(LEAF, values))));
  });

  test("the surplus account's has two words", () => {
    expect(toHex(surplusHash({ balance: nano(-5), lost: wh(6) }))).toBe(
      keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(["int256", "uint256"], [-5, 6]))),
    );
  });

  test("everything in an account, and where it stands, is in it", () => {
    const { meter } = METERED;
    const numbers = ["balance", "bought", "sold", "utilityImport", "utilityExport"] as const;
    const counters = ["interval", "importWh", "exportWh", "assumedImportWh", "assumedExportWh"] as const;
    const places = ["position", "home", "nextHome", "carriedTicks"] as const;
    const leaf = leafOf(METERED);
    const others = [
      ...numbers.map((key) => leafOf({ ...METERED, [key]: METERED[key] + 1 } as Account)),
      ...counters.map((key) => leafOf({ ...METERED, meter: { ...meter!, [key]: meter![key] + 1 } } as Account)),
      ...places.map((key) => ({ ...leaf, [key]: leaf[key] + 1 }) as AccountLeaf),
    ];
    expect(new Set([leaf, ...others].map((each) => toHex(accountHash(each)))).size).toBe(15);
  });
});

const anyLedger = fc
  .uniqueArray(fc.nat(300), { minLength: 1, maxLength: 20 })
  .map((homes) => new Map(homes.map((home) => [homeId(home), { ...METERED, balance: nano(home - 100) }])))
  .map((accounts) => ledgerOf(accounts, new Map([...accounts.keys()].map((home) => [home, home - 50]))));

describe("proofs", () => {
  test("every account leads to the root, as OpenZeppelin would check it, with what was carried for it", () => {
    fc.assert(
      fc.property(anyLedger, (ledger) => {
        const root = accountsRoot(ledger);
        for (const [home, account] of ledger.accounts) {
          const proof = accountProof(ledger, home);
          expect(proof.leaf).toMatchObject({ home, account, carriedTicks: home - 50 });
          expect(processProof(toHex(accountHash(proof.leaf)), proof.path)).toBe(root);
          expect(verifyAccount(root, proof)).toBe(true);
          expect(verifyAccount(root, { ...proof, leaf: { ...proof.leaf, carriedTicks: home - 49 } })).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("leaves stand by rising home, and each names the next", () => {
    const accounts = new Map([9, 0, 4].map((home) => [homeId(home), NEW_ACCOUNT]));
    const { leaves } = accountsTree(ledgerOf(accounts));
    expect(leaves.map(({ position, home, nextHome }) => [position, home, nextHome])).toEqual([
      [0, 0, 4],
      [1, 4, 9],
      [2, 9, 0],
    ]);
  });

  test("the order in which homes came changes nothing", () => {
    fc.assert(
      fc.property(anyLedger, (ledger) =>
        expect(accountsRoot({ ...ledger, accounts: new Map([...ledger.accounts].reverse()) })).toBe(accountsRoot(ledger)),
      ),
      { numRuns: 60 },
    );
  });

  test("of nobody there is a zero root, and no proof of a home that isn't there", () => {
    expect(accountsRoot(ledgerOf(new Map()))).toBe(ZERO_DIGEST);
    expect(() => accountProof(ledgerOf(new Map([[homeId(1), METERED]])), homeId(2))).toThrow("home 2 has no account");
  });
});
