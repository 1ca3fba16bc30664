import { describe, expect, test } from "@jest/globals";
import { AbiCoder, keccak256 } from "ethers";
import fc from "fast-check";
import { homeId, interval, nano, toHex, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { type Account, accountLeaf, accountProof, accountsRoot, NEW_ACCOUNT, verifyAccount } from "../../../engine/settlement/index.ts";

const METERED: Account = {
  balance: nano(-123_456_789_012),
  bought: wh(1),
  sold: wh(2),
  utilityImport: wh(3),
  utilityExport: wh(4),
  meter: { interval: interval(5), importWh: wh(6), exportWh: wh(7), assumedImportWh: wh(8), assumedExportWh: wh(9) },
};
const LEAF = "uint256 int256 uint256 uint256 uint256 uint256 bool uint256 uint256 uint256 uint256 uint256".split(" ");

/** As OpenZeppelin's MerkleProof.processProof does it, in ethers: the lower hash first. */
const processProof = (leaf: string, proof: readonly string[]): string =>
  proof.reduce((node, sibling) => keccak256(BigInt(node) < BigInt(sibling) ? node + sibling.slice(2) : sibling + node.slice(2)), leaf);

describe("a leaf is abi.encode, hashed twice", () => {
  test.each([
    ["with a meter", METERED, [7, -123_456_789_012, 1, 2, 3, 4, true, 5, 6, 7, 8, 9]],
    ["before the first reading", NEW_ACCOUNT, [7, 0, 0, 0, 0, 0, false, 0, 0, 0, 0, 0]],
  ])("%s", (_, account, values) => {
    expect(toHex(accountLeaf(homeId(7), account))).toBe(keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(LEAF, values))));
  });

  test("everything in an account is in it", () => {
    const { meter } = METERED;
    const numbers = ["balance", "bought", "sold", "utilityImport", "utilityExport"] as const;
    const counters = ["interval", "importWh", "exportWh", "assumedImportWh", "assumedExportWh"] as const;
    const others = [
      ...numbers.map((key) => ({ ...METERED, [key]: METERED[key] + 1 })),
      ...counters.map((key) => ({ ...METERED, meter: { ...meter!, [key]: meter![key] + 1 } })),
    ];
    expect(new Set([METERED, ...others].map((account) => toHex(accountLeaf(homeId(7), account as Account)))).size).toBe(11);
  });
});

const anyAccounts = fc
  .uniqueArray(fc.nat(300), { minLength: 1, maxLength: 20 })
  .map((homes) => new Map(homes.map((home) => [homeId(home), { ...METERED, balance: nano(home - 100) }])));

describe("proofs", () => {
  test("every account leads to the root, as OpenZeppelin would check it", () => {
    fc.assert(
      fc.property(anyAccounts, (accounts) => {
        const root = accountsRoot(accounts);
        for (const [home, account] of accounts) {
          const proof = accountProof(accounts, home);
          expect(processProof(toHex(accountLeaf(home, account)), proof)).toBe(root);
          expect(verifyAccount(root, home, account, proof)).toBe(true);
          expect(verifyAccount(root, home, { ...account, balance: nano(account.balance + 1) }, proof)).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("the order in which homes came changes nothing", () => {
    fc.assert(
      fc.property(anyAccounts, (accounts) => expect(accountsRoot(new Map([...accounts].reverse()))).toBe(accountsRoot(accounts))),
      { numRuns: 60 },
    );
  });

  test("of nobody there is a zero root, and no proof of a home that isn't there", () => {
    expect(accountsRoot(new Map())).toBe(ZERO_DIGEST);
    expect(() => accountProof(new Map([[homeId(1), METERED]]), homeId(2))).toThrow("home 2 has no account");
  });
});
