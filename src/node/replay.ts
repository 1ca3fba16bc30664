import { rulesUnder } from "../../engine/auction/index.ts";
import { type Interval, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import type { Digests, MarketRules } from "../../engine/messages/index.ts";
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
  readonly store: Pick<Store, "blocks">;
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
  for (let more = true; more; ) {
    const rows = store.blocks((state.interval + 1) as Interval, AT_ONCE);
    for (const { bytes } of rows) {
      const next = (state.interval + 1) as Interval;
      const block = work.decodeBlock(bytes, digests);
      const isNext = block.ok && block.value.result.interval === next && work.isWhole(block.value);
      const evaluation = isNext ? work.replay(inForce, state, block.value) : null;
      if (evaluation === null) throw new StoreMismatch(next);
      onReplayed(evaluation);
      state = evaluation.state;
      const members = block.ok ? block.value.members : null;
      if (members !== null) {
        membership?.learn(members);
        // Under rules that nobody can follow there is no next interval.
        inForce = rulesUnder(rules, members.rules, members.homes.length) ?? inForce;
      }
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
