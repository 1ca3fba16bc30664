/** Told of each trade: who rested, who came, at which tick, and how much. */
export type OnTrade = (maker: number, taker: number, tick: number, energy: number) => void;

interface Resting {
  readonly id: number;
  readonly side: number;
  readonly tick: number;
  energy: number;
}

interface Level {
  readonly tick: number;
  readonly queue: Resting[];
}

/**
 * A book as one would write it first: per side a sorted array of prices, the best one last, each with its queue as an array; a map
 * finds orders by id. It makes the streams of the bench, and is one of the contestants on them.
 */
export class NaiveBook {
  private readonly sides: readonly [Level[], Level[]] = [[], []];
  private readonly byId = new Map<number, Resting>();

  submit(id: number, side: number, tick: number, energy: number, onTrade: OnTrade): void {
    const others = this.sides[1 - side]!;
    let left = energy;
    for (let best = others.at(-1); left > 0 && best !== undefined && meets(side, tick, best.tick); best = others.at(-1)) {
      left = this.takeFrom(best, id, left, onTrade);
      if (best.queue.length === 0) others.pop();
    }
    if (left > 0) this.rest({ id, side, tick, energy: left });
  }

  /** Whether it rested. */
  cancel(id: number): boolean {
    const order = this.byId.get(id);
    if (order === undefined) return false;
    this.byId.delete(id);
    const levels = this.sides[order.side]!;
    const place = placeOf(levels, order.side, order.tick);
    const { queue } = levels[place]!;
    queue.splice(queue.indexOf(order), 1);
    if (queue.length === 0) levels.splice(place, 1);
    return true;
  }

  rests = (id: number): boolean => this.byId.has(id);

  bestTick = (side: number): number | undefined => this.sides[side]!.at(-1)?.tick;

  levelCount = (): number => this.sides[0].length + this.sides[1].length;

  private takeFrom(level: Level, taker: number, energy: number, onTrade: OnTrade): number {
    let left = energy;
    while (left > 0 && level.queue.length > 0) {
      const maker = level.queue[0]!;
      const traded = Math.min(left, maker.energy);
      onTrade(maker.id, taker, level.tick, traded);
      left -= traded;
      maker.energy -= traded;
      if (maker.energy > 0) continue;
      level.queue.shift();
      this.byId.delete(maker.id);
    }
    return left;
  }

  private rest(order: Resting): void {
    const levels = this.sides[order.side]!;
    const place = placeOf(levels, order.side, order.tick);
    const level = levels[place];
    if (level?.tick === order.tick) level.queue.push(order);
    else levels.splice(place, 0, { tick: order.tick, queue: [order] });
    this.byId.set(order.id, order);
  }
}

const meets = (side: number, tick: number, other: number): boolean => (side === 0 ? other <= tick : other >= tick);

/** Where the tick's level is, or would be. */
function placeOf(levels: readonly Level[], side: number, tick: number): number {
  let [low, high] = [0, levels.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = levels[middle]!.tick;
    if (side === 0 ? there < tick : there > tick) low = middle + 1;
    else high = middle;
  }
  return low;
}
