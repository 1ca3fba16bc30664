import { AssertionError } from "./assert.ts";

declare const unit: unique symbol;
type Quantity<U extends string> = number & { readonly [unit]: U };

/** Energy, integer watt-hours. */
export type Wh = Quantity<"Wh">;
/** A price, integer micro-currency per kWh (142_000 is 14.2 ct). */
export type MicroPerKwh = Quantity<"micro/kWh">;
/** Money, integer nano-currency: Wh x micro/kWh is exactly nano, so the engine never rounds. Positive: the account is owed. */
export type Nano = Quantity<"nano">;
/** A delivery interval: whole interval lengths since 1970-01-01T00:00:00Z. */
export type Interval = Quantity<"interval">;
/** A settlement period: whole period lengths since 1970-01-01T00:00:00Z. */
export type Period = Quantity<"period">;
/** A home: its index in the registry on the chain. */
export type HomeId = Quantity<"home">;

/** `wh(5)` asserts: the number is ours. `wh.is(x)` asks: the number is theirs. */
function quantity<U extends string>(name: U, min: number, max: number) {
  const is = (value: unknown): value is Quantity<U> => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
  const make = (value: number): Quantity<U> => {
    if (is(value)) return value;
    return refuse(`not a valid ${name}: ${value}`);
  };
  return Object.assign(make, { is, min, max });
}

/** Apart, so that the words of a failure are put together only when there is one: they cost 50 times the check. */
function refuse(message: string): never {
  throw new AssertionError(message);
}

const UINT32 = 2 ** 32 - 1;

export const wh = quantity("Wh", 0, 1_000_000_000_000);
export const microPerKwh = quantity("micro/kWh", 0, 100_000_000);
export const nano = quantity("nano", -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
export const interval = quantity("interval", 0, UINT32);
export const period = quantity("period", 0, UINT32);
export const homeId = quantity("home", 0, 65_535);

function safe(value: number): number {
  return Number.isSafeInteger(value) ? value : refuse(`beyond 2^53: ${value}`);
}

export const add = <Q extends Quantity<string>>(a: Q, b: NoInfer<Q>): Q => safe(a + b) as Q;
export const sub = <Q extends Quantity<string>>(a: Q, b: NoInfer<Q>): Q => safe(a - b) as Q;
export const min = <Q extends Quantity<string>>(a: Q, b: NoInfer<Q>): Q => (a < b ? a : b);
export const max = <Q extends Quantity<string>>(a: Q, b: NoInfer<Q>): Q => (a > b ? a : b);
export const sum = <Q extends Quantity<string>>(all: readonly Q[]): Q => all.reduce((total: number, each) => safe(total + each), 0) as Q;

/** Money for energy: the one place where Wh meets a price. Exact. */
export const cost = (energy: Wh, price: MicroPerKwh): Nano => safe(energy * price) as Nano;
