import {
  type Contract,
  encodeBytes32String,
  keccak256,
  Signature,
  type TypedDataDomain,
  TypedDataEncoder,
  ZeroAddress,
  ZeroHash,
} from "ethers";
import { ACCESS_MANAGER_ABI, ACCESS_MANAGER_BYTECODE } from "../../contracts/abi/access-manager.ts";
import { GRID_VAULT_ABI, GRID_VAULT_BYTECODE } from "../../contracts/abi/grid-vault.ts";
import { TEST_CURRENCY_ABI, TEST_CURRENCY_BYTECODE } from "../../contracts/abi/test-currency.ts";
import { assert } from "../../engine/kernel/index.ts";
import { certificateBytes, type Entry, signEntry, vectorBytes, wideBytes } from "./batch-bytes.ts";
import { addressOf, CHAIN_ID, keyOf, type TestChain } from "./test-chain.ts";

/** Who is who among the test people: 1 runs the street, 2 is a stranger, 4 its guardian, payees from 5 on, agents from 10 on, owners from 30 on. */
export const OPERATOR = 1;
export const STRANGER = 2;
export const GUARDIAN = 4;
export const agentOf = (home: number): number => 10 + home;
export const ownerOf = (home: number): number => 30 + home;

export const VAULT_CODE = { abi: GRID_VAULT_ABI, bytecode: GRID_VAULT_BYTECODE };
export const MANAGER_CODE = { abi: ACCESS_MANAGER_ABI, bytecode: ACCESS_MANAGER_BYTECODE };
export const CURRENCY_CODE = { abi: TEST_CURRENCY_ABI, bytecode: TEST_CURRENCY_BYTECODE };

export const FIRST_PERIOD = 500;
export const FIRST_LINK = `0x${"ab".repeat(32)}`;
export const AHEAD = 1_000_000;

/** The number of wide account 0 where accounts of both kinds are meant. */
export const FIRST_WIDE = 2 ** 32 - 8;
/** Who is named payee of a wide account in tests. */
export const payeeOf = (id: number): number => 5 + id;

export interface TestPeriod {
  readonly period: number;
  readonly fromInterval: number;
  readonly toInterval: number;
  readonly coversUntil: number;
  readonly prevPeriod: string;
  readonly head: string;
  readonly accountsRoot: string;
  readonly vectorHash: string;
  readonly wideHash: string;
  readonly dataHash: string;
}

const PERIOD = [
  ...["period", "fromInterval", "toInterval", "coversUntil"].map((name) => ({ name, type: "uint64" })),
  ...["prevPeriod", "head", "accountsRoot", "vectorHash", "wideHash", "dataHash"].map((name) => ({ name, type: "bytes32" })),
];

/** A field of EIP-712 typed data from "type name". */
export const typed = (field: string): { readonly type: string; readonly name: string } => {
  const [type, name] = field.split(" ");
  return { type: type!, name: name! };
};

/** What a home's owner signs for whoever carries it: "type name,type name". */
export const WITHDRAW = "uint32 home,address to,uint64 ticks,uint64 feeTicks,uint256 nonce,uint256 deadline";
export const REDIRECT = "uint32 home,address to,uint256 nonce,uint256 deadline";
export const WITHDRAW_NOW = "uint32 home,address to,uint64 ticks,uint256 nonce,uint64 period,uint256 deadline";

/** What the next period links to: the EIP-712 struct hash of this one. */
export const linkOf = (period: TestPeriod): string => TypedDataEncoder.hashStruct("Period", { Period: PERIOD }, period);

export interface TestBatch {
  readonly period: TestPeriod;
  readonly vector: string;
  readonly wide: string;
}

/** The longest pause of a test street, in seconds. */
export const MAX_PAUSE = 1_000;

export const configOf = async (token: Contract, authority: Contract, change: object = {}): Promise<object> => ({
  token: await token.getAddress(),
  authority: await authority.getAddress(),
  firstPeriod: FIRST_PERIOD,
  prevPeriod: FIRST_LINK,
  challengeWindow: 0,
  proposalTtl: 3_600,
  escapeDelay: 86_400,
  aheadSeconds: AHEAD,
  maxPause: MAX_PAUSE,
  disputes: ZeroAddress,
  ...change,
});

/** What each may call: registrar and governor is the operator. */
const ROLES: readonly (readonly [role: number, who: number, may: readonly string[]])[] = [
  [1, OPERATOR, ["register", "registerMany", "leaveStreet"]],
  [2, OPERATOR, ["setValidators", "setPayee"]],
  [3, GUARDIAN, ["veto", "pause", "unpause"]],
];

