import { lowerStakes } from "../../engine/agreement/index.ts";
import type { HomeId, Interval } from "../../engine/kernel/index.ts";
import type { OrderList, Stakes } from "../../engine/messages/index.ts";
import { settledWith } from "../../engine/settlement/index.ts";
import type { Membership } from "./membership.ts";
import type { Pool } from "./pool.ts";

export interface ListModules {
  readonly pool: Pool;
  readonly membership: Membership;
  /** What homes have staked, as this home reads the chain; null: it can't tell. */
  readonly stakes: () => Stakes | null;
}

/** What this home holds at its gate, as it says it to the others, and the entries that its list names. */
export function ownList(
  { pool, membership, stakes }: ListModules,
  interval: Interval,
  validator: HomeId,
): { readonly list: OrderList; readonly named: ReturnType<Pool["named"]> } {
  const entries = pool.listable(interval, settledWith(interval), membership.isSealed, membership.agentAt);
  const { digest, version } = membership.wanted((interval + 1) as Interval);
  const list = {
    interval,
    validator,
    members: digest,
    membersVersion: version,
    stakes: toldStakes(membership, stakes(), interval),
    ...entries,
  };
  return { list, named: pool.named(entries) };
}

/** All that was read where stakes may rise, and within an epoch what has fallen. */
function toldStakes(membership: Membership, read: Stakes | null, interval: Interval): Stakes {
  const { stakes } = membership.members;
  if (read === null || stakes === null || membership.agreesStakes(interval)) return read ?? [];
  return lowerStakes(stakes, read);
}
