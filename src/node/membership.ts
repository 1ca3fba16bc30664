import { type NamedSet, type Validators, validatorsOf } from "../../engine/agreement/index.ts";
import { rulesUnder } from "../../engine/auction/index.ts";
import { type Address, assert, type Digest, type HomeId, type Interval, type Period } from "../../engine/kernel/index.ts";
import {
  decodeMembers,
  encodeMembers,
  isSealed,
  type MarketRules,
  type Members,
  membersDigest,
  periodOf,
  type Stakes,
  stakedDigest,
  unstakedDigest,
} from "../../engine/messages/index.ts";
import type { RegisteredHome, Registry, Store } from "../ports/index.ts";

export interface MembershipModules {
  /** Those that the street began with. */
  readonly rules: MarketRules;
  /** The street's first interval. */
  readonly first: Interval;
  readonly store: Pick<Store, "members" | "saveMembers">;
}

const MAX_READ = 16;

/** A set in force, and what follows from it. */
interface InForce {
  readonly digest: Digest;
  /** Of the same without stakes. */
  readonly unstaked: Digest;
  readonly members: Members;
  readonly validators: Validators;
  readonly agents: ReadonlyMap<HomeId, Address>;
  /** null: the street voted on rules that no home can follow. */
  readonly rules: MarketRules | null;
}

/**
 * Who belongs to the street, and which rules it has. What the chain says is one home's reading; what homes agreed on holds, epoch after
 * epoch (an epoch is a settlement period): the certified results name each set by its digest, and `enter` puts it in force.
 */
export class Membership {
  readonly #modules: MembershipModules;
  #registry: Registry;
  /** Sets of epochs to come, as the chain says now; forgotten when it says something new. */
  #read = new Map<Interval, InForce>();
  /** Sets that may come into force, of a registered one and stakes. */
  readonly #staked = new Map<Digest, { readonly unstaked: Digest; readonly stakes: Stakes | null }>();
  #current: InForce;
  #before: InForce;
  /** The interval that the set in force agrees on. */
  #interval: Interval;

