/** Whose clock a meter shows: central or eastern European time. */
export type Zone = "CET" | "EET";

const WINTER_HOURS: Readonly<Record<Zone, number>> = { CET: 1, EET: 2 };
const WRITTEN = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})([SW])$/;
const SECONDS_OF_HOUR = 3_600;

/** `YYMMDDhhmmss` and S (summer) or W (winter) as unix seconds; null when that is no instant. Thanks to the letter no hour is twofold. */
export function instantIn(written: string, zone: Zone): number | null {
  const found = WRITTEN.exec(written);
  if (found === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const local = Date.UTC(2000 + year, month - 1, day, hour, minute, second);
  const digits = new Date(local).toISOString().replaceAll(/\D/g, "").slice(2, 14);
  if (digits !== written.slice(0, 12)) return null;
  const hours = WINTER_HOURS[zone] + (found[7] === "S" ? 1 : 0);
  return local / 1_000 - hours * SECONDS_OF_HOUR;
}
