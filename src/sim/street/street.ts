import type { Interval } from "../../../engine/kernel/index.ts";
import { gateClosure, type MarketRules } from "../../../engine/messages/index.ts";
import { PURE_WORK } from "../../node/index.ts";
import { chance } from "../chance.ts";
import { HomeClock } from "../home-clock.ts";
import { type Faults, NO_FAULTS, SeededNetwork } from "../seeded-network.ts";
import { VirtualClock } from "../virtual-clock.ts";
import type { Accomplice, Adversary } from "./adversary.ts";
import { CountingChain } from "./chain.ts";
import { changed, type RegistryChange } from "./changes.ts";
import { CHEAP_KEYS, type StreetKeys } from "./cheap-signer.ts";
import { SimulatedHome, type Witness } from "./home.ts";
import { FIRST, registryOf, SIM_RULES, SPEED } from "./market.ts";
import { sharedRecover, sharedWork } from "./shared-work.ts";

export type { Witness } from "./home.ts";

export interface StreetOptions {
  readonly seed: number;
  /** Members from the beginning. */
  readonly homes: number;
  /** The first so many certify; all members if not said. */
  readonly validators?: number;
  /** From so many homes on the street is a hub; as in production if not said. */
  readonly hubFrom?: number;
  /** Homes that join later, when `change` says so; numbered behind the others. */
  readonly joiners?: number;
  readonly faults?: Faults;
  /** Largest difference of a home's clock, ms of street time. */
  readonly skewMs?: number;
  /** Largest drift of a home's clock, millionths. */
  readonly driftPpm?: number;
  /** SIM_RULES if not said; others must have their times and limits. */
  readonly rules?: MarketRules;
  /** Cheap ones if not said. */
  readonly keys?: StreetKeys;
  /** By the number of the home. */
  readonly adversaries?: ReadonlyMap<number, Adversary>;
  readonly witness?: Witness;
  /** false: each home works everything out itself, as real ones do. */
  readonly sharesWork?: boolean;
}

/** How often somebody carries a batch that is ready to the chain, real ms. */
const CARRY_MS = 500;

/** Production nodes in one process: virtual time, a seeded network, simulated disks, a chain that only counts. */
export class SimulatedStreet {
  readonly clock: VirtualClock;
  readonly network: SeededNetwork;
  /** Those that join later among them. */
  readonly homes: readonly SimulatedHome[];
  /** Follows and never votes; carries batches to the chain. */
  readonly observer: SimulatedHome;
  readonly chain: CountingChain;
  readonly rules: MarketRules;
  readonly keys: StreetKeys;
  readonly #founders: number;
  readonly #chance: () => number;

  constructor(options: StreetOptions) {
    const { seed, homes, joiners = 0, faults = NO_FAULTS, skewMs = 0, driftPpm = 0, rules = SIM_RULES, keys: own = CHEAP_KEYS } = options;
    const keys: StreetKeys = options.sharesWork === false ? own : { ...own, recover: sharedRecover(own.recover) };
    this.rules = rules;
    this.keys = keys;
    this.#founders = homes;
    this.clock = new VirtualClock({ startMs: (gateClosure(rules, FIRST) - 600) * 1000, speed: SPEED });
    this.#chance = chance(seed);
    this.network = new SeededNetwork(this.clock, this.#chance, faults);
    this.chain = new CountingChain(registryOf(homes, options.validators ?? homes, keys, rules), rules, keys.recover, this.clock);
    const names = (): readonly string[] => this.everybody.map(({ name }) => name);
    const work = options.sharesWork === false ? PURE_WORK : sharedWork();
    const accomplices = (): readonly Accomplice[] =>
      this.homes.flatMap(({ id, adversary, signers }) => {
        if (id === null || adversary === null) return [];
        // Of an owner that was robbed they have what was stolen.
        return [{ home: id, keys: adversary.name === "stolen-key" ? signers.slice(0, 1) : signers }];
      });
    const around = { network: this.network, chain: this.chain, witness: options.witness ?? {}, names, accomplices };
    const hub = options.hubFrom === undefined ? {} : { hubFrom: options.hubFrom };
    const surroundings = { seed, rules, keys, work, ...hub, ...around };
    const upTo = (most: number): number => Math.round((2 * this.#chance() - 1) * most);
    const member = (index: number | null): SimulatedHome =>
      new SimulatedHome(
        index,
        surroundings,
        new HomeClock(this.clock, upTo(skewMs), upTo(driftPpm)),
        index === null ? null : (options.adversaries?.get(index) ?? null),
      );
    this.homes = Array.from({ length: homes + joiners }, (_, index) => member(index));
    this.observer = member(null);
  }

  get everybody(): readonly SimulatedHome[] {
    return [...this.homes, this.observer];
  }

  /** Those whose word the laws hold for, the observer among them. */
  get honest(): readonly SimulatedHome[] {
    return this.everybody.filter(({ isHonest }) => isHonest);
  }

  async start(): Promise<void> {
    await Promise.all([...this.homes.slice(0, this.#founders), this.observer].map((home) => home.start()));
    this.#carryBatches();
  }

  /** Writes a change on the chain. Who joins starts then. */
  async change(change: RegistryChange): Promise<void> {
    this.chain.change(changed(this.chain.known, change, this.keys));
    if (change.kind === "join") await this.homes[change.home]!.start();
  }

  /** Until so many intervals after the first have had their gate, and real ms beyond. */
  async runTo(intervals: number, beyondMs = 0): Promise<void> {
    const gate = gateClosure(this.rules, (FIRST + intervals) as Interval) * 1000;
    await this.clock.run(this.clock.monotonicMs() + Math.max(0, gate - this.clock.now()) / SPEED + beyondMs);
  }

  stop(): void {
    for (const home of this.everybody) home.stop();
  }

  draw(): number {
    return this.#chance();
  }

  #carryBatches(): void {
    const ready = this.observer.isUp ? this.observer.node.periods.ready() : null;
    if (ready !== null && this.chain.settle(ready)) this.observer.node.periods.settledUntil(this.chain.next);
    this.clock.after(CARRY_MS, () => this.#carryBatches());
  }
}
