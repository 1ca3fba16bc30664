import { connect } from "node:net";
import type { Clock } from "../../src/ports/index.ts";
import { ModbusLink } from "./link.ts";
import { type Profile, ProfileReader } from "./profile/index.ts";
import { linkSource } from "./profile-device.ts";

export interface Detected {
  readonly host: string;
  readonly port: number;
  /** The unit that answered; null: none of those that were asked. */
  readonly unit: number | null;
  /** Profiles whose marks it bears, those of one maker first. */
  readonly profiles: readonly Profile[];
}

export interface DetectOptions {
  /** For each connection and each answer. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
}

/** Whether somebody listens there; the connection is closed at once. */
export function hasOpenPort(host: string, port: number, { timeoutMs, clock }: DetectOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (isOpen: boolean) => {
      cancel();
      socket.destroy();
      resolve(isOpen);
    };
    const cancel = clock.after(timeoutMs, () => done(false));
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}

/**
 * Asks the usual unit ids of the profiles for their marks, one after the other over one connection at a time; units that were
 * silent once are not asked again. Whatever answers is found, whether a profile fits or not.
 */
export async function detectAt(
  host: string,
  port: number,
  profiles: readonly Profile[],
  options: DetectOptions,
): Promise<readonly Detected[]> {
  const silent = new Set<number>();
  const found = new Map<number, Profile[]>();
  const candidates = profiles
    .filter(({ link, match }) => match.length > 0 && link.ports.includes(port))
    .sort((a, b) => vagueness(a) - vagueness(b));
  for (const profile of candidates.length > 0 ? candidates : profiles.filter(({ match }) => match.length > 0)) {
    for (const unit of new Set([profile.link.units.inverter ?? 1, ...profile.link.knownUnits])) {
      if (silent.has(unit)) continue;
      const link = new ModbusLink({
        host,
        port,
        timeoutMs: options.timeoutMs,
        gapMs: profile.link.gapMs,
        connectDelayMs: profile.link.connectDelayMs,
        clock: options.clock,
        random: Math.random,
      });
      const wrong = await new ProfileReader(profile, linkSource(link), { inverter: unit }).mismatch();
      link.close();
      if (!wrong.ok && wrong.code !== "DEVICE_MALFORMED") silent.add(unit);
      else found.set(unit, [...(found.get(unit) ?? []), ...(wrong.ok && wrong.value === null ? [profile] : [])]);
    }
  }
  const answered = [...found].map(([unit, fitting]) => ({ host, port, unit, profiles: fitting }));
  return answered.length > 0 ? answered : [{ host, port, unit: null, profiles: [] }];
}

/** Names come before numbers, and those of one maker before those of all. */
const vagueness = ({ match, vendors }: Profile): number =>
  (match.some(({ like }) => like !== undefined && like !== ".") ? 0 : 100) + vendors.length;
