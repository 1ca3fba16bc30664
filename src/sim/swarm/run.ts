import type { Interval } from "../../../engine/kernel/index.ts";
import { type MarketRules, type Message, periodOf } from "../../../engine/messages/index.ts";
import { SETTLE_LAG } from "../../../engine/settlement/index.ts";
import { ADVERSARIES } from "../adversaries/index.ts";
import type { StreetKeys } from "../street/cheap-signer.ts";
import type { SimulatedHome, Witness } from "../street/home.ts";
import { FIRST, INTERVAL_MS, SIM_RULES } from "../street/market.ts";
import { SimulatedStreet } from "../street/street.ts";
import { applyFaults, lastFault } from "./apply.ts";
import { applyChanges } from "./changes.ts";
import { decisionOf } from "./decision.ts";
import type { Broken, Law, Verdict } from "./law.ts";
import { lawsOf, messageOf } from "./laws.ts";
import { describeMessage, intervalOfAny } from "./places.ts";
import { isCalm, type Scenario } from "./scenario.ts";
import { type Line, Transcript } from "./transcript.ts";

/** What came of a scenario. */
export interface Outcome {
  readonly scenario: Scenario;
  /** The first law that was broken; null: all hold. */
  readonly broken: Broken | null;
  /** Over everything that happened: two runs of one scenario have one hash. */
  readonly hash: string;
  /** Over what every home decided and when, without anything that hangs on signatures. */
  readonly decided: string;
  /** Intervals that every honest home has certified. */
  readonly certified: number;
  /** How long it took in the street's own time, real ms. */
  readonly lastedMs: number;
  /** What happened, one line each; empty unless asked for. */
  readonly log: readonly Line[];
}

export interface RunOptions {
  /** Cheap ones if not said. */
  readonly keys?: StreetKeys;
  readonly withLog?: boolean;
  /** false: each home works everything out itself; the run is the same. */
  readonly sharesWork?: boolean;
}

/** How often laws that look at the whole street are asked, real ms. */
const SLICE_MS = 250;
/** Once faults are over and the last gate has closed, honest homes have so long to certify everything and settle it, real ms. */
export const PATIENCE_MS = 60_000;

/** Runs one scenario to its end or to the first law that breaks. */
export function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
  return new Run(scenario, options).run();
}

class Run {
  readonly #scenario: Scenario;
  readonly #street: SimulatedStreet;
  readonly #laws: readonly Law[];
  readonly #transcript: Transcript;
  readonly #decisions = new Transcript(false);
  #broken: Broken | null = null;
  /** Liars say one thing to many, one after the other. */
  #lastSaid: { readonly message: Message; readonly text: string } | null = null;

  constructor(scenario: Scenario, { keys, withLog = false, sharesWork = true }: RunOptions) {
    const { seed, homes, skewMs, driftPpm, adversaries, orders, periodIntervals = SIM_RULES.periodIntervals, changes = [] } = scenario;
    const liars = new Map(adversaries.map(({ home, name }) => [home, ADVERSARIES[name]]));
    this.#scenario = scenario;
    this.#transcript = new Transcript(withLog);
    const witness = this.#witness();
    const rules: MarketRules = { ...SIM_RULES, orders, periodIntervals };
    const own = keys === undefined ? { sharesWork } : { sharesWork, keys };
    const joiners = changes.filter(({ kind }) => kind === "join").length;
    this.#street = new SimulatedStreet({ seed, homes, joiners, skewMs, driftPpm, rules, adversaries: liars, witness, ...own });
    this.#laws = lawsOf(this.#street, isCalm(scenario));
  }

  async run(): Promise<Outcome> {
    const { clock } = this.#street;
    try {
      await this.#live();
    } catch (error) {
      this.#break("nothing fails", messageOf(error), null);
    }
    return {
      scenario: this.#scenario,
      broken: this.#broken,
      hash: this.#transcript.hash,
      decided: this.#decisions.hash,
      certified: this.#reached,
      lastedMs: clock.monotonicMs(),
      log: this.#transcript.lines,
    };
  }

