import { readingSignedIn } from "../../../engine/admission/index.ts";
import { signedIn } from "../../../engine/agreement/index.ts";
import type { Digest, HomeId, Interval } from "../../../engine/kernel/index.ts";
import {
  type Certificate,
  type Digests,
  idOf,
  type MarketRules,
  type Members,
  membersDigest,
  type OrderList,
  periodOf,
  type Signed,
  type Stakes,
  signedOf,
  unstakedDigest,
} from "../../../engine/messages/index.ts";
import { SETTLE_LAG } from "../../../engine/settlement/index.ts";
import type { Certified } from "../../node/index.ts";
import type { RecoverSigner } from "../../ports/index.ts";
import { FIRST } from "../street/market.ts";
import type { Law, Verdict } from "./law.ts";
import type { AgreedSet, AgreedSets } from "./sets.ts";

/** What the laws about members go by. */
export interface Roll {
  readonly sets: AgreedSets;
  readonly rules: Pick<MarketRules, "periodIntervals">;
  readonly digests: Digests;
  readonly recover: RecoverSigner;
}

/**
 * Who agrees on the next interval is what an honest validator read from the chain, and what all of them read when that is newer.
 * Comes before all others: they go by the sets that it names.
 */
export function setsAsRead({ sets, rules }: Omit<Roll, "digests" | "recover">): Law {
  const lists = new Map<Interval, Map<HomeId, Said>>();
  const untold = new Set<Interval>();
  return {
    name: "sets as read",
    said: ({ isHonest }, message) => {
      if (!isHonest || message.kind !== "list") return null;
      const { interval, validator, members, membersVersion, stakes } = message.list.body;
      lists.set(interval, (lists.get(interval) ?? new Map()).set(validator, { members, membersVersion, stakes }));
      return null;
    },
    certified: ({ isHonest }, { evaluation: { result }, block }) => {
      if (!isHonest) return null;
      const next = (result.interval + 1) as Interval;
      const set = sets.of(result.interval);
      if (sets.of(next)?.digest === result.nextMembers) return null;
      if (set === undefined && untold.has(result.interval)) return null;
      if (set === undefined) return `interval ${result.interval} is certified before the one before it`;
      const named = block.members ?? (result.nextMembers === set.digest ? set.members : null);
      // Who hasn't read that set of the chain can tell its name alone.
      if (named === null) {
        untold.add(next);
        return null;
      }
      if (membersDigest(named) !== result.nextMembers || !sets.name(next, named))
        return `interval ${next} is given to members that the chain never had`;
      const read = [...(lists.get(result.interval) ?? [])].flatMap(([home, list]) => (set.validators.has(home) ? [list] : []));
      lists.delete(result.interval);
      const mayRise = set.members.stakes === null || periodOf(rules, next) !== periodOf(rules, result.interval);
      return wrongSet(set, named, read) ?? wrongStakes({ before: set.members.stakes, now: named.stakes, mayRise }, read);
    },
  };
}

type Said = Pick<OrderList, "members" | "membersVersion" | "stakes">;

function wrongSet({ members }: AgreedSet, named: Members, read: readonly Said[]): Verdict {
  const [digest, next] = [unstakedDigest(members), unstakedDigest(named)];
  if (next !== digest && !read.some((list) => list.members === next)) return "members that no honest validator read come into force";
  const [first] = read;
  const isOne = first !== undefined && read.every((list) => list.members === first.members) && first.membersVersion > members.version;
  return isOne && next !== first.members ? "all honest validators read newer members, and they don't come into force" : null;
}

interface Staked {
  readonly before: Stakes | null;
  readonly now: Stakes | null;
  /** Else they only fall. */
  readonly mayRise: boolean;
}

/** A home that a list doesn't reach: within an epoch it stands as before, else it was not read. */
function wrongStakes({ before, now, mayRise }: Staked, read: readonly Said[]): Verdict {
  if (now === null) return before === null ? null : "what homes have staked is forgotten";
  const said = read.map((list) => list.stakes).filter((each) => each.length > 0);
  const isToldByAll = said.length === read.length && said.length > 0;
  const homes = Array.from({ length: Math.max(now.length, before?.length ?? 0) }, (_, home) => home);
  const verdicts = homes.map((home) => {
    const was = before === null ? null : (before[home] ?? 0);
    const values = said.map((each) => each[home] ?? (mayRise ? 0 : (was ?? 0)));
    const why = wrongStake({ was, stake: now[home] ?? 0, values, isToldByAll, mayRise });
    return why === null ? null : `home-${home} trades against ${now[home] ?? 0} ticks, ${why}`;
  });
  return verdicts.find((each) => each !== null) ?? null;
}

interface ToldStake extends Pick<Staked, "mayRise"> {
  readonly was: number | null;
  readonly stake: number;
  readonly values: readonly number[];
  readonly isToldByAll: boolean;
}

/** A stake lies between what honest validators read and what it was, and moves where all of them read that it has. */
function wrongStake({ was, stake, values, isToldByAll, mayRise }: ToldStake): string | null {
  const known = was === null ? values : [...values, was];
  if (stake < Math.min(...known) || stake > Math.max(...known)) return "which no honest validator read";
  if (was === null) return null;
  if (!mayRise && stake > was) return "which is more than before, within an epoch";
  if (isToldByAll && Math.max(...values) < was && stake > Math.max(...values)) return "and every honest validator read less";
  const isRisen = mayRise && isToldByAll && Math.min(...values) > was;
  return isRisen && stake < Math.min(...values) ? "and every honest validator read more" : null;
}

