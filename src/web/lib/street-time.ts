/** The street's time between two messages: it runs `speed` times as fast as the machine's, and stands while nothing is heard. */
export interface TimeAnchor {
  /** Street time of the last message, ms. */
  readonly at: number;
  /** Machine time when it came, ms. */
  readonly heardAt: number;
  readonly speed: number;
}

export const streetNow = (anchor: TimeAnchor, machineNow: number): number =>
  anchor.at + Math.max(0, machineNow - anchor.heardAt) * anchor.speed;

/** The street is quiet when two more gates than announced should have closed meanwhile, and at least 20 real seconds have passed. */
export const isQuiet = (anchor: TimeAnchor, gate: number, intervalMinutes: number, machineNow: number): boolean =>
  machineNow - anchor.heardAt > 20_000 && streetNow(anchor, machineNow) > gate + 2 * intervalMinutes * 60_000;
