import type { HomeView, SettlementView } from "../../api/state.ts";
import { energy } from "../lib/format.ts";
import { texts } from "../texts/index.ts";

export type Flow = SettlementView["flows"][number];

/** What stands under a home in the picture. */
export interface HomeLabel {
  readonly text: string;
  readonly kind: "bought" | "sold" | "idle" | "missing";
}

export function labelOf(home: HomeView, flow: Flow | undefined): HomeLabel {
  if (!home.online) return { text: texts.street.offline, kind: "missing" };
  if (home.data === "no-data") return { text: texts.street.noData, kind: "missing" };
  if (flow === undefined) return { text: "", kind: "idle" };
  if (flow.soldWh > 0) return { text: texts.street.sold(energy(flow.soldWh)), kind: "sold" };
  if (flow.boughtWh > 0) return { text: texts.street.bought(energy(flow.boughtWh)), kind: "bought" };
  return { text: texts.street.idle, kind: "idle" };
}