/** Each certificate that an honest home goes by has a quorum of the interval's own set: each once, each under the key in force. */
export function certifiedByItsSet({ sets, digests, recover }: Roll): Law {
  const ids = new Map<string, Digest>();
  const digestFor = ({ interval, view, value }: Certificate, validator: HomeId): Digest => {
    const key = `${interval}/${view}/${value}/${validator}`;
    const known = ids.get(key) ?? digests.vote({ kind: "finalize", interval, view, value, validator });
    if (ids.size > 1_000) ids.clear();
    ids.set(key, known);
    return known;
  };
  return {
    name: "certified by its own set",
    certified: ({ isHonest, name }, { block: { certificate, result } }) => {
      const set = sets.of(result.interval);
      if (!isHonest || set === undefined) return null;
      const isTrue = ({ validator, signature }: Certificate["signatures"][number]): boolean =>
        set.validators.has(validator) && recover(digestFor(certificate, validator), signature) === (set.agents.get(validator) ?? null);
      const signers = certificate.signatures.map(({ validator }) => validator);
      const isFinal =
        certificate.kind === "finalize" && certificate.interval === result.interval && new Set(signers).size === signers.length;
      const isWhole = isFinal && signers.length >= set.quorum && certificate.signatures.every(isTrue);
      return isWhole
        ? null
        : `${name} takes interval ${result.interval} as certified by ${signers.join(" ")} of ${[...set.validators].join(" ")}`;
    },
  };
}

/** What counts in an interval is of its members and under their keys in force; who isn't one gets and owes nothing more. */
export function membersAlone({ sets, recover }: Roll): Law {
  const checked = new Set<Digest>();
  let before: Certified["evaluation"]["state"]["accounts"] = new Map();
  const isSigned = (at: Interval, { body, id, signature }: Signed<{ readonly home: HomeId }>): boolean =>
    recover(id, signature) === (sets.of(at)?.agents.get(body.home) ?? null);
  return {
    name: "members alone",
    certified: ({ isHonest }, { evaluation: { value, result, orders, withheld, readings, state } }) => {
      if (!isHonest || checked.has(value)) return null;
      checked.add(value);
      const { interval } = result;
      const wrong = [...orders, ...withheld.map(signedOf)].find((entry) => !isSigned(interval, entry as Signed<{ home: HomeId }>));
      if (wrong !== undefined) return `interval ${interval} counts what isn't home-${(wrong as Signed<{ home: HomeId }>).body.home}'s`;
      const unread = readings.find(
        (entry) => readingSignedIn(entry.body.interval) >= FIRST && !isSigned(readingSignedIn(entry.body.interval), entry),
      );
      if (unread !== undefined) return `interval ${interval} counts a reading that isn't home-${unread.body.home}'s`;
      const strangers = [...state.accounts].filter(([home]) => !belongs(sets, interval, home));
      const moved = strangers.find(([home, account]) => JSON.stringify(account) !== JSON.stringify(before.get(home) ?? account));
      before = state.accounts;
      return moved === undefined ? null : `home-${moved[0]} isn't a member, and interval ${interval} moves its account`;
    },
  };
}

/** In an interval, or in what is settled with it. */
const belongs = (sets: AgreedSets, interval: Interval, home: HomeId): boolean =>
  Array.from({ length: SETTLE_LAG + 1 }, (_, lag) => sets.of((interval - lag) as Interval)).some((set) => set?.agents.has(home) === true);

/** A key that was taken back convicts nobody by what it signs for the time after; the set in force tells which it is. */
export function takenBackKeys({ sets, recover }: Roll, robbed: ReadonlySet<HomeId>): Law {
  /** By the interval whose set is not agreed yet. */
  const open: { readonly at: Interval; readonly signer: ReturnType<RecoverSigner>; readonly home: HomeId; readonly by: string }[] = [];
  const judge = (): Verdict => {
    for (const each of open.splice(0)) {
      const set = sets.of(each.at);
      if (set === undefined) open.push(each);
      else if (set.agents.get(each.home) !== each.signer)
        return `${each.by} holds evidence against home-${each.home} under another key than its own in interval ${each.at}`;
    }
    return null;
  };
  return {
    name: "keys taken back convict nobody",
    logged: (home, _level, event, data) => {
      if (!home.isHonest || event !== "agreement.evidence" || !("evidence" in data) || robbed.size === 0) return null;
      for (const conviction of home.node.convictions.all.filter(({ evidence }) => evidence.id === data.evidence)) {
        if (!robbed.has(conviction.home)) continue;
        const { first, second } = conviction.evidence.evidence;
        for (const message of [first, second])
          open.push({
            at: signedIn(message),
            signer: recover(idOf(message), signedOf(message).signature),
            home: conviction.home,
            by: home.name,
          });
      }
      return judge();
    },
    certified: ({ isHonest }) => (isHonest && open.length > 0 ? judge() : null),
  };
}
