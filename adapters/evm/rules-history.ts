import { type Address, type Digest, type Interval, interval, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode, DecidedRules, RulesNumbers } from "../../src/ports/index.ts";
import type { Rpc } from "./rpc.ts";
import { COMMUNITY, view } from "./vault.ts";

/** Rules as the contract tells them. */
export interface RawRules {
  readonly hash: string;
  readonly since: bigint;
  readonly numbers: Readonly<Record<keyof RulesNumbers, bigint>>;
}

/** All rules that a community ever decided on, as of a block. */
export async function readRules(rpc: Rpc, community: Address, block: string): Promise<Result<readonly DecidedRules[], ChainCode>> {
  const asked = { to: community, contract: COMMUNITY, method: "rulesHistory", args: [], what: "community" };
  const answer = await view(rpc, asked, block);
  return answer.ok ? ok([...answer.value[0]].map(toRules)) : answer;
}

/** Beyond what an interval can be means never. */
export const toInterval = (raw: bigint): Interval => interval(Math.min(Number(raw), interval.max));

export function toRules({ hash, since, numbers }: RawRules): DecidedRules {
  const { communityPercent, kPermille, withheldCharge, maxPrice } = numbers;
  return {
    hash: hash as Digest,
    since: toInterval(since),
    numbers: {
      communityPercent: Number(communityPercent),
      kPermille: Number(kPermille),
      withheldCharge: Number(withheldCharge),
      maxPrice: Number(maxPrice),
    },
  };
}
