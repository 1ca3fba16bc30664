import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Contract, Interface, parseEther, verifyTypedData, Wallet } from "ethers";
import { openPurse, ownerDigests, type Purse, permitDigest } from "../../../adapters/evm/index.ts";
import { agentKey, loadCurve, signerOf } from "../../../adapters/system/index.ts";
import { address, assert, type Digest, fromHex, homeId, toHex } from "../../../engine/kernel/index.ts";
import type { OwnerMoney } from "../../../src/ports/index.ts";
import { RpcDouble } from "../../support/json-rpc-double.ts";
import { CHAIN_ID, keyOf, TestChain } from "../../support/test-chain.ts";
import { ownerAddress, TestStreet } from "../../support/test-street.ts";
import { CURRENCY_CODE, VAULT_CODE } from "../../support/test-vault.ts";

const OWNER = 2;
const SPENDER = address(new Wallet(keyOf(9)).address);
const HOUR = 3_600;

let chain: TestChain;
let street: TestStreet;
let purse: Purse;
let currency: Contract;
let vault: Contract;
let signed: (digest: Digest) => string;

const look = async (home = OWNER): Promise<OwnerMoney> => {
  const money = await purse.look(homeId(home), ownerAddress(home));
  assert(money.ok, money.ok ? "" : money.detail);
  return money.value;
};

beforeAll(async () => {
  chain = await TestChain.start();
  street = await TestStreet.on(chain.rpc);
  currency = new Contract(street.token, CURRENCY_CODE.abi, chain.provider);
  vault = new Contract(street.vault, VAULT_CODE.abi, chain.provider);
  purse = openPurse({ rpc: chain.rpc, chainId: CHAIN_ID, vault: street.vault, finality: 0 });
  const signer = signerOf(agentKey(fromHex(keyOf(60 + OWNER))), await loadCurve());
  signed = (digest) => toHex(signer.sign(digest));
  await chain.send(currency, 1, "mint", ownerAddress(OWNER), 7_000_000);
});
afterAll(async () => {
  purse.close();
  await street.close();
  await chain.stop();
});

describe("a purse", () => {
  test("tells what the owner has, and what a permit is signed with", async () => {
    const now = await chain.now();
    expect(await look()).toEqual({
      escrow: 1_000_000,
      debt: 0,
      withdrawal: null,
      account: 7_000_000,
      settledUntil: 0,
      escapeSeconds: 7 * 86_400,
      now,
      permits: { domain: { name: "Commonwatt test currency", version: "1", chainId: CHAIN_ID, token: street.token }, nonce: 0n },
      withdrawalNonce: 0n,
    });
    expect((await look(1)).account).toBe(0);
  });

  test("tells what was asked for", async () => {
    await chain.provider.send("anvil_setBalance", [ownerAddress(1), `0x${parseEther("1").toString(16)}`]);
    const data = vault.interface.encodeFunctionData("requestWithdraw", [1, SPENDER, 2_500]);
    const hash = await chain.provider.send("eth_sendTransaction", [{ from: ownerAddress(1), to: street.vault, data }]);
    await chain.provider.waitForTransaction(hash);
    const { withdrawal, escrow, now } = await look(1);
    expect({ escrow, withdrawal }).toEqual({ escrow: 1_000_000, withdrawal: { to: SPENDER, micro: 250_000, requestedAt: now } });
  });

  test("of a home that isn't, or without the chain, says so", async () => {
    expect(await purse.look(homeId(99), ownerAddress(OWNER))).toEqual({
      ok: false,
      code: "CHAIN_REFUSED",
      detail: "the registry doesn't know home 99",
    });
    const away = openPurse({ rpc: "http://127.0.0.1:1", chainId: CHAIN_ID, vault: street.vault });
    expect(await away.look(homeId(OWNER), ownerAddress(OWNER))).toMatchObject({ ok: false, code: "CHAIN_UNREACHABLE" });
    away.close();
  });
});

