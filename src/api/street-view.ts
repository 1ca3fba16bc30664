import type { Words } from "../../engine/auction/index.ts";
import { add, type HomeId, type Interval, type Nano, nano, sub } from "../../engine/kernel/index.ts";
import { type Certificate, gateClosure, isSealed, type MarketRules, type Message, type Reading } from "../../engine/messages/index.ts";
import {
  type Advance,
  type MarketState,
  NEW_ACCOUNT,
  NO_SURPLUS,
  type SettledHome,
  type SettledInterval,
  utilityOnly,
} from "../../engine/settlement/index.ts";
import type { BatchReceipt, Clock, RegisteredHome, Registry, VaultBalances } from "../ports/index.ts";
import { Batches, type BatchOnItsWay } from "./batch-views.ts";
import type { Decisions } from "./community-view.ts";
import {
  clearedText,
  clearingView,
  creditView,
  endName,
  intervalName,
  isoOf,
  lastReading,
  microOf,
  settlementView,
  surplusView,
} from "./market-views.ts";
import { Presence } from "./presence.ts";
import type { IntervalView } from "./queries.ts";
import type { CertificateView, ClearingView, HomeView, MeterView, PricePoint, SettlementView, StreetState } from "./state.ts";
import type { EvidenceView } from "./state-evidence.ts";
import type { StreetLabel } from "./street-label.ts";
import { type Clocks, type Epochs, type Pause, type Proof, Watch, type WrongSettlement } from "./watch.ts";
import { wordsFor } from "./words.ts";

const KEPT_PRICES = 192;
const KEPT_CERTIFICATES = 24;

type VaultShown = Pick<VaultBalances, "homes" | "debts">;

/** Gathers what a street's observer sees into what the page shows. Keeps no truth of its own: all of it follows from certified intervals. */
export class StreetView {
  readonly #rules: MarketRules;
  readonly #label: StreetLabel;
  readonly #clock: Clock;
  readonly #words: Words;
  #registry: Registry = { homes: [], validatorSets: [], validators: [], quorum: 0 };
  /** After the last certified interval; null before the first. */
  #books: MarketState | null = null;
  /** The rules of the last certified interval. */
  #inForce: MarketRules;
  readonly #saved = new Map<HomeId, Nano>();
  readonly #presence: Presence;
  readonly #readings = new Map<HomeId, Reading>();
  readonly #intervals = new Map<Interval, IntervalView>();
  #lastSettled: SettledInterval | null = null;
  #clearing: ClearingView | null = null;
  #settlement: SettlementView | null = null;
  #prices: PricePoint[] = [];
  #certificates: CertificateView[] = [];
  #certified = 0;
  #vault: VaultShown | null = null;
  readonly #batches: Batches;
  readonly #watch: Watch;
  readonly #listeners = new Set<() => void>();

  constructor(rules: MarketRules, label: StreetLabel, clock: Clock) {
    this.#rules = rules;
    this.#inForce = rules;
    this.#label = label;
    this.#clock = clock;
    this.#words = wordsFor(rules, (home) => this.nameOf(home));
    this.#batches = new Batches(rules);
    this.#presence = new Presence(rules, clock);
    this.#watch = new Watch(rules, this.#words.home);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  nameOf(home: HomeId): string {
    return this.#registry.homes.find((each) => each.home === home)?.name ?? `home ${home}`;
  }

  registry(registry: Registry): void {
    this.#registry = registry;
    this.#changed();
  }

  chain(vault: VaultShown | null, receipts: readonly BatchReceipt[], onTheirWay: readonly BatchOnItsWay[]): void {
    this.#vault = vault;
    this.#batches.update(receipts, onTheirWay);
    this.#changed();
  }

  epochs(epochs: Epochs): void {
    this.#watch.entered(epochs);
    this.#changed();
  }

  clocks(clocks: Clocks): void {
    this.#watch.compared(clocks);
    this.#changed();
  }

  /** Who signs nothing, and what ends it; of all homes at once. */
  pauses(pauses: ReadonlyMap<HomeId, Pause>): void {
    this.#watch.paused(pauses);
    this.#changed();
  }

  /** How homes say that their meters are read; of all homes at once. */
  meters(meters: ReadonlyMap<HomeId, MeterView>): void {
    this.#watch.metered(meters);
    this.#changed();
  }

  decided(decisions: Decisions): void {
    this.#watch.decided(decisions);
  }

  disputed(wrong: readonly WrongSettlement[]): void {
    this.#watch.disputed(wrong);
    this.#changed();
  }

  /** isNew: found or heard just now, and not kept from an earlier run. */
  proved(proof: Proof, isNew: boolean): void {
    this.#watch.proved(proof, isNew ? this.#now() : null);
    this.#changed();
  }

  /** Every proof with both messages, the newest first. */
  evidence(): readonly EvidenceView[] {
    return this.#watch.evidence((home) => this.#registry.homes.find((each) => each.home === home)?.keys.map(({ agent }) => agent) ?? []);
  }

  heard(message: Message): void {
    this.#presence.heard(message);
    if (message.kind === "reading") this.#readings.set(message.reading.body.home, message.reading.body);
  }

