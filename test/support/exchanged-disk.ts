import type { Message } from "../../engine/messages/index.ts";
import { memoryDisk, memoryStore, placesOf } from "../../src/sim/index.ts";
import type { Adversary } from "../../src/sim/street/adversary.ts";

/** An honest home whose store is on a disk that can be exchanged between two lives, and whose owner may say that it is the newest. */
export function withDisk() {
  const place = { disk: memoryDisk(), isDeclaredNewest: false };
  const swap: Adversary = {
    name: "other-disk",
    corrupt: (modules) => ({ ...modules, store: memoryStore(place.disk), isDeclaredNewest: place.isDeclaredNewest }),
  };
  return { place, swap };
}

/** What a home said in two ways, over all its lives. */
export function contradictions(said: readonly Message[]): readonly string[] {
  const places = new Map<string, string>();
  return said.flatMap(placesOf).flatMap(([place, content]) => {
    const known = places.get(place) ?? content;
    places.set(place, content);
    return known === content ? [] : [place];
  });
}
