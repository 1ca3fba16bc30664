import type { PauseView } from "../../api/state.ts";
import { timeOf } from "../lib/format.ts";
import { texts } from "../texts/index.ts";

/** Why a home signs nothing, and what ends it. */
export const pauseText = (name: string, pause: PauseView, zone: string): string => `${texts.watch.paused(name)} ${endText(pause, zone)}`;

function endText({ ends, missing, from }: PauseView, zone: string): string {
  const words = texts.watch.pauseEnds;
  if (ends === "neighbours") return words.neighbours(missing ?? 1);
  return ends === "interval" ? words.interval(from === null ? "" : timeOf(from, zone)) : words[ends];
}
