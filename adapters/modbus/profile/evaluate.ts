import type { Readings } from "./chains.ts";
import { MAIN } from "./plan.ts";
import {
  addressesOf,
  bare,
  type DerivedPoint,
  type Gate,
  isAny,
  isRegister,
  isSunspec,
  type Point,
  type Profile,
  type RegisterPoint,
} from "./profile.ts";
import type { Words } from "./registers.ts";
import { boundsOf, type Said, type Silence, said, saidAt, signed, silent, within } from "./value.ts";

/** One named value of a device. */
export interface NamedValue {
  readonly name: string;
  readonly value: number | string | null;
  readonly unit: string | null;
  /** The name of the number, or of its bits. */
  readonly symbol: string | null;
  readonly silence: Silence | null;
  /** "input 13021", "203:W", or what it is reckoned from. */
  readonly source: string;
}

/** What a device said: words of its own map, and its SunSpec models by unit role. */
export interface Answers {
  readonly words: Words;
  readonly chains: ReadonlyMap<string, Readings>;
}

interface Found {
  readonly answer: Said;
  readonly source: string;
  readonly symbol: string | null;
}

/** All points of a profile in its order. */
export function valuesOf(profile: Profile, answers: Answers): readonly NamedValue[] {
  const evaluation = new Evaluation(profile, answers);
  return Object.entries(profile.points).map(([name, point]) => {
    const { answer, source, symbol } = evaluation.named(name);
    return { name, value: answer.value, unit: point.unit ?? null, symbol, silence: answer.silence, source };
  });
}

class Evaluation {
  private readonly profile: Profile;
  private readonly answers: Answers;
  private readonly known = new Map<string, Found>();

  constructor(profile: Profile, answers: Answers) {
    this.profile = profile;
    this.answers = answers;
  }

  /** No point leads back to itself: `checkProfile` has seen to that. */
  named(name: string): Found {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const point = this.profile.points[name];
    const found = point === undefined ? nothing("unreadable", "") : this.bounded(point);
    this.known.set(name, found);
    return found;
  }

  private bounded(point: Point): Found {
    if (point.when !== undefined && !this.holds(point.when)) return nothing("not in this firmware", point.when.point);
    const found = this.found(point);
    const answer = within(found.answer, boundsOf(point, this.profile));
    return answer.value === null ? { ...found, answer, symbol: null } : { ...found, answer };
  }

  private found(point: Point): Found {
    if (isAny(point))
      return this.first(
        point.any.map((each) => ({ ...each, unit: each.unit ?? point.unit }) as Point),
        point.negate,
      );
    if (isRegister(point)) return this.register(point);
    if (isSunspec(point)) {
      const chain = this.answers.chains.get(point.of ?? MAIN);
      if (chain === undefined) return nothing("unreadable", [point.sunspec].flat().join(", "));
      const { answer, place } = chain.said(point);
      return { answer: turned(answer, point.negate), source: place, symbol: null };
    }
    return this.derived(point);
  }

  private first(points: readonly Point[], negate: boolean | undefined): Found {
    let last = nothing("unreadable", "");
    for (const point of points) {
      last = this.bounded(point);
      if (last.answer.value !== null) return { ...last, answer: turned(last.answer, negate) };
    }
    return last;
  }

  private register(point: RegisterPoint): Found {
    const table = point.table ?? this.profile.table;
    const answer = saidAt(point, this.profile, this.answers.words.at(point.of ?? MAIN, table));
    const source = `${point.of === undefined ? "" : `${point.of} `}${table} ${[...new Set([addressesOf(point)[0], ...(typeof point.at === "number" ? [] : point.at)])].join("+")}`;
    return { answer, source, symbol: this.symbol(point, answer.value) };
  }

  private symbol({ names, bits }: Pick<RegisterPoint, "names" | "bits">, value: number | string | null): string | null {
    if (typeof value !== "number") return null;
    if (names !== undefined) return this.profile.names[names]?.[String(value)] ?? null;
    if (bits === undefined) return null;
    const set = BigInt(Math.max(0, Math.trunc(value)));
    return Object.entries(this.profile.names[bits] ?? {})
      .filter(([bit, name]) => name !== "" && ((set >> BigInt(bit)) & 1n) === 1n)
      .map(([, name]) => name)
      .join(", ");
  }

  private derived(point: DerivedPoint): Found {
    const { sum, product, signByBit, positive, band } = point;
    const operands = (names: readonly string[]) => names.map((name) => turned(this.named(bare(name)).answer, name !== bare(name)));
    if (sum !== undefined) return this.reckoned(point, sum.join(" + ").replaceAll("+ -", "- "), operands(sum), add);
    if (product !== undefined) return this.reckoned(point, product.join(" x "), operands(product), (all) => all.reduce((a, b) => a * b, 1));
    if (positive !== undefined)
      return this.reckoned(point, `what is above 0 of ${positive}`, operands([positive]), ([a = 0]) => Math.max(0, a));
    if (signByBit !== undefined) {
      const { magnitude, flag, mask } = signByBit;
      const sign = ([size = 0, bits = 0]: readonly number[]) => signed(Math.abs(size), (bits & mask) !== 0);
      return this.reckoned(point, `${magnitude}, its sign from ${flag}`, operands([magnitude, flag]), sign);
    }
    if (band === undefined) return nothing("unreadable", "");
    const which = ([a = 0]: readonly number[]) => band.gives[band.edges.filter((edge) => a >= edge).length] ?? 0;
    return this.reckoned(point, `the band of ${band.of}`, operands([band.of]), which);
  }

  private reckoned(point: DerivedPoint, source: string, parts: readonly Said[], operate: (values: readonly number[]) => number): Found {
    const left = point.skipMissing === true ? parts.filter(({ silence }) => !isMissing(silence)) : parts;
    const values = left.flatMap(({ value }) => (typeof value === "number" ? [value] : []));
    const lacks = left.filter(({ value }) => value === null);
    if (lacks.some(({ silence }) => !isMissing(silence))) return nothing("a part is unknown", source);
    if (lacks.length > 0 || values.length === 0) return nothing("not implemented", source);
    // A double's last digits are nobody's: 0.1 + 0.2.
    const exact = Number(operate(values).toPrecision(12));
    const value = signed(point.round === true ? halfEven(exact) : exact, point.negate);
    return { answer: said(value), source, symbol: this.symbol(point as Pick<RegisterPoint, "names">, value) };
  }

  private holds({ point, atLeast, atMost, is }: Gate): boolean {
    const { value } = this.named(point).answer;
    if (value === null) return false;
    if (is !== undefined && !is.includes(value)) return false;
    return typeof value !== "number" || (value >= (atLeast ?? value) && value <= (atMost ?? value));
  }
}

const add = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** The device hasn't got it, which is another thing than not telling. */
const isMissing = (silence: Silence | null): boolean => silence === "not implemented" || silence === "not in this firmware";

const nothing = (silence: Silence, source: string): Found => ({ answer: silent(silence), source, symbol: null });

const turned = (answer: Said, negate: boolean | undefined): Said =>
  typeof answer.value === "number" && negate === true ? said(signed(answer.value, true)) : answer;

function halfEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}