describe("a currency's domain", () => {
  const CALLS = new Interface(["function eip712Domain()", "function version() view returns (string)", "function DOMAIN_SEPARATOR()"]);
  const REVERTED = { error: { code: 3, message: "execution reverted", data: "0x" } };
  const version = (text: string) => ({ result: CALLS.encodeFunctionResult("version", [text]) });

  /** The permits of a currency that answers these calls otherwise. */
  const permitsWith = async (answers: Readonly<Record<string, object>>): Promise<OwnerMoney["permits"]> => {
    const others = Object.entries(answers).map(([name, answer]) => [CALLS.getFunction(name)!.selector, answer] as const);
    const double = await RpcDouble.before(chain.rpc, undefined, (method, asked, answer) => {
      const { id, params } = JSON.parse(asked) as { id: number; params: readonly { to?: string; data?: string }[] };
      const isCurrency = method === "eth_call" && params[0]?.to === street.token;
      const other = isCurrency ? others.find(([selector]) => params[0]!.data === selector)?.[1] : undefined;
      return other === undefined ? answer : JSON.stringify({ jsonrpc: "2.0", id, ...other });
    });
    const other = openPurse({ rpc: double.rpc, chainId: CHAIN_ID, vault: street.vault, finality: 0 });
    const money = await other.look(homeId(1), ownerAddress(1));
    other.close();
    await double.close();
    assert(money.ok, money.ok ? "" : money.detail);
    return money.value.permits;
  };

  test.each([
    ["by its own version", { eip712Domain: REVERTED, version: version("1") }, true],
    ["by version 1, which needn't be told", { eip712Domain: REVERTED }, true],
    ["by the version that fits, where it tells two", { version: version("2") }, true],
    ["not at all when it separates otherwise", { DOMAIN_SEPARATOR: { result: `0x${"5a".repeat(32)}` } }, false],
    ["not at all without permits", { DOMAIN_SEPARATOR: REVERTED }, false],
  ])("is known %s", async (_, answers, isKnown) => {
    const permits = await permitsWith(answers);
    expect(permits?.domain ?? null).toEqual(
      isKnown ? { name: "Commonwatt test currency", version: "1", chainId: CHAIN_ID, token: street.token } : null,
    );
  });
});

describe("a permit", () => {
  const permitOf = async (change: object = {}) => {
    const { permits, now } = await look();
    const permit = {
      owner: ownerAddress(OWNER),
      spender: SPENDER,
      micro: 6_000_000,
      nonce: permits!.nonce,
      deadline: now + HOUR,
      ...change,
    };
    return { domain: permits!.domain, permit };
  };
  const hand = (permit: Awaited<ReturnType<typeof permitOf>>["permit"], signature: string) => {
    const [r, s, v] = [`0x${signature.slice(2, 66)}`, `0x${signature.slice(66, 130)}`, Number(`0x${signature.slice(130)}`)];
    return chain.send(currency, 1, "permit", permit.owner, permit.spender, permit.micro, permit.deadline, v, r, s);
  };

  test("is what ethers says it is, and OpenZeppelin's currency takes it once", async () => {
    const { domain, permit } = await permitOf();
    const signature = signed(permitDigest(domain, permit));
    const types = {
      Permit: ["address owner", "address spender", "uint256 value", "uint256 nonce", "uint256 deadline"].map((field) => {
        const [type, name] = field.split(" ") as [string, string];
        return { type, name };
      }),
    };
    const whole = { name: domain.name, version: domain.version, chainId: CHAIN_ID, verifyingContract: domain.token };
    expect(verifyTypedData(whole, types, { ...permit, value: permit.micro }, signature).toLowerCase()).toBe(ownerAddress(OWNER));
    expect(await hand(permit, signature)).toBe("ok");
    expect(await currency.getFunction("allowance").staticCall(ownerAddress(OWNER), SPENDER)).toBe(6_000_000n);
    expect(await hand(permit, signature)).toMatch(/^ERC2612InvalidSigner/);
    expect((await look()).permits!.nonce).toBe(1n);
  });

  test("can't be reshaped by who carries it, and is over when its time is", async () => {
    const { domain, permit } = await permitOf();
    const signature = signed(permitDigest(domain, permit));
    for (const change of [
      { spender: ownerAddress(3) },
      { micro: 6_000_001 },
      { deadline: permit.deadline + 1 },
      { owner: ownerAddress(3) },
    ])
      expect(await hand({ ...permit, ...change }, signature)).toMatch(/^ERC2612InvalidSigner/);
    const late = (await permitOf({ deadline: (await chain.now()) - 1 })).permit;
    expect(await hand(late, signed(permitDigest(domain, late)))).toMatch(/^ERC2612ExpiredSignature/);
  });
});

test("a request for a withdrawal is what ethers says it is, in whole ticks", () => {
  const domain = { name: "GridVault", version: "1", chainId: CHAIN_ID, verifyingContract: street.vault };
  const types = {
    Withdraw: ["uint32 home", "address to", "uint64 ticks", "uint64 feeTicks", "uint256 nonce", "uint256 deadline"].map((field) => {
      const [type, name] = field.split(" ") as [string, string];
      return { type, name };
    }),
  };
  const request = { home: homeId(2), to: SPENDER, micro: 12_300, feeMicro: 100, nonce: 5n, deadline: 2_000_000_000 };
  const signature = signed(ownerDigests({ chainId: CHAIN_ID, vault: street.vault }).withdraw(request));
  const fields = { home: 2, to: SPENDER, ticks: 123, feeTicks: 1, nonce: 5n, deadline: 2_000_000_000 };
  expect(verifyTypedData(domain, types, fields, signature).toLowerCase()).toBe(ownerAddress(OWNER));
});
