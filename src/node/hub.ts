import type { HomeId } from "../../engine/kernel/index.ts";
import type { Members } from "../../engine/messages/index.ts";

/**
 * From so many homes on a street is a hub: its validators are linked with every home and hear every order and reading, the other
 * homes are linked with the validators alone, hear how they agree, and fetch what was agreed on. Links then grow with the homes and
 * not with their square; each home still works every result out by itself.
 */
export const HUB_FROM = 24;

export interface Hub {
  /** How many homes make a hub. */
  readonly from: number;
  readonly members: Pick<Members, "homes" | "validators">;
  /** null: a home that only follows the market. */
  readonly self: HomeId | null;
}

/** Whether this home hears orders and readings as they come. Who only follows shows them to people, so it does. */
export const hearsMarket = (hub: Hub): boolean => !isHub(hub) || hub.self === null || isValidator(hub, hub.self);

/** The homes that this one keeps a link with; the relation is symmetric. */
export function isLinked(hub: Hub, other: HomeId): boolean {
  if (other === hub.self) return false;
  return !isHub(hub) || hub.self === null || isValidator(hub, hub.self) || isValidator(hub, other);
}

/** Linked with this home, and hears both topics. */
export const isNeighbour = (hub: Hub, other: HomeId): boolean => isLinked(hub, other) && hearsMarket({ ...hub, self: other });

const isHub = ({ from, members }: Hub): boolean => members.homes.length >= from;
const isValidator = ({ members }: Hub, home: HomeId): boolean => members.validators.some((validator) => validator.home === home);
