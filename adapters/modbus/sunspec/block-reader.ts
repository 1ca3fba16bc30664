import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import { type Block, isRefusal, type ReadRegisters } from "./chain.ts";
import { placesOf } from "./layout.ts";
import { type Placed, placed } from "./places.ts";

/** What one answer can hold. */
const MAX_REGISTERS = 125;
/** The longest number: a device that takes less at once can't tell it in one piece. */
const MIN_REGISTERS = 4;
const HEADER = 2;
const TRIES = 3;
/** Refusals during one read of a block after which nobody looks for its holes any closer. */
const PATIENCE = 200;
/** Requests for one block: enough for the whole address space at 66 registers each. What is left then stays unread. */
const MAX_REQUESTS = 1_000;

type Words = readonly (number | null)[];
type Read<T> = Result<T, DeviceCode>;

/** What one request brought; `from` counts from the block's id register. null: refused. */
interface Piece {
  readonly from: number;
  readonly words: Words;
}

interface Plan {
  readonly address: number;
  /** Where a request may begin and end, rising; the first and the last are the ends of it all. */
  readonly borders: readonly number[];
  /** What is better not parted from its scale factor. */
  readonly places: readonly Placed[];
}

/**
 * Reads whole blocks in requests of at most `limit` registers. No number is cut in two, and a value comes with its scale
 * factor; where one request can't hold both, the scale factors are read before and after. What the device refuses is asked
 * for in halves: so it shows whether it has a hole, which becomes null, or takes only less at once, which is remembered.
 */
export class BlockReader {
  private readonly read: ReadRegisters;
  private limit: number;
  private refused = 0;
  private asked = 0;

  constructor(read: ReadRegisters, limit: number = MAX_REGISTERS) {
    this.read = read;
    this.limit = Math.max(MIN_REGISTERS, Math.min(limit, MAX_REGISTERS));
  }

  /** The most that the device has been seen to give in one answer. */
  get atOnce(): number {
    return this.limit;
  }

  /** The block with its header. Fails when another model is there than the walk found. */
  async block(block: Block): Promise<Read<Words>> {
    const size = block.length + HEADER;
    if (size <= this.limit) {
      const whole = await this.read(block.address, size);
      if (whole.ok) return this.checked(block, whole.value);
      if (!isRefusal(whole)) return whole;
    }
    let parted = await this.parted(block);
    for (let i = 1; i < TRIES && parted.ok && parted.value.moved.length > 0; i += 1) parted = await this.parted(block);
    if (!parted.ok) return parted;
    // A scale factor that won't stand still scales nothing.
    const { words, moved } = parted.value;
    return this.checked(block, moved.length === 0 ? words : words.map((word, i) => (moved.includes(i) ? null : word)));
  }

  private checked({ id, address, length }: Block, words: Words): Read<Words> {
    const same = words[0] === id && words[1] === length;
    return same ? ok(words) : fail("DEVICE_MALFORMED", `another model is at ${address} than ${id}, which was there a moment ago`);
  }

  /** In several requests; `moved`: scale factors that changed meanwhile. The fixed part tells how often groups repeat. */
  private async parted({ id, address, length }: Block): Promise<Read<{ readonly words: Words; readonly moved: readonly number[] }>> {
    const size = length + HEADER;
    // Where not even the header can be had there is nothing to look for holes in.
    const header = await this.read(address, HEADER);
    if (!header.ok) return header;
    const fixed = placed(id, [], Math.min(size, fixedSize(id)));
    const scales = fixed.flatMap(({ point, offset }) => (point.type === "sunssf" ? [offset] : []));
    this.refused = 0;
    this.asked = 0;
    const before = await this.scales(address, scales, fixed);
    if (!before.ok) return before;
    const head = await this.pieces({ address, borders: bordersOf(fixed, 0), places: fixed });
    if (!head.ok) return head;
    const places = placed(id, wordsOf(head.value), size);
    const start = endOf(fixed);
    const borders = [...bordersOf(places.slice(fixed.length), start), ...everyRegister(endOf(places), size).slice(1)];
    const rest = await this.pieces({ address, borders, places });
    if (!rest.ok) return rest;
    const pieces = [...head.value, ...rest.value];
    const words = wordsOf(pieces);
    const apart = partedScales(places, pieces);
    const after = apart.length === 0 ? before : await this.scales(address, scales, fixed);
    if (!after.ok) return after;
    const moved = apart.filter((at) => before.value.get(at) !== words[at] || after.value.get(at) !== words[at]);
    return ok({ words, moved });
  }

