import { rulesUnder } from "../../engine/auction/index.ts";
import { type Digest, type Interval, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import { type Digests, decodeMembers, type MarketRules } from "../../engine/messages/index.ts";
import { genesis, type MarketState } from "../../engine/settlement/index.ts";
import type { Store } from "../ports/index.ts";
import type { Evaluation } from "./evaluate.ts";
import type { Membership } from "./membership.ts";
import { PURE_WORK, type PureWork } from "./pure-work.ts";

export interface ReplaySource {
  /** Those that the street began with; what it voted on since stands in its blocks. */
  readonly rules: MarketRules;
  readonly digests: Digests;
  readonly first: Interval;
  readonly store: Pick<Store, "blocks" | "members">;
  /** null: only the books are read. */
  readonly membership: Membership | null;
  readonly work?: PureWork;
}

const AT_ONCE = 256;

/** The ledger as a store last had it: every certified interval, worked out again in its order. */
export function replayStore(
  { rules, digests, first, store, membership, work = PURE_WORK }: ReplaySource,
  onReplayed: (evaluation: Evaluation) => void,
): MarketState {
  let state = genesis(rules, first, membership?.digest ?? ZERO_DIGEST);
  let inForce = rules;
  /** null: nobody can follow them, or the home stopped before it was told: there is no next interval. */
  const rulesOf = (members: Digest): MarketRules | null => {
    const bytes = store.members(members);
    const set = bytes === null ? null : decodeMembers(bytes);
    return set === null ? null : rulesUnder(rules, set.rules, set.homes.length);
  };
  for (let more = true; more; ) {
    const rows = store.blocks((state.interval + 1) as Interval, AT_ONCE);
    for (const { bytes } of rows) {
      const next = (state.interval + 1) as Interval;
      const block = work.decodeBlock(bytes, digests);
      const isNext = block.ok && block.value.result.interval === next && work.isWhole(block.value);
      const evaluation = isNext ? work.replay(inForce, state, block.value) : null;
      if (evaluation === null) throw new StoreMismatch(next);
      onReplayed(evaluation);
      if (block.ok && block.value.members !== null) membership?.learn(block.value.members);
      if (evaluation.state.members !== state.members) inForce = rulesOf(evaluation.state.members) ?? inForce;
      state = evaluation.state;
      membership?.enter(state.members, (state.interval + 1) as Interval);
    }
    more = rows.length === AT_ONCE;
  }
  return state;
}

/** The store belongs to another market, or to other rules: nothing in it may be built on. */
export class StoreMismatch extends Error {
  override readonly name = "StoreMismatch";

  constructor(interval: Interval) {
    super(`interval ${interval} in the store does not lead to the result that was certified`);
  }
}
