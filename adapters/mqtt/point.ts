/** Where one quantity is told: a topic, and in it a number or, with `path`, JSON ("ENERGY.Total", "meters.0.power"). */
export interface Point {
  readonly topic: string;
  /** null: the whole message is the number. */
  readonly path: string | null;
  /** From what the topic tells to W or Wh, sign included: 1000 for kW and kWh, -1 for a meter that calls export positive. */
  readonly gain: number;
}

/** A message beyond this is none of a meter's. */
export const MAX_MESSAGE_BYTES = 16_384;

const TEXT = new TextDecoder("utf-8", { fatal: true });
const NUMBER = /^[+-]?(\d{1,15}(\.\d{0,12})?|\.\d{1,12})([eE][+-]?\d{1,2})?$/;
/** Beyond this neither a power nor a counter of a home goes. */
const MOST = 1e12;

/** What a message says of a point, in W or Wh; null: nothing, or nothing that is a number. */
export function numberIn(message: Uint8Array, { path, gain }: Point): number | null {
  if (message.length > MAX_MESSAGE_BYTES) return null;
  const said = path === null ? textOf(message) : foundIn(parsed(textOf(message)), path);
  const number = typeof said === "string" && NUMBER.test(said.trim()) ? Number(said) : said;
  if (typeof number !== "number" || !Number.isFinite(number)) return null;
  const value = Math.round(number * gain * 1_000) / 1_000;
  return Math.abs(value) <= MOST ? value + 0 : null;
}

function textOf(message: Uint8Array): string | null {
  try {
    return TEXT.decode(message);
  } catch {
    return null;
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return null;
  }
}

/** Own keys of objects and places of lists, with points between them. */
function foundIn(value: unknown, path: string): unknown {
  let found = value;
  for (const step of path.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, step)) return null;
    found = (found as Readonly<Record<string, unknown>>)[step];
  }
  return found;
}
