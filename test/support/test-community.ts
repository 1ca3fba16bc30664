import { type Contract, Interface, isError, keccak256, toUtf8Bytes } from "ethers";
import { COMMUNITY_ABI, COMMUNITY_BYTECODE } from "../../contracts/abi/community.ts";
import { CHAIN_ID, type TestChain } from "./test-chain.ts";
import { ownerOf, STRANGER, type TestVault } from "./test-vault.ts";

export const COMMUNITY_CODE = { abi: COMMUNITY_ABI, bytecode: COMMUNITY_BYTECODE };

export interface Numbers {
  readonly communityPercent: number;
  readonly kPermille: number;
  readonly withheldCharge: number;
  readonly maxPrice: number;
}
export interface TestRules {
  readonly hash: string;
  readonly since: number;
  readonly numbers: Numbers;
}

export const VOTING = 1_000;
/** Longer than a test vault's escape delay of a day. */
export const DELAY = 86_401;
export const GRACE = 5_000;
export const LEAST: Numbers = { communityPercent: 0, kPermille: 250, withheldCharge: 0, maxPrice: 500_000 };
export const MOST: Numbers = { communityPercent: 50, kPermille: 750, withheldCharge: 1_000_000, maxPrice: 2_000_000 };
const NUMBERS: Numbers = { communityPercent: 10, kPermille: 500, withheldCharge: 50_000, maxPrice: 1_000_000 };

/** Rules number `n`, from `since` on. */
export const rules = (n: number, since: number, change: Partial<Numbers> = {}): TestRules => ({
  hash: keccak256(toUtf8Bytes(`rules ${n}`)),
  since,
  numbers: { ...NUMBERS, ...change },
});

export const FIRST_RULES = rules(0, 40_000);
const TYPES = {
  Motion: [
    { name: "home", type: "uint32" },
    { name: "hash", type: "bytes32" },
    { name: "since", type: "uint48" },
    { name: "communityPercent", type: "uint16" },
    { name: "kPermille", type: "uint16" },
    { name: "withheldCharge", type: "uint64" },
    { name: "maxPrice", type: "uint64" },
    { name: "nonce", type: "uint256" },
  ],
  Vote: [
    { name: "motion", type: "uint256" },
    { name: "home", type: "uint32" },
    { name: "yes", type: "bool" },
  ],
};

/** The community of a test street: votes of owners, carried by a stranger where they are signed. */
export class TestCommunity {
  readonly chain: TestChain;
  readonly contract: Contract;

  private constructor(chain: TestChain, contract: Contract) {
    this.chain = chain;
    this.contract = contract;
  }

  static async deploy(street: TestVault, change: object = {}): Promise<TestCommunity> {
    const { chain } = street;
    return new TestCommunity(chain, await chain.deploy(COMMUNITY_CODE, [{ ...(await configFor(street)), ...change }]));
  }

  /** What the construction is refused with; "ok" when it isn't. */
  static async refusal(street: TestVault, change: object): Promise<string> {
    try {
      await TestCommunity.deploy(street, change);
      return "ok";
    } catch (error) {
      if (!isError(error, "CALL_EXCEPTION") || typeof error.data !== "string") throw error;
      const parsed = new Interface(COMMUNITY_ABI).parseError(error.data)!;
      return `${parsed.name}(${parsed.args.join(", ")})`;
    }
  }

  send(by: number, method: string, ...args: readonly unknown[]): Promise<string> {
    return this.chain.send(this.contract, by, method, ...args);
  }

  view(method: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.chain.view(this.contract, method, ...args);
  }

  move(home: number, wanted: TestRules, by = ownerOf(home)): Promise<string> {
    return this.send(by, "moveRules", home, wanted);
  }

  vote(motion: number, home: number, yes = true, by = ownerOf(home)): Promise<string> {
    return this.send(by, "vote", motion, home, yes);
  }

  execute(motion: number, by = STRANGER): Promise<string> {
    return this.send(by, "execute", motion);
  }

  async motion(motion: number): Promise<Record<"counted" | "members" | "yes" | "no" | "homes", number> & { isExecuted: boolean }> {
    const raw = (await this.view("motionOf", motion)) as Record<string, unknown>;
    const [counted, members, yes, no, homes] = ["counted", "members", "yes", "no", "homes"].map((key) => Number(raw[key]));
    return { counted: counted!, members: members!, yes: yes!, no: no!, homes: homes!, isExecuted: raw.isExecuted as boolean };
  }

  /** Hashes of the rules that count in each of these intervals. */
  async hashesAt(...intervals: readonly number[]): Promise<string[]> {
    const hashes: string[] = [];
    for (const interval of intervals) hashes.push(((await this.view("rulesAt", interval)) as { hash: string }).hash);
    return hashes;
  }

  /** What a person signs for whoever carries it. */
  async sign(by: number, type: keyof typeof TYPES, fields: object, domain: object = {}): Promise<string> {
    const own = { name: "Community", version: "1", chainId: CHAIN_ID, verifyingContract: await this.contract.getAddress() };
    return this.chain.person(by).signTypedData({ ...own, ...domain }, { [type]: TYPES[type] }, fields);
  }
}

export const configFor = async (street: TestVault): Promise<object> => ({
  vault: await street.vault.getAddress(),
  rules: FIRST_RULES,
  least: LEAST,
  most: MOST,
  votingSeconds: VOTING,
  delaySeconds: DELAY,
  graceSeconds: GRACE,
});
