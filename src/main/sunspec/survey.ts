import { type LinkOptions, type Survey, surveyDevice, unitsWithSunspec } from "../../../adapters/modbus/index.ts";
import { systemClock } from "../../../adapters/system/index.ts";
import { endpoint } from "../../cli/index.ts";
import type { DeviceCode } from "../../ports/index.ts";
import { cannotStart } from "../exit.ts";

interface Wish {
  readonly unit: number | null;
  readonly base: number | null;
  /** Seconds. */
  readonly timeout: number | null;
}

export interface Surveyed {
  readonly host: string;
  readonly port: number;
  readonly unit: number;
  readonly survey: Survey;
}

const UNIT = 1;
const TIMEOUT_SECONDS = 5;
/** Where devices are known to show SunSpec: SMA, Kostal, Fronius' meters of two generations, GoodWe, second units. */
const KNOWN_UNITS = [1, 126, 71, 200, 240, 247, 2, 3];
const PROBE_MS = 1_000;

/** Reads a device named on the command line; a refusal tells what to try. */
export async function survey(written: string, { unit: wished, base, timeout }: Wish): Promise<Surveyed> {
  const at = endpoint(written);
  if (!at.ok) throw cannotStart("USAGE", `wants ${at.wants}, not "${written}"`);
  const { host, port } = at.value;
  const unit = wished ?? UNIT;
  const link: LinkOptions = { host, port, timeoutMs: (timeout ?? TIMEOUT_SECONDS) * 1000, clock: systemClock(), random: Math.random };
  const found = await surveyDevice({ ...link, unit, bases: base === null ? [] : [base] });
  if (found.ok) return { host, port, unit, survey: found.value };
  const others =
    found.code === "DEVICE_OFFLINE"
      ? []
      : await unitsWithSunspec(
          { ...link, timeoutMs: Math.min(link.timeoutMs, PROBE_MS) },
          KNOWN_UNITS.filter((each) => each !== unit),
        );
  throw cannotStart(found.code, `unit ${unit} of ${host} port ${port}: ${found.detail}`, wayOut(found.code, others));
}

function wayOut(code: DeviceCode, others: readonly number[]): string {
  if (others.length > 0) return `a SunSpec map is at ${others.map((unit) => `--unit ${unit}`).join(", ")}`;
  switch (code) {
    case "DEVICE_OFFLINE":
      return "is Modbus TCP switched on in the device, and the port right (often 502 or 1502)? Many devices take one client at a time";
    case "DEVICE_TIMEOUT":
      return "the connection stood: try another unit id with --unit N, or a longer --timeout SECONDS";
    case "DEVICE_EXCEPTION":
      return "try another unit id with --unit N, or again later";
    default:
      return "is SunSpec switched on in the device? Try another unit id with --unit N, or the map's place with --base N";
  }
}
