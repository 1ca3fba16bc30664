import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Contract, TypedDataEncoder } from "ethers";
import { type Address, type Digest, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import { digestsOf, type PeriodResult, periodHash } from "../../engine/messages/index.ts";
import { TestChain } from "../support/test-chain.ts";
import { TestVault, VAULT_CODE } from "../support/test-vault.ts";

interface Vectors {
  readonly domain: { readonly name: string; readonly version: string; readonly chainId: number; readonly verifyingContract: string };
  readonly types: { readonly Period: { name: string; type: string }[] };
  readonly typeHash: string;
  readonly cases: readonly {
    readonly what: string;
    readonly message: PeriodResult;
    readonly structHash: string;
    readonly digest: string;
  }[];
}

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, "period-eip712.json"), "utf8")) as Vectors;
const { domain, types } = vectors;
const table = vectors.cases.map((each) => [each.what, each] as const);

let chain: TestChain;
let vault: Contract;

beforeAll(async () => {
  chain = await TestChain.start();
  const street = await TestVault.deploy(chain, { homes: 0 });
  // The vault's own code, standing where the vectors' domain says.
  const code = await chain.provider.getCode(await street.vault.getAddress());
  await chain.provider.send("anvil_setCode", [domain.verifyingContract, code]);
  vault = new Contract(domain.verifyingContract, VAULT_CODE.abi, chain.provider);
});
afterAll(() => chain.stop());

describe("a period's EIP-712 digest", () => {
  test.each(table)("ethers: %s", (_, { message, structHash, digest }) => {
    expect(TypedDataEncoder.hashStruct("Period", { Period: types.Period }, message)).toBe(structHash);
    expect(TypedDataEncoder.hash(domain, { Period: types.Period }, message)).toBe(digest);
  });

  test.each(table)("engine: %s", (_, { message, structHash, digest }) => {
    expect(periodHash(message)).toBe(structHash as Digest);
    const digests = digestsOf({ chainId: domain.chainId, vault: domain.verifyingContract as Address, rulesHash: ZERO_DIGEST });
    expect(digests.period(message)).toBe(digest as Digest);
  });

  test.each(table)("contract: %s", async (_, { message, digest }) => {
    expect(await chain.view(vault, "digest", message)).toBe(digest);
  });
});
