import { type Address, address, keccak, toHex, utf8 } from "../../engine/kernel/index.ts";

/** A flag's value as the program wants it, or what it should have been. */
export type Value<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly wants: string };
export type Read<T> = (text: string) => Value<T>;

const good = <T>(value: T): Value<T> => ({ ok: true, value });

export const text =
  (what: string): Read<string> =>
  (written) =>
    written.trim() === "" ? { ok: false, wants: what } : good(written);

/** Digits only: no sign, no exponent, no blanks. */
export const whole =
  (min: number, max: number): Read<number> =>
  (written) =>
    /^\d{1,15}$/.test(written) && Number(written) >= min && Number(written) <= max
      ? good(Number(written))
      : { ok: false, wants: `a whole number from ${min} to ${max}` };

export const decimal =
  (min: number, max: number): Read<number> =>
  (written) =>
    /^\d{1,9}(\.\d{1,6})?$/.test(written) && Number(written) >= min && Number(written) <= max
      ? good(Number(written))
      : { ok: false, wants: `a number from ${min} to ${max}` };

export const oneOf =
  <T extends string>(...allowed: readonly T[]): Read<T> =>
  (written) => {
    const found = allowed.find((each) => each === written);
    return found === undefined ? { ok: false, wants: allowed.length === 1 ? allowed[0]! : `one of ${allowed.join(", ")}` } : good(found);
  };

export const minutes: Read<number> = (written) => {
  const found = ["5", "15", "30", "60"].find((each) => each === written);
  return found === undefined ? { ok: false, wants: "5, 15, 30 or 60 minutes" } : good(Number(found));
};

/** An instant in UTC; a local time could be any of two dozen. */
export const instant: Read<string> = (written) => {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2})?Z$/.exec(written);
  const iso = match === null ? "" : `${match[1]}${match[2] ?? ":00"}.000Z`;
  const at = Date.parse(iso);
  const exists = !Number.isNaN(at) && new Date(at).toISOString() === iso;
  return exists ? good(written) : { ok: false, wants: 'an instant in UTC such as "2026-06-15T12:00:00Z"' };
};

export type HomesWish = { readonly kind: "count"; readonly count: number } | { readonly kind: "ids"; readonly ids: readonly string[] };

export const MAX_HOMES = 128;

/** A number of homes, or ids of a readings file. */
export const homes: Read<HomesWish> = (written) => {
  const wants = `a number of homes from 2 to ${MAX_HOMES}, or ids of a readings file such as cl01,cl02`;
  if (/^-?[\d.]+$/.test(written)) {
    const count = whole(2, MAX_HOMES)(written);
    return count.ok ? good({ kind: "count", count: count.value }) : { ok: false, wants };
  }
  const ids = written.split(",").map((id) => id.trim());
  return ids.every((id) => id !== "" && !id.startsWith("-")) && new Set(ids).size === ids.length
    ? good({ kind: "ids", ids })
    : { ok: false, wants };
};

const TICK_DIGITS = 4;
/** 2^31 - 1 ticks: what a home can hold in the vault. */
const MAX_TICKS = 2_147_483_647;

/** Money in the currency, as micro; the vault counts in ticks of 0.0001. */
export const amount: Read<number> = (written) => {
  const match = /^(\d{1,6})(?:\.(\d{1,4}))?$/.exec(written);
  const ticks = match === null ? 0 : Number(`${match[1]}${(match[2] ?? "").padEnd(TICK_DIGITS, "0")}`);
  return ticks > 0 && ticks <= MAX_TICKS
    ? good(ticks * 100)
    : { ok: false, wants: "an amount from 0.0001 to 214748.3647, no finer than 0.0001, such as 25.50" };
};

/** An account on the chain. Capitals are its checksum (EIP-55): a slip in a copied one shows. */
export const account: Read<Address> = (written) => {
  const wants = "an account, 0x and 40 hex digits";
  if (!/^0x[0-9a-fA-F]{40}$/.test(written)) return { ok: false, wants };
  const isMixed = /[a-f]/.test(written.slice(2)) && /[A-F]/.test(written.slice(2));
  return isMixed && checksummed(written) !== written
    ? { ok: false, wants: `${wants}: one of these is wrong, as its capitals tell` }
    : good(address(written));
};

/** An account, or the name of a home. */
export const homeOrAccount: Read<string> = (written) =>
  written.startsWith("0x") ? account(written) : text("a home or an account")(written);

/** https://eips.ethereum.org/EIPS/eip-55 */
function checksummed(written: string): string {
  const plain = written.slice(2).toLowerCase();
  const hash = toHex(keccak(utf8(plain))).slice(2);
  return `0x${[...plain].map((digit, at) => (Number.parseInt(hash[at]!, 16) > 7 ? digit.toUpperCase() : digit)).join("")}`;
}

/** Both ends included. */
export interface SeedRange {
  readonly from: number;
  readonly to: number;
}

/** One seed, or all from A to B. */
export const seeds: Read<SeedRange> = (written) => {
  const match = /^(\d{1,10})(?:\.\.(\d{1,10}))?$/.exec(written);
  const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  const isRange = match !== null && from <= to && to < 2 ** 32;
  return isRange ? good({ from, to }) : { ok: false, wants: "one seed or a range such as 1..1000" };
};

/** Words with commas between them. */
export const names: Read<readonly string[]> = (written) => {
  const found = written.split(",").map((name) => name.trim());
  return found.every((name) => name !== "") ? good(found) : { ok: false, wants: "names with commas between them" };
};

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const MODBUS_PORT = 502;

/** HOST or HOST:PORT; an IPv6 address before a port stands in brackets. Modbus' own port unless told. */
export const endpoint: Read<Endpoint> = (written) => {
  const match =
    /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9._-]*)))(?::(\d{1,5}))?$/.exec(written) ??
    /^()([0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)()$/.exec(written);
  const host = match?.[1] || match?.[2] || "";
  const port = Number(match?.[3] || MODBUS_PORT);
  return host !== "" && port >= 1 && port <= 65_535
    ? good({ host, port })
    : { ok: false, wants: "a host, with its port or without: 192.168.1.20:1502" };
};