  async #live(): Promise<void> {
    const street = this.#street;
    const tell = (what: string): void => this.#tell(null, what);
    const spare = applyFaults(street, this.#scenario, tell);
    applyChanges(street, this.#scenario, tell);
    await street.start();
    const calm = Math.max(lastFault(this.#scenario), (this.#scenario.intervals + 1) * INTERVAL_MS);
    while (this.#broken === null && street.clock.monotonicMs() < calm) await this.#slice();
    spare();
    this.#tell(null, "calm");
    while (this.#broken === null && !this.#isDone && street.clock.monotonicMs() < calm + PATIENCE_MS) await this.#slice();
    if (this.#broken === null) this.#judgeEnd();
    street.stop();
  }

  async #slice(): Promise<void> {
    const { clock } = this.#street;
    await clock.run(clock.monotonicMs() + SLICE_MS);
    this.#hold((law) => law.meanwhile?.(this.#street) ?? null, null);
  }

  #judgeEnd(): void {
    if (!this.#isDone) {
      const { intervals } = this.#scenario;
      const heights = this.#street.honest.map((home) => `${home.name} ${this.#heightOf(home)}`).join(", ");
      const settled = `${this.#street.chain.settled.length} periods settled`;
      this.#break("honest homes certify", `of ${intervals} intervals ${PATIENCE_MS} ms after the last fault: ${heights}; ${settled}`, null);
    }
    this.#hold((law) => law.atEnd?.(this.#street) ?? null, null);
  }

  #heightOf = ({ heads }: SimulatedHome): number => heads.size;

  get #reached(): number {
    return Math.min(...this.#street.honest.map(this.#heightOf));
  }

  /** Every honest home has every interval, all are at the same one, and the chain has every period that this closes. */
  get #isDone(): boolean {
    const { honest, chain, rules } = this.#street;
    const heights = honest.map(this.#heightOf);
    const lastSettled = (FIRST + this.#scenario.intervals - 1 - SETTLE_LAG) as Interval;
    const periods = periodOf(rules, (lastSettled + 1) as Interval) - periodOf(rules, FIRST);
    const isEven = heights.every((height) => height === heights[0] && height >= this.#scenario.intervals);
    return isEven && honest.every(({ isUp }) => isUp) && chain.settled.length >= periods;
  }

  #witness(): Witness {
    return {
      said: (home, message) => {
        if (message !== this.#lastSaid?.message) this.#lastSaid = { message, text: describeMessage(message) };
        this.#tell(intervalOfAny(message), `${home.name}: ${this.#lastSaid.text}`);
        this.#hold((law) => law.said?.(home, message) ?? null, intervalOfAny(message));
      },
      certified: (home, certified) => {
        const { result, value, clearing } = certified.evaluation;
        this.#decisions.add({
          atMs: this.#street.clock.monotonicMs(),
          interval: result.interval,
          text: `${home.name} ${decisionOf(certified)}`,
        });
        this.#tell(result.interval, `${home.name}: certified ${value.slice(0, 10)}, ${clearing.kind}`);
        this.#hold((law) => law.certified?.(home, certified) ?? null, result.interval);
      },
      logged: (home, level, event, data) => {
        if (level !== "debug") this.#tell(null, `${home.name}: ${level} ${event} ${JSON.stringify(data)}`);
        this.#hold((law) => law.logged?.(home, level, event, data) ?? null, null);
      },
      power: (home, isOn) => this.#tell(null, `${home.name}: power ${isOn ? "on" : "gone"}`),
    };
  }

  #tell(interval: number | null, text: string): void {
    this.#transcript.add({ atMs: this.#street?.clock.monotonicMs() ?? 0, interval, text });
  }

  #hold(ask: (law: Law) => Verdict, interval: number | null): void {
    if (this.#broken !== null || this.#laws === undefined) return;
    for (const law of this.#laws) {
      const what = ask(law);
      if (what !== null) this.#break(law.name, what, interval);
    }
  }

  #break(law: string, what: string, interval: number | null): void {
    if (this.#broken !== null) return;
    const atMs = this.#street.clock.monotonicMs();
    this.#broken = { law, what, atMs, interval: interval as Interval | null };
    this.#tell(interval, `BROKEN: ${law}: ${what}`);
  }
}

/** Intervals count from the first in what people read. */
export const numberOf = (interval: number): number => interval - FIRST + 1;
