import type { OrderList, Stakes } from "../messages/index.ts";
import { faulty, type Validators } from "./quorum.ts";

/**
 * What homes trade against in the next epoch: of at least 2f+1 readings each home's stake is the (f+1)-th largest, and so is how many
 * homes there are. An honest validator read as much, and all honest ones read no more than f liars can hide. Who says nothing stands for
 * what was agreed before, as far as 2f+1 are lacking: so f that are silent hold nothing up, and fewer than f+1 readings change nothing.
 * null: nothing was agreed before, and fewer than 2f+1 say anything.
 */
export function nextStakes(validators: Pick<Validators, "ids">, lists: readonly OrderList[], current: Stakes | null): Stakes | null {
  const told = readingsIn(lists);
  if (current === null && told.length < enough(validators)) return null;
  const read = filledUp(validators, told, current ?? []);
  const agreed = (values: readonly number[]): number => agreedOf(validators, values);
  const homes = agreed(read.map((stakes) => stakes.length));
  return Array.from({ length: homes }, (_, home) => agreed(read.map((stakes) => stakes[home] ?? 0)));
}

/**
 * What homes trade against in the next interval of the same epoch: as above where that is less, for what is paid out is no surety any
 * more; what is more waits for the epoch's edge. A home that a list doesn't reach stands in it as it was agreed. The very `current`
 * when none has fallen.
 */
export function fallenStakes(validators: Pick<Validators, "ids">, lists: readonly OrderList[], current: Stakes): Stakes {
  const told = readingsIn(lists);
  const read = filledUp(validators, told, current);
  const reach = told.reduce((most, { length }) => Math.max(most, length), 0);
  const agreed = (home: number, stake: number): number =>
    agreedOf(
      validators,
      read.map((stakes) => stakes[home] ?? stake),
    );
  const fallen = current.map((stake, home) => (home < reach ? Math.min(stake, agreed(home, stake)) : stake));
  return fallen.some((stake, home) => stake < current[home]!) ? fallen : current;
}

/**
 * What a list tells within an epoch of what its validator has read: what is agreed and where less was read that, up to the last such
 * home. At least one: an empty list says that it couldn't read.
 */
export function lowerStakes(agreed: Stakes, read: Stakes): Stakes {
  const lower = agreed.map((stake, home) => Math.min(stake, read[home] ?? stake));
  const last = lower.reduce((found, stake, home) => (stake < agreed[home]! ? home : found), 0);
  return lower.slice(0, last + 1);
}

const enough = (validators: Pick<Validators, "ids">): number => 2 * faulty(validators) + 1;

const readingsIn = (lists: readonly OrderList[]): readonly Stakes[] =>
  lists.map(({ stakes }) => stakes).filter((stakes) => stakes.length > 0);

const filledUp = (validators: Pick<Validators, "ids">, read: readonly Stakes[], current: Stakes): readonly Stakes[] => [
  ...read,
  ...Array.from({ length: Math.max(0, enough(validators) - read.length) }, () => current),
];

const agreedOf = (validators: Pick<Validators, "ids">, values: readonly number[]): number =>
  [...values].sort((a, b) => b - a)[faulty(validators)]!;