  private async scales(
    address: number,
    offsets: readonly number[],
    fixed: readonly Placed[],
  ): Promise<Read<ReadonlyMap<number, number | null>>> {
    const first = offsets[0];
    const last = offsets.at(-1);
    if (first === undefined || last === undefined) return ok(new Map());
    const pieces = await this.pieces({
      address,
      borders: bordersOf(fixed, 0).filter((border) => border >= first && border <= last + 1),
      places: [],
    });
    if (!pieces.ok) return pieces;
    const words = wordsOf(pieces.value);
    return ok(new Map(offsets.map((at) => [at, words[at - first] ?? null])));
  }

  private async pieces({ address, borders, places }: Plan): Promise<Read<readonly Piece[]>> {
    const found: Piece[] = [];
    const end = borders.at(-1) ?? 0;
    const pairs = pairsOf(places);
    for (let from = borders[0] ?? 0, next = 1, pair = 0; from < end; ) {
      while (borders[next]! <= from) next += 1;
      while (pair < pairs.length && pairs[pair]!.first < from) pair += 1;
      // No register has two borders or begins two pairs, so that a request reaches no more of them than registers.
      const near = borders.slice(next, next + this.limit);
      const to = cutAfter(from, this.limit, near, pairs.slice(pair, pair + this.limit));
      const read = await this.halves(address, from, to, near);
      if (!read.ok) return read;
      found.push(...read.value);
      from = to;
    }
    return ok(found);
  }

  private async halves(address: number, from: number, to: number, borders: readonly number[]): Promise<Read<readonly Piece[]>> {
    const hole = { from, words: Array.from({ length: to - from }, () => null) };
    if (this.asked >= MAX_REQUESTS) return ok([hole]);
    this.asked += 1;
    const read = await this.read(address + from, to - from);
    if (read.ok) return ok([{ from, words: read.value }]);
    if (!isRefusal(read)) return read;
    this.refused += 1;
    const inside = this.refused > PATIENCE ? [] : borders.filter((border) => border > from && border < to);
    const middle = nearest(inside, (from + to) / 2);
    if (middle === undefined) return ok([hole]);
    const left = await this.halves(address, from, middle, borders);
    if (!left.ok) return left;
    const right = await this.halves(address, middle, to, borders);
    if (!right.ok) return right;
    const pieces = [...left.value, ...right.value];
    const longest = Math.max(...pieces.map(({ words }) => words.length));
    if (pieces.every(({ words }) => words[0] !== null)) this.limit = Math.max(MIN_REGISTERS, Math.min(this.limit, longest));
    return ok(pieces);
  }
}

const fixedSize = (id: number): number => [...placesOf(id).values()].reduce((sum, { size }) => sum + size, 0);

const wordsOf = (pieces: readonly Piece[]): Words => pieces.flatMap(({ words }) => words);

const endOf = (places: readonly Placed[]): number => places.reduce((end, { offset, point }) => Math.max(end, offset + point.size), 0);

const bordersOf = (places: readonly Placed[], start: number): readonly number[] => [
  start,
  ...places.map(({ offset, point }) => offset + point.size),
];

const everyRegister = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** From the first register to the last of a value and its scale factor; of those that begin alike, the longest. */
interface Pair {
  readonly first: number;
  readonly last: number;
}

function pairsOf(places: readonly Placed[]): readonly Pair[] {
  const lasts = new Map<number, number>();
  for (const { offset, scaleOffset } of places) {
    if (scaleOffset === null) continue;
    const first = Math.min(offset, scaleOffset);
    lasts.set(first, Math.max(offset, scaleOffset, lasts.get(first) ?? 0));
  }
  return [...lasts].map(([first, last]) => ({ first, last })).sort((a, b) => a.first - b.first);
}

/** As far as the limit allows; a little less where that keeps values and scale factors together. Only a text longer than the limit is cut. */
function cutAfter(from: number, limit: number, borders: readonly number[], pairs: readonly Pair[]): number {
  const inReach = borders.filter((border) => border <= from + limit);
  const together = inReach.filter((border) => pairs.every(({ first, last }) => first >= border || last < border));
  return together.at(-1) ?? inReach.at(-1) ?? from + limit;
}

const nearest = (borders: readonly number[], to: number): number | undefined =>
  borders.reduce<number | undefined>(
    (best, each) => (best === undefined || Math.abs(each - to) < Math.abs(best - to) ? each : best),
    undefined,
  );

/** Scale factors that came in another request than one of their values. */
function partedScales(places: readonly Placed[], pieces: readonly Piece[]): readonly number[] {
  const pieceAt = pieces.flatMap(({ words }, piece) => words.map(() => piece));
  const parted = places.flatMap(({ offset, scaleOffset }) =>
    scaleOffset !== null && pieceAt[offset] !== pieceAt[scaleOffset] ? [scaleOffset] : [],
  );
  return [...new Set(parted)];
}
