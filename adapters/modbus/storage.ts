import { assert, fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { DeviceCode } from "../../src/ports/index.ts";
import type { Link } from "./link.ts";
import { STORAGE_MODEL } from "./points.ts";
import { type Block, decodePoint, placesOf, rawValue } from "./sunspec/index.ts";

/** The battery's command registers in model 124 of one unit. */
export interface Storage {
  readonly link: Link;
  readonly unit: number;
  readonly block: Block;
}

/** Raw registers, and what turns watts into them. */
interface Command {
  readonly mode: number | null;
  readonly outRate: number | null;
  readonly inRate: number | null;
  readonly leaseSeconds: number | null;
}

interface StorageNow extends Command {
  readonly referenceW: number | null;
  readonly rateScale: number | null;
}

const BOTH_LIMITS = 3;
const NO_LIMIT = 0;
/** One less is the longest lease: this says "not implemented". */
const UINT16_NONE = 0xffff;
const INT16_MAX = 0x7fff;

/**
 * Forces the battery to `watts` (+ discharge): a discharge limit and its negative as charge limit leave one power only.
 * The lease goes first and is written with every command, since 0 would mean "for ever" and others may have changed it.
 */
export async function commandStorage(
  storage: Storage,
  watts: number,
  leaseSeconds: number,
  signal: AbortSignal,
): Promise<Result<void, DeviceCode>> {
  const now = await readStorage(storage, signal);
  if (!now.ok) return now;
  const wanted = commandOf(now.value, watts, leaseSeconds);
  if (!wanted.ok) return wanted;
  const { outRate, inRate } = wanted.value;
  const lease = now.value.leaseSeconds === leaseSeconds ? ok(undefined) : await write(storage, "InOutWRte_RvrtTms", [leaseSeconds], signal);
  if (!lease.ok) return lease;
  // Equal rates are written too: that starts the lease anew.
  const rates = await write(storage, "OutWRte", [outRate & UINT16_NONE, inRate & UINT16_NONE], signal);
  if (!rates.ok) return rates;
  const mode = now.value.mode === BOTH_LIMITS ? ok(undefined) : await write(storage, "StorCtl_Mod", [BOTH_LIMITS], signal);
  return mode.ok ? verify(storage, wanted.value, signal) : mode;
}

/** Both limits off: the inverter's own rules again. */
export async function releaseStorage(storage: Storage, signal: AbortSignal): Promise<Result<void, DeviceCode>> {
  const now = await readStorage(storage, signal);
  if (!now.ok) return now;
  if (now.value.mode === NO_LIMIT) return ok(undefined);
  const mode = await write(storage, "StorCtl_Mod", [NO_LIMIT], signal);
  return mode.ok ? verify(storage, { mode: NO_LIMIT }, signal) : mode;
}

function commandOf(
  now: StorageNow,
  watts: number,
  leaseSeconds: number,
): Result<Command & { readonly outRate: number; readonly inRate: number }, DeviceCode> {
  const { referenceW, rateScale } = now;
  if (referenceW === null || referenceW <= 0 || rateScale === null)
    return fail("DEVICE_REFUSED", "the battery can't be commanded: no WChaMax or rate scale");
  if (now.leaseSeconds === null) return fail("DEVICE_REFUSED", "the battery has no lease: it would keep a command for ever");
  const share = Math.min(Math.max(watts / referenceW, -1), 1);
  // The port's rate is in percent of WChaMax, in steps of its scale factor.
  const rate = Math.round((share * 100) / 10 ** rateScale);
  if (Math.abs(rate) > INT16_MAX) return fail("DEVICE_REFUSED", `rate ${rate} doesn't fit its register`);
  return ok({ mode: BOTH_LIMITS, outRate: rate, inRate: 0 - rate, leaseSeconds });
}

async function verify(storage: Storage, wanted: Partial<Command>, signal: AbortSignal): Promise<Result<void, DeviceCode>> {
  const after = await readStorage(storage, signal);
  if (!after.ok) return after;
  const differing = (Object.keys(wanted) as (keyof Command)[]).filter((key) => after.value[key] !== wanted[key]);
  if (differing.length === 0) return ok(undefined);
  return fail("DEVICE_REFUSED", `read back: ${differing.map((key) => `${key} ${after.value[key]}, written ${wanted[key]}`).join("; ")}`);
}

async function readStorage({ link, unit, block }: Storage, signal: AbortSignal): Promise<Result<StorageNow, DeviceCode>> {
  const words = await link.read(unit, block.address, Math.min(block.length + 2, 26), signal);
  if (!words.ok) return words;
  if (words.value[0] !== block.id || words.value[1] !== block.length)
    return fail("DEVICE_MALFORMED", `unit ${unit} has no storage model at ${block.address}`);
  const raw = (name: string): number | null => {
    const { type, offset, size } = place(name);
    const value = rawValue(type, words.value, offset, size);
    return typeof value === "number" ? value : null;
  };
  const reference = decodePoint(place("WChaMax"), words.value, 0, block.length);
  return ok({
    mode: raw("StorCtl_Mod"),
    outRate: raw("OutWRte"),
    inRate: raw("InWRte"),
    leaseSeconds: raw("InOutWRte_RvrtTms"),
    referenceW: typeof reference === "number" ? reference : null,
    rateScale: raw("InOutWRte_SF"),
  });
}

function place(name: string) {
  const found = placesOf(STORAGE_MODEL).get(name);
  assert(found !== undefined, `model ${STORAGE_MODEL} has no ${name}`);
  return found;
}

const write = ({ link, unit, block }: Storage, point: string, values: readonly number[], signal: AbortSignal) =>
  link.write(unit, block.address + place(point).offset, values, signal);