/** A vault, and the AccessManager that says who may what of it; nobody waits. */
export async function deployVault(chain: TestChain, token: Contract, change: object = {}): Promise<{ vault: Contract; manager: Contract }> {
  const manager = await chain.deploy(MANAGER_CODE, [addressOf(OPERATOR)]);
  const vault = await chain.deploy(VAULT_CODE, [await configOf(token, manager, change)]);
  const call = (method: string, ...args: readonly unknown[]): string => manager.interface.encodeFunctionData(method, args);
  const calls = ROLES.flatMap(([role, who, may]) => [
    call(
      "setTargetFunctionRole",
      vault.target,
      may.map((name) => vault.interface.getFunction(name)!.selector),
      role,
    ),
    call("grantRole", role, addressOf(who), 0),
  ]);
  assert((await chain.send(manager, OPERATOR, "multicall", calls)) === "ok", "a test street has roles");
  return { vault, manager };
}

/** Whose voice a validator is, as the contract counts. */
export const CLASS = { home: 0, operator: 1, utility: 2 } as const;
export type Validator = readonly [home: number, of: number];
/** Homes that are validators, one voice each. */
export const voters = (...homes: readonly number[]): Validator[] => homes.map((home) => [home, CLASS.home]);
/** From when on the first validators of a test street certify. */
export const SET_SINCE = 15;

export interface Balances {
  readonly homes: readonly { readonly ticks: bigint; readonly requested: bigint; readonly debt: bigint }[];
  readonly wide: readonly bigint[];
}

/** A vault with `homes` homes, the first `validators` of which certify; everybody may spend the operator's currency. */
export class TestVault {
  readonly chain: TestChain;
  readonly token: Contract;
  readonly vault: Contract;
  readonly manager: Contract;
  readonly validators: number;

  private constructor(chain: TestChain, contracts: Pick<TestVault, "token" | "vault" | "manager">, validators: number) {
    this.chain = chain;
    this.token = contracts.token;
    this.vault = contracts.vault;
    this.manager = contracts.manager;
    this.validators = validators;
  }

  static async deploy(chain: TestChain, { homes = 10, validators = 4, change = {} } = {}): Promise<TestVault> {
    const token = await chain.deploy(CURRENCY_CODE, []);
    const { vault, manager } = await deployVault(chain, token, change);
    const street = new TestVault(chain, { token, vault, manager }, validators);
    for (let home = 0; home < homes; home++) await street.register(home);
    const certifying = voters(...Array(Math.min(homes, validators)).keys());
    if (homes > 0) assert((await street.setValidators(SET_SINCE, certifying)) === "ok", "a test street has validators");
    await chain.send(token, OPERATOR, "mint", addressOf(OPERATOR), 10n ** 15n);
    await chain.send(token, OPERATOR, "approve", await vault.getAddress(), 2n ** 200n);
    return street;
  }

  register(home: number): Promise<string> {
    return this.send(OPERATOR, "register", addressOf(ownerOf(home)), addressOf(agentOf(home)), encodeBytes32String(`home-${home}`), home);
  }

  /** Names validators from an interval on; minimums by class. */
  setValidators(since: number, validators: readonly Validator[], minimums: readonly number[] = [0, 0, 0]): Promise<string> {
    return this.send(OPERATOR, "setValidators", since, validators, minimums);
  }

  send(by: number, method: string, ...args: readonly unknown[]): Promise<string> {
    return this.chain.send(this.vault, by, method, ...args);
  }

  view(method: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.chain.view(this.vault, method, ...args);
  }

  /** Escrows `ticks` for a wide account that somebody is named payee of. */
  async fundWide(id: number, ticks: number): Promise<void> {
    assert((await this.send(OPERATOR, "setPayee", id, addressOf(payeeOf(id)))) === "ok", "a wide account gets its payee");
    assert((await this.send(OPERATOR, "depositWide", id, ticks * 100)) === "ok", "a wide account is filled");
  }

  /** Escrows `ticks` for a home. */
  fund(home: number, ticks: number): Promise<string> {
    return this.send(OPERATOR, "deposit", home, ticks * 100);
  }

