import type { HomeId } from "../kernel/index.ts";

/** What belongs to each home, in the order in which homes come. */
export function byHome<T>(all: readonly T[], homeOf: (each: T) => HomeId): ReadonlyMap<HomeId, readonly T[]> {
  const homes = new Map<HomeId, T[]>();
  for (const each of all) {
    const home = homeOf(each);
    const own = homes.get(home);
    if (own === undefined) homes.set(home, [each]);
    else own.push(each);
  }
  return homes;
}
