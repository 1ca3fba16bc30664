import type { RawBytes } from "../../../engine/messages/index.ts";
import { rawRegisters } from "../raw.ts";
import type { Answers } from "./evaluate.ts";
import { MAIN } from "./plan.ts";
import {
  addressesOf,
  isRegister,
  isSunspec,
  leavesOf,
  type Profile,
  type RegisterPoint,
  type SunspecPoint,
  type Table,
} from "./profile.ts";

type Leaf = RegisterPoint | SunspecPoint;

/** The registers behind these points, as the device sent them: of a SunSpec point its whole model. What is reckoned from others has none. */
export function rawBehind(
  names: readonly string[],
  profile: Profile,
  answers: Answers,
  unitOf: (role: string) => number,
): readonly RawBytes[] {
  const leaves = names.flatMap((name): readonly Leaf[] => {
    const point = profile.points[name];
    return point === undefined ? [] : [...leavesOf(point)].filter((leaf): leaf is Leaf => isRegister(leaf) || isSunspec(leaf));
  });
  const models = leaves.filter(isSunspec).flatMap((point) => {
    const role = point.of ?? MAIN;
    const blocks = answers.chains.get(role)?.behind(point) ?? [];
    return blocks.flatMap(({ address, registers }) => rawRegisters(unitOf(role), address, registers));
  });
  const registers = [...placesOf(leaves.filter(isRegister), profile)].flatMap(([key, addresses]) => {
    const [role = MAIN, table = profile.table] = key.split(" ") as [string, Table];
    const first = Math.min(...addresses);
    const wordAt = answers.words.at(role, table);
    const words = Array.from({ length: Math.max(...addresses) - first + 1 }, (_, i) =>
      addresses.has(first + i) ? wordAt(first + i) : null,
    );
    return rawRegisters(unitOf(role), first, words, table);
  });
  const all = [...models, ...registers];
  return all.filter(({ place }, i) => all.findIndex((each) => each.place === place) === i);
}

/** Addresses by role and table. */
function placesOf(points: readonly RegisterPoint[], profile: Profile): ReadonlyMap<string, ReadonlySet<number>> {
  const places = new Map<string, Set<number>>();
  for (const point of points) {
    const key = `${point.of ?? MAIN} ${point.table ?? profile.table}`;
    const addresses = places.get(key) ?? new Set<number>();
    places.set(key, addresses);
    for (const address of [...addressesOf(point), ...(point.scaleAt === undefined ? [] : [point.scaleAt])]) addresses.add(address);
  }
  return places;
}