  /** All that the vault says of itself, its first ten homes and its wide accounts, and what it holds: what a refused call must leave as it was. */
  async state(): Promise<string> {
    const ids = Array.from({ length: 10 }, (_, id) => id);
    const wide = ids.slice(0, 8);
    const said = await Promise.all([
      this.view("status"),
      this.view("balances", 0, 10_000),
      this.view("validatorSets"),
      this.chain.view(this.token, "balanceOf", await this.vault.getAddress()),
      ...[...ids, ...wide.map((id) => FIRST_WIDE + id)].flatMap((id) => [this.view("withdrawal", id), this.view("nonces", id)]),
      ...wide.map((id) => this.view("payee", id)),
    ]);
    return JSON.stringify(said, (_, value) => (typeof value === "bigint" ? `${value}` : value));
  }

  /** The error that `act` ends with, once nothing of the vault has changed by it. */
  async refusal(act: () => Promise<string>): Promise<string> {
    const before = await this.state();
    const said = await act();
    assert(said !== "ok" && (await this.state()) === before, `"${said}" and the vault is another`);
    return said;
  }

  /** EIP-712 signature in the vault's domain: "type name,type name". */
  async signTyped(by: number, name: string, fields: string, values: object): Promise<string> {
    const types = fields.split(",").map(typed);
    return this.chain.person(by).signTypedData(await this.domain(), { [name]: types }, values);
  }

  /** What lets the vault take `value` millionths of person `by` (ERC-2612): deadline, v, r, s. */
  async permit(by: number, value: number, deadline = 2 ** 40): Promise<readonly unknown[]> {
    const domain = { name: "Commonwatt test currency", version: "1", chainId: CHAIN_ID, verifyingContract: await this.token.getAddress() };
    const types = ["address owner", "address spender", "uint256 value", "uint256 nonce", "uint256 deadline"].map(typed);
    const nonce = await this.chain.view(this.token, "nonces", addressOf(by));
    const values = { owner: addressOf(by), spender: await this.vault.getAddress(), value, nonce, deadline };
    const { v, r, s } = Signature.from(await this.chain.person(by).signTypedData(domain, { Permit: types }, values));
    return [deadline, v, r, s];
  }

  async domain(): Promise<TypedDataDomain> {
    return { name: "GridVault", version: "1", chainId: CHAIN_ID, verifyingContract: await this.vault.getAddress() };
  }

  async ticks(): Promise<number[]> {
    return (await this.balances()).homes.map(({ ticks }) => Number(ticks));
  }

  /** Ticks that each home has, has asked for, and owes; and wide accounts. */
  async balances(from = 0, count = 10_000): Promise<Balances> {
    const [homes, wide] = (await this.view("balances", from, count)) as [readonly Balances["homes"][number][], bigint[]];
    return { homes: [...homes].map(({ ticks, requested, debt }) => ({ ticks, requested, debt })), wide: [...wide] };
  }

  /** A period that follows what the vault holds, with these changes in ticks. */
  async batch(
    deltas: readonly number[],
    wide: readonly (readonly [number, bigint])[] = [],
    change: Partial<TestPeriod> = {},
  ): Promise<TestBatch> {
    const status = (await this.view("status")) as { nextPeriod: bigint; nextInterval: bigint; settledUntil: bigint; link: string };
    const vector = vectorBytes(deltas);
    const wideText = wideBytes(wide);
    const fromInterval = Number(status.nextInterval) || 48_000;
    const period = {
      period: Number(status.nextPeriod),
      fromInterval,
      toInterval: fromInterval + 95,
      coversUntil: Number(status.settledUntil) + 900,
      prevPeriod: status.link,
      head: keccak256(status.link),
      accountsRoot: ZeroHash,
      vectorHash: keccak256(vector),
      wideHash: keccak256(wideText),
      dataHash: ZeroHash,
      ...change,
    };
    return { period, vector, wide: wideText };
  }

  /** Signatures of these validators, by default of just enough. */
  async entries({ period }: TestBatch, indices?: readonly number[]): Promise<Entry[]> {
    const digest = (await this.view("digest", period)) as string;
    const quorum = Math.floor((2 * this.validators) / 3) + 1;
    const signers = indices ?? Array.from({ length: quorum }, (_, i) => i);
    return signers.map((index) => signEntry(index, keyOf(agentOf(index)), digest));
  }

  async propose(batch: TestBatch, entries?: readonly Entry[]): Promise<string> {
    const cert = certificateBytes(entries ?? (await this.entries(batch)));
    return this.send(STRANGER, "propose", batch.period, batch.vector, batch.wide, cert);
  }

  finalize({ period, vector, wide }: TestBatch): Promise<string> {
    return this.send(STRANGER, "finalize", period, vector, wide);
  }

  async settle(batch: TestBatch): Promise<string> {
    const proposed = await this.propose(batch);
    return proposed === "ok" ? this.finalize(batch) : proposed;
  }
}
