/** Numbers as neighbours read them. Null is never handed in here: who has no number says so in words. */
export const energy = (wh: number): string => {
  const size = Math.abs(wh);
  if (size < 1000) return `${wh} Wh`;
  return `${(wh / 1000).toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: size < 10_000 ? 2 : 1 })} kWh`;
};

const MINOR: Readonly<Record<string, string>> = { EUR: "ct", USD: "¢", AUD: "c", GBP: "p", CHF: "Rp.", DKK: "øre", SEK: "öre", NOK: "øre" };

/** The small coin of a currency, in which prices of a kWh are told; else the currency itself. */
export const priceUnit = (currency: string): string => MINOR[currency] ?? currency;

/** Micro-currency per kWh as a number of `priceUnit`. */
export const priceNumber = (micro: number, currency: string): number => (currency in MINOR ? micro / 10_000 : micro / 1_000_000);

export const price = (micro: number, currency: string): string => {
  const decimals =
    currency in MINOR ? { minimumFractionDigits: 1, maximumFractionDigits: 2 } : { minimumFractionDigits: 3, maximumFractionDigits: 4 };
  return `${priceNumber(micro, currency).toLocaleString("en", decimals)} ${priceUnit(currency)}`;
};

/** To a hundredth of a cent, for sums that grow slowly. */
export const fineMoney = (micro: number, currency: string): string =>
  new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "narrowSymbol", maximumFractionDigits: 4 }).format(
    micro / 1_000_000,
  );

/** Micro-currency to the cent; a sign only where a loss or gain is meant. */
export const money = (micro: number, currency: string, sign: "auto" | "always" = "auto"): string => {
  const cents = Math.round(micro / 10_000) / 100;
  const style = {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    signDisplay: sign === "always" ? "exceptZero" : "negative",
  } as const;
  return new Intl.NumberFormat("en", style).format(cents).replace("-", "−");
};

// Making a format costs far more than using it, and the charts use one for every interval.
const formats = new Map<string, Intl.DateTimeFormat>();

function inZone(zone: string, parts: Intl.DateTimeFormatOptions, instant: number | string): string {
  const key = `${zone} ${JSON.stringify(parts)}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...parts });
  formats.set(key, format);
  return format.format(typeof instant === "string" ? Date.parse(instant) : instant);
}

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

export const timeOf = (instant: number | string, zone: string, seconds = false): string =>
  inZone(zone, seconds ? { ...CLOCK, second: "2-digit" } : CLOCK, instant);

export const dayOf = (instant: number | string, zone: string): string =>
  inZone(zone, { weekday: "short", day: "numeric", month: "short" }, instant);

/** "18 Jun 2026, 09:00": for what is weeks away. */
export const whenOf = (instant: number | string, zone: string): string =>
  `${inZone(zone, { day: "numeric", month: "short", year: "numeric" }, instant)}, ${timeOf(instant, zone)}`;

/** Minutes since midnight on the street's clock. */
export const minuteOf = (instant: number, zone: string): number => {
  const [hours, minutes] = timeOf(instant, zone).split(":");
  return Number(hours) * 60 + Number(minutes);
};

export const span = (start: string, minutes: number, zone: string): [string, string] => [
  timeOf(start, zone),
  timeOf(Date.parse(start) + minutes * 60_000, zone),
];

/** "9:32", "1:04:10": street time that is left. */
export const countdown = (ms: number): string => {
  const all = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
};

export const shorten = (text: string, letters: number): string =>
  text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1)).trimEnd()}…`;

/** The node's phrases stand alone here: with a capital and a full stop. */
export const sentence = (phrase: string): string => {
  const text = phrase.charAt(0).toUpperCase() + phrase.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
};

/** "0.7 s" */
export const seconds = (ms: number): string =>
  `${(ms / 1000).toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 })} s`;
