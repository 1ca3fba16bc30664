/** A meter's counters, Wh, at a moment of the street's time, ms. */
interface Counted {
  readonly atMs: number;
  readonly importWh: number;
  readonly exportWh: number;
}

/** The same with its power then, + import. */
export interface MeterSample extends Counted {
  readonly gridW: number;
}

/** devices.md 7: what a counter gained and what the power makes differ by no more. */
const MOST_OFF = 0.02;
/** A little energy tells nothing: it is judged once so much has flowed. */
const JUDGED_WH = 1_000;
/** With a longer gap between two looks nobody knows what the power was. */
const MOST_GAP_MS = 30_000;
/** No home's meter counts faster. */
const MOST_W = 150_000;
const SLACK_WH = 1_000;
const HOUR_MS = 3_600_000;

/** Whether a counter fell, or rose by more than any home exchanges in that time. */
export function hasJumped(from: Counted, to: Counted): boolean {
  const most = (MOST_W * Math.max(0, to.atMs - from.atMs)) / HOUR_MS + SLACK_WH;
  return (["importWh", "exportWh"] as const).some((name) => to[name] < from[name] || to[name] - from[name] > most);
}

const netOf = ({ importWh, exportWh }: Counted): number => importWh - exportWh;
const grossOf = (from: Counted, to: Counted): number => to.importWh - from.importWh + to.exportWh - from.exportWh;

/** The least that a counter was seen to rise by at once: some count in steps of 1 Wh, some of 100. */
function stepOf(step: number, from: Counted, to: Counted): number {
  const rises = [to.importWh - from.importWh, to.exportWh - from.exportWh].filter((rise) => rise > 0);
  return Math.min(step, ...rises);
}

/** No step was seen: then nothing excuses a difference. */
const NEVER_ROSE = Number.POSITIVE_INFINITY;
const widest = (...steps: readonly number[]): number => Math.max(0, ...steps.filter(Number.isFinite));

/** Counters stand up to a step behind at both ends. */
const isOff = (difference: number, gross: number, step: number): boolean => Math.abs(difference) > MOST_OFF * gross + 2 * step;

/** Holds what a meter counts to what its power makes: |ΔWh − ∫P dt| at most 2 % of what flowed in both directions. */
export class PowerCheck {
  #anchor: MeterSample | null = null;
  #before: MeterSample | null = null;
  #net = 0;
  #gross = 0;
  #step = NEVER_ROSE;
  /** As last judged. */
  isOff = false;

  /** null: nothing is known now. */
  take(sample: MeterSample | null): void {
    const [anchor, before] = [this.#anchor, this.#before];
    this.#before = sample;
    const isBroken = sample === null || before === null || sample.atMs - before.atMs > MOST_GAP_MS || hasJumped(before, sample);
    if (isBroken || anchor === null) {
      this.#begin(sample);
      return;
    }
    this.#add(before, sample);
    const gross = Math.max(this.#gross, grossOf(anchor, sample));
    if (gross < JUDGED_WH) return;
    this.isOff = isOff(netOf(sample) - netOf(anchor) - this.#net, gross, widest(this.#step));
    this.#begin(sample);
  }

  #add(from: MeterSample, to: MeterSample): void {
    const hours = Math.max(0, to.atMs - from.atMs) / HOUR_MS;
    this.#net += ((from.gridW + to.gridW) / 2) * hours;
    this.#gross += ((Math.abs(from.gridW) + Math.abs(to.gridW)) / 2) * hours;
    this.#step = stepOf(this.#step, from, to);
  }

  #begin(sample: MeterSample | null): void {
    this.#anchor = sample;
    this.#net = 0;
    this.#gross = 0;
    this.#step = NEVER_ROSE;
  }
}

interface Pair {
  readonly one: Counted;
  readonly other: Counted;
}

/** Holds what two meters of one home count to each other, with the same bound. */
export class TwinCheck {
  #anchor: Pair | null = null;
  #before: Pair | null = null;
  #steps = { one: NEVER_ROSE, other: NEVER_ROSE };
  isOff = false;

  take(one: Counted | null, other: Counted | null): void {
    if (one === null || other === null) return;
    const [anchor, before] = [this.#anchor, this.#before];
    this.#before = { one, other };
    if (anchor === null || before === null || hasJumped(before.one, one) || hasJumped(before.other, other)) {
      this.#begin({ one, other });
      return;
    }
    this.#steps = { one: stepOf(this.#steps.one, before.one, one), other: stepOf(this.#steps.other, before.other, other) };
    const gross = Math.max(grossOf(anchor.one, one), grossOf(anchor.other, other));
    if (gross < JUDGED_WH) return;
    const difference = netOf(one) - netOf(anchor.one) - (netOf(other) - netOf(anchor.other));
    this.isOff = isOff(difference, gross, widest(this.#steps.one, this.#steps.other));
    this.#begin({ one, other });
  }

  #begin(pair: Pair): void {
    this.#anchor = pair;
    this.#steps = { one: NEVER_ROSE, other: NEVER_ROSE };
  }
}
