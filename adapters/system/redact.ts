import { types } from "node:util";

/**
 * Makes any data fit to be written: flat enough, short enough, and without secrets, whatever the caller handed in. Happens
 * at the writer, so that no call site can forget it.
 */
export function redact(data: object, reserved: ReadonlySet<string> = new Set()): Record<string, unknown> {
  const fit: Record<string, unknown> = {};
  for (const [key, value] of entriesOf(data)) fit[reserved.has(key) ? `${key}_` : key] = isSecretName(key) ? HIDDEN : fitValue(value, 1);
  return fit;
}

const HIDDEN = "[hidden]";
const MAX_DEPTH = 4;
const MAX_TEXT = 2000;
const MAX_ITEMS = 50;

const SECRET_NAME = /passw|passphrase|secret|seed|mnemonic|private|token|authorization|cookie|api_?key|credential/i;
const isSecretName = (key: string): boolean => SECRET_NAME.test(key);

function fitValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return fitText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value !== "object" || value === null) return typeof value === "function" || typeof value === "symbol" ? undefined : value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return "[deeper]";
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => fitValue(item, depth + 1));
  return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, isSecretName(key) ? HIDDEN : fitValue(item, depth + 1)]));
}

/** An error's own words are no enumerable fields; Maps and Sets have no fields at all. */
function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  if (value instanceof Map || value instanceof Set) return [["size", value.size]];
  const own = Object.entries(value).slice(0, MAX_ITEMS);
  if (!types.isNativeError(value)) return own;
  return [["name", value.name], ["message", value.message], ["stack", value.stack], ...own];
}

// A password inside an address, "mqtt://user:password@host", hides under no name.
const withoutPassword = (text: string): string => text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]*@/gi, `$1:${HIDDEN}@`);

function fitText(text: string): string {
  const clean = withoutPassword(text);
  return clean.length <= MAX_TEXT ? clean : `${clean.slice(0, MAX_TEXT)}[${clean.length - MAX_TEXT} more]`;
}