  constructor(modules: MembershipModules, registry: Registry) {
    this.#modules = modules;
    this.#registry = registry;
    this.#interval = modules.first;
    this.#current = this.#readAt(modules.first);
    this.#before = this.#current;
    this.learn(this.#current.members);
  }

  update(registry: Registry): boolean {
    if (registry === this.#registry) return false;
    const isNew = JSON.stringify(registry) !== JSON.stringify(this.#registry);
    this.#registry = registry;
    if (isNew) this.#read = new Map();
    return isNew;
  }

  get registry(): Registry {
    return this.#registry;
  }

  /** The digest of the set in force. */
  get digest(): Digest {
    return this.#current.digest;
  }

  get members(): Members {
    return this.#current.members;
  }

  /** The digest of the set in force as the registry says it, without stakes. */
  get unstaked(): Digest {
    return this.#current.unstaked;
  }

  get validators(): Validators {
    return this.#current.validators;
  }

  /** The market rules in force. */
  get rules(): MarketRules {
    assert(this.#current.rules !== null, "rules that nobody can follow are never entered");
    return this.#current.rules;
  }

  /** The rules of an interval: as agreed in this epoch, as the chain says in those to come. */
  rulesAt = (interval: Interval): MarketRules => {
    const read = interval > this.lastOfEpoch ? this.#readAt(interval).rules : null;
    return read ?? this.rules;
  };

  get isSealed(): boolean {
    return isSealed(this.#modules.rules, this.#current.members.homes.length);
  }

  /** Keeps a set's content, so that it can be entered and handed on. */
  learn(members: Members): Digest {
    const digest = membersDigest(members);
    this.#modules.store.saveMembers(digest, encodeMembers(members));
    return digest;
  }

  /** The content of a set, kept from now on; null when it isn't known here. */
  keep(digest: Digest): Members | null {
    const members = this.known(digest);
    if (members !== null) this.learn(members);
    return members;
  }

  /** The content of a set; null when it isn't known here. */
  known(digest: Digest): Members | null {
    if (digest === this.#current.digest) return this.#current.members;
    const kept = this.#modules.store.members(digest);
    return kept === null ? this.#knownStaked(digest) : decodeMembers(kept);
  }

  #knownStaked(digest: Digest): Members | null {
    const staked = this.#staked.get(digest);
    if (staked === undefined || staked.stakes === null) return null;
    const { unstaked, stakes } = staked;
    const members = unstaked === this.#current.unstaked ? this.#current.members : this.known(unstaked);
    return members === null ? null : { ...members, stakes };
  }

  /** The name of a registered set with agreed stakes. Whether its content is known here or not, this home can tell what follows from it. */
  staked(unstaked: Digest, stakes: Stakes | null): Digest {
    const digest = stakedDigest(unstaked, stakes);
    this.#staked.set(digest, { unstaked, stakes });
    return digest;
  }

  /** Whether stakes may also rise with an interval: at an epoch's edge, and as long as there are none. */
  agreesStakes(interval: Interval): boolean {
    return this.#current.members.stakes === null || this.#isEdge((interval + 1) as Interval);
  }

  /** Puts a certified set in force for an interval; false while its content is unknown, and if its rules can't be followed. */
  enter(digest: Digest, interval: Interval): boolean {
    const members = this.known(digest);
    if (members === null) return false;
    const next = digest === this.#current.digest ? this.#current : this.#inForce(members);
    if (next.rules === null) return false;
    // Again for the same interval, as after a restart, nothing has passed.
    if (interval !== this.#interval) {
      this.#before = this.#current;
      this.#staked.clear();
    }
    this.#interval = interval;
    this.#current = next;
    return true;
  }

  /** The registered set for an interval by this home's own reading of the chain: another than the one in force only at an epoch's edge. */
  wanted(interval: Interval): NamedSet {
    const isEdge = this.#isEdge(interval);
    const { members } = isEdge ? this.#readAt(interval) : this.#current;
    return { digest: isEdge ? this.learn(members) : this.#current.unstaked, version: members.version };
  }

  /** Whether an interval is the first of its epoch. */
  #isEdge(interval: Interval): boolean {
    return this.#epochOf(interval) !== this.#epochOf((interval - 1) as Interval);
  }

  /** Homes of the larger of the set in force and the one before: a list at an edge names readings of both. */
  get mostHomes(): number {
    return Math.max(this.#current.members.homes.length, this.#before.members.homes.length);
  }

  /** The last interval that the set in force agrees on. */
  get lastOfEpoch(): Interval {
    return ((this.#epochOf(this.#interval) + 1) * this.#modules.rules.periodIntervals - 1) as Interval;
  }

  /** The key that signs for a home in an interval: as agreed in this epoch, as the chain says in those to come. */
  agentAt = (home: HomeId, interval: Interval): Address | undefined => {
    if (interval < this.#interval) return this.#before.agents.get(home);
    if (this.#epochOf(interval) === this.#epochOf(this.#interval)) return this.#current.agents.get(home);
    return this.#readAt(interval).agents.get(home);
  };

  registered = (home: HomeId): RegisteredHome | undefined => this.#registry.homes.find((each) => each.home === home);
  isRegistered = (home: HomeId): boolean => this.agentOf(home) !== undefined || this.registered(home) !== undefined;
  agentOf = (home: HomeId): Address | undefined => this.#current.agents.get(home);
  validatorKey = (home: HomeId): Address | undefined => (this.validators.ids.includes(home) ? this.agentOf(home) : undefined);

  /** The keys that a home may have signed with in an interval: as agreed now, and as the chain says, unless this home has read less of it than was agreed on. */
  keysIn = (home: HomeId, interval: Interval): readonly Address[] => {
    const isRead = this.#readAt(this.#interval).members.version >= this.#current.members.version;
    const read = isRead ? this.#readAt(interval).agents.get(home) : undefined;
    return [this.agentAt(home, interval), read].flatMap((key) => key ?? []);
  };

  /** Whose signatures under a period the vault counts, in its order. */
  periodValidators(period: Period): Validators {
    return this.#readAt((period * this.#modules.rules.periodIntervals) as Interval).validators;
  }

  /** The key that the vault takes a validator's signature under a period from. */
  periodKey = (home: HomeId, period: Period): Address | undefined => {
    const { validators, agents } = this.#readAt((period * this.#modules.rules.periodIntervals) as Interval);
    return validators.ids.includes(home) ? agents.get(home) : undefined;
  };

  #epochOf(interval: Interval): Period {
    return periodOf(this.#modules.rules, interval);
  }

  #readAt(interval: Interval): InForce {
    const edge = Math.max(this.#modules.first, this.#epochOf(interval) * this.#modules.rules.periodIntervals) as Interval;
    const known = this.#read.get(edge) ?? this.#inForce(membersAt(this.#registry, edge));
    this.#read.set(edge, known);
    // Anybody may ask about any interval.
    if (this.#read.size > MAX_READ) this.#read.delete(this.#read.keys().next().value ?? edge);
    return known;
  }

  #inForce(members: Members): InForce {
    const validators = validatorsOf(members);
    const agents = new Map(members.homes.map(({ home, agent }) => [home, agent]));
    const rules = rulesUnder(this.#modules.rules, members.rules, members.homes.length);
    return { digest: validators.seed, unstaked: unstakedDigest(members), members, validators, agents, rules };
  }
}

/** Who is registered for an interval, the first of its epoch, and what was decided for it; without stakes. */
export function membersAt({ homes, validatorSets, rules = [] }: Registry, interval: Interval): Members {
  const isInForce = ({ since }: { readonly since: Interval }): boolean => since <= interval;
  const present = homes.filter((home) => isInForce(home) && (home.until === null || interval < home.until));
  const set = validatorSets.filter(isInForce).at(-1) ?? validatorSets[0];
  assert(set !== undefined, "a street has validators");
  const decided = rules.slice(1).filter(isInForce);
  const voted = decided.at(-1);
  const changes = homes.flatMap((home) => [home, ...home.keys, ...(home.until === null ? [] : [{ since: home.until }])]);
  return {
    version: [...changes, ...validatorSets].filter(isInForce).length + decided.length,
    homes: present.map(({ home, keys }) => ({ home, agent: (keys.filter(isInForce).at(-1) ?? keys[0]!).agent })),
    validators: set.validators,
    minimums: set.minimums,
    stakes: null,
    ...(voted === undefined ? {} : { rules: { hash: voted.hash, numbers: voted.numbers } }),
  };
}

/** The home that an agent key belongs to, or once did; null when the registry doesn't know it. */
export const homeOf = (registry: Registry, agent: Address): HomeId | null =>
  registry.homes.find(({ keys }) => keys.some((key) => key.agent === agent))?.home ?? null;
