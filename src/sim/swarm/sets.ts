import { quorum, validatorsOf } from "../../../engine/agreement/index.ts";
import type { Address, Digest, HomeId, Interval } from "../../../engine/kernel/index.ts";
import { type Members, membersDigest, unstakedDigest } from "../../../engine/messages/index.ts";
import { membersAt } from "../../node/index.ts";
import type { CountingChain } from "../street/chain.ts";
import { FIRST } from "../street/market.ts";

/** Who agrees on an interval, worked out from the chain: not what any home believes. What they trade against has a law of its own. */
export interface AgreedSet {
  readonly digest: Digest;
  readonly members: Members;
  readonly quorum: number;
  /** By home, its key. */
  readonly agents: ReadonlyMap<HomeId, Address>;
  readonly validators: ReadonlySet<HomeId>;
}

/** The sets of a street's intervals, one after the other, as the certified results of honest homes name them. */
export class AgreedSets {
  readonly #chain: Pick<CountingChain, "versions">;
  readonly #of = new Map<Interval, AgreedSet>();
  readonly #known = new Map<Digest, AgreedSet>();

  constructor(chain: Pick<CountingChain, "versions">) {
    this.#chain = chain;
    this.#of.set(FIRST, setOf(membersAt(chain.versions[0]!, FIRST)));
  }

  /** undefined: the interval before is not certified yet. */
  of(interval: Interval): AgreedSet | undefined {
    return this.#of.get(interval);
  }

  /**
   * An honest home has certified the interval before, and tells the content of the set that it names, as it knows it. False when the
   * chain never had its homes and validators for this interval.
   */
  name(interval: Interval, members: Members): boolean {
    const before = this.#of.get((interval - 1) as Interval);
    const unstaked = unstakedDigest(members);
    const isAsBefore = before !== undefined && unstakedDigest(before.members) === unstaked;
    const isRegistered = isAsBefore || this.#read(interval, unstaked) !== undefined;
    if (isRegistered && !this.#of.has(interval)) this.#of.set(interval, setOf(members));
    return isRegistered;
  }

  #read(interval: Interval, digest: Digest): AgreedSet | undefined {
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    for (const version of this.#chain.versions) {
      const set = setOf(membersAt(version, interval));
      this.#known.set(set.digest, set);
    }
    return this.#known.get(digest);
  }
}

function setOf(members: Members): AgreedSet {
  const validators = validatorsOf(members);
  return {
    digest: membersDigest(members),
    members,
    quorum: quorum(validators),
    agents: new Map(members.homes.map(({ home, agent }) => [home, agent])),
    validators: new Set(validators.ids),
  };
}
