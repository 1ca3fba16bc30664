import { assert, compare, concat, type Digest, fromHex, type HomeId, type Interval, keccakDigest } from "../kernel/index.ts";
import { type Members, membersDigest, VALIDATOR_CLASS, type ValidatorClass, word } from "../messages/index.ts";

/** Who certifies: fewer than a third may be Byzantine. */
export interface Validators {
  /** By rising id. */
  readonly ids: readonly HomeId[];
  readonly classes: ReadonlyMap<HomeId, ValidatorClass>;
  /** How many of each class a certificate needs at least. */
  readonly minimums: Members["minimums"];
  /** Where the rotation of leaders comes from. */
  readonly seed: Digest;
}

export const validatorsOf = (members: Members): Validators => ({
  ids: members.validators.map(({ home }) => home),
  classes: new Map(members.validators.map((each) => [each.home, each.class])),
  minimums: members.minimums,
  seed: membersDigest(members),
});

/** f: how many may lie. */
export const faulty = ({ ids }: Pick<Validators, "ids">): number => Math.floor((ids.length - 1) / 3);

/** q: the smallest number above two thirds. */
export const quorum = ({ ids }: Pick<Validators, "ids">): number => Math.floor((2 * ids.length) / 3) + 1;

const CLASSES = Object.keys(VALIDATOR_CLASS) as ValidatorClass[];

/** Whether these, each named once, may certify: more than two thirds, and of each class as many as the street asks for. */
export function isQuorum(validators: Validators, homes: readonly HomeId[]): boolean {
  if (homes.length < quorum(validators)) return false;
  return CLASSES.every((each) => {
    const needed = validators.minimums[each];
    return needed === 0 || homes.filter((home) => validators.classes.get(home) === each).length >= needed;
  });
}

/**
 * Leaders of an interval's views, by view from 1, over and over: a permutation, so that no faulty leader leads for ever, drawn
 * from the member set and the interval, so that no leader of the interval before can choose it.
 */
export function leadersOf({ ids, seed }: Pick<Validators, "ids" | "seed">, interval: Interval): readonly HomeId[] {
  assert(ids.length > 0, "a street has validators");
  const from = concat([fromHex(seed), word(interval)]);
  const lots = ids.map((home) => ({ home, lot: keccakDigest(concat([from, word(home)])) }));
  return lots.sort((a, b) => compare(a.lot, b.lot)).map(({ home }) => home);
}

export const leaderOf = (leaders: readonly HomeId[], view: number): HomeId => leaders[(view - 1) % leaders.length]!;