  /** One more certified interval; `certificate` is null for those replayed from the store. */
  certified(
    advance: Advance,
    entries: { readonly orders: number; readonly readings: number },
    certificate: Certificate | null,
    latencyMs: number | null,
  ): void {
    const { clearing, settled, state, batch, result } = advance;
    const name = intervalName(this.#rules, clearing.interval);
    this.#books = state;
    this.#certified++;
    const cleared = state.cleared.at(-1)!;
    this.#inForce = cleared.rules;
    this.#clearing = clearingView(result.kind, cleared, this.#words);
    const { kind, priceMicro, volumeWh } = this.#clearing;
    this.#prices = [...this.#prices, { interval: name, kind, priceMicro, volumeWh }].slice(-KEPT_PRICES);
    if (settled !== null) this.#settled(settled);
    if (batch !== null) this.#batches.closed(batch.result.period, batch.result.fromInterval, batch.result.toInterval);
    const votes = certificate?.signatures.length ?? this.#registry.quorum;
    const view: CertificateView = {
      interval: name,
      kind: result.kind,
      value: advance.value,
      votes,
      validators: this.#watch.members?.validators.length ?? this.#registry.validators.length,
      ...entries,
      latencyMs,
    };
    this.#certificates = [view, ...this.#certificates].slice(0, KEPT_CERTIFICATES);
    this.#remember(clearing.interval, { interval: name, clearing: this.#clearing, certificate: view, settlement: null });
    this.#changed();
  }

  interval(start: string): IntervalView | null {
    return [...this.#intervals.values()].find((view) => view.interval === start) ?? null;
  }

  get lastReadingAt(): string | null {
    const newest = [...this.#readings.values()].reduce((most, reading) => Math.max(most, reading.interval), -1);
    return newest < 0 ? null : endName(this.#rules, newest as Interval);
  }

  get lastCertificateAt(): string | null {
    return this.#certificates[0]?.interval ?? null;
  }

  /** End of the last period that the chain holds. */
  get lastBatchAt(): string | null {
    return this.#batches.lastSettledAt;
  }

  get homesOnline(): number {
    return this.#registry.homes.filter(({ home }) => this.#presence.isOnline(home)).length;
  }

  state(nextInterval: Interval): StreetState {
    const rules = this.#rules;
    const credit = creditView(rules, this.#books, this.#watch.members);
    return {
      sentence: this.#sentence(),
      street: {
        name: this.#label.name,
        currency: rules.currency,
        timeZone: this.#label.timeZone,
        readings: this.#label.readings,
        synthetic: this.#label.synthetic,
        speed: this.#clock.speed,
        now: this.#now(),
        intervalMinutes: rules.intervalMinutes,
        nextInterval: { start: intervalName(rules, nextInterval), gate: isoOf(gateClosure(rules, nextInterval)) },
        importPriceMicro: rules.residual.importPrice,
        exportPriceMicro: rules.residual.exportPrice,
        intervalsCertified: this.#certified,
        sealedOrders: isSealed(rules, this.#watch.members?.homes.length ?? this.#registry.homes.length),
      },
      homes: this.#registry.homes.map((home) => this.#homeView(home, credit)),
      clearing: this.#clearing,
      prices: this.#prices,
      certificates: this.#certificates,
      batches: this.#batches.views(this.#registry.quorum),
      settlement: this.#settlement,
      surplus: surplusView(this.#inForce, this.#books?.surplus ?? NO_SURPLUS),
      watch: this.#watch.view(),
      community: this.#watch.community(nextInterval),
    };
  }

  #settled(settled: SettledInterval): void {
    this.#lastSettled = settled;
    this.#settlement = settlementView(this.#rules, settled, this.#words.home);
    for (const home of settled.homes) {
      const saved = sub(home.amount, utilityOnly(this.#rules, home));
      this.#saved.set(home.home, add(this.#saved.get(home.home) ?? nano(0), saved));
    }
    const earlier = this.#intervals.get(settled.interval);
    if (earlier !== undefined) this.#intervals.set(settled.interval, { ...earlier, settlement: this.#settlement });
  }

  #remember(interval: Interval, view: IntervalView): void {
    this.#intervals.set(interval, view);
    this.#intervals.delete((interval - KEPT_PRICES) as Interval);
  }

  #homeView({ home, name }: RegisteredHome, credit: ReturnType<typeof creditView>): HomeView {
    const account = this.#books?.accounts.get(home) ?? NEW_ACCOUNT;
    const equipment = this.#label.equipment.get(name);
    const last = this.#lastSettled?.homes.find((each) => each.home === home);
    const voice = this.#watch.voiceOf(home);
    return {
      home,
      name,
      solar: equipment?.solar ?? null,
      battery: equipment?.battery ?? null,
      online: this.#presence.isOnline(home),
      data: this.#hasData(home, last) ? "ok" : "no-data",
      validator: voice !== null,
      voice,
      clockOffsetMs: this.#watch.clockOffsetOf(home),
      paused: this.#watch.pauseOf(home),
      meter: this.#watch.meterOf(home),
      batteryPercent: null,
      keepForBackupPercent: null,
      balanceMicro: microOf(account.balance),
      vaultMicro: this.#vault?.homes[home] ?? null,
      debtMicro: this.#vault?.debts[home] ?? null,
      creditMicro: credit(home),
      savedMicro: microOf(this.#saved.get(home) ?? nano(0)),
      reading: lastReading(this.#rules, this.#lastSettled, last),
      boughtWh: last?.boughtWh ?? 0,
      soldWh: last?.soldWh ?? 0,
      boughtTotalWh: account.bought,
      soldTotalWh: account.sold,
    };
  }

  #now(): string {
    return isoOf(Math.floor(this.#clock.now() / 1000));
  }

  /** Its newest reading is of the interval that was settled last, or newer. */
  #hasData(home: HomeId, last: SettledHome | undefined): boolean {
    if (this.#lastSettled === null) return true;
    const newest = this.#readings.get(home)?.interval ?? -1;
    return newest > this.#lastSettled.interval || last?.quality === "measured";
  }

  #sentence(): string {
    const online = `${this.homesOnline} of ${this.#registry.homes.length} homes online`;
    return [online, ...clearedText(this.#clearing, this.#rules.currency)].join("; ");
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
