import {
  captureSource,
  linkSource,
  ModbusLink,
  type NamedValue,
  type Profile,
  ProfileReader,
  type RegisterSource,
} from "../../../adapters/modbus/index.ts";
import { systemClock } from "../../../adapters/system/index.ts";
import { endpoint } from "../../cli/index.ts";
import { cannotStart } from "../exit.ts";
import { stopSignal } from "../stop.ts";
import { captureFrom } from "./capture.ts";
import type { DeviceCommand } from "./command.ts";
import { allProfiles, candidatesFor, profileNamed } from "./profile.ts";

interface Opened {
  readonly profile: Profile;
  readonly source: RegisterSource;
  readonly reader: ProfileReader;
  close(): void;
}

/** Prints all named values of a device, or of a capture of one, once. */
export async function runRead(command: DeviceCommand): Promise<number> {
  const opened = command.target.endsWith(".json") ? await openCapture(command) : await openHost(command);
  try {
    if (!command.target.endsWith(".json")) await identify(opened);
    process.stdout.write(`${shown(opened.profile, await valuesOf(opened), command)}\n`);
  } finally {
    opened.close();
  }
  return 0;
}

const EVERY_SECONDS = 5;

/** The same again and again, until Ctrl-C; a device that doesn't answer is asked again. */
export async function runWatch(command: DeviceCommand): Promise<number> {
  const opened = await openHost(command);
  let isStopped = false;
  const stopped = stopSignal().then(() => {
    isStopped = true;
  });
  await identify(opened).finally(() => isStopped && opened.close());
  while (!isStopped) {
    const read = await opened.reader.read();
    const at = new Date(systemClock().now()).toISOString();
    process.stdout.write(read.ok ? `${at}\n${shown(opened.profile, read.value, command)}\n` : `${at} ${read.code}: ${read.detail}\n`);
    const pause = new Promise<void>((resolve) => systemClock().after((command.every ?? EVERY_SECONDS) * 1000, resolve));
    await Promise.race([pause, stopped]);
  }
  opened.close();
  return 0;
}

async function openCapture({ target, profile }: DeviceCommand): Promise<Opened> {
  const capture = await captureFrom(target);
  const source = captureSource(capture);
  const chosen = profile === null ? await tellingMost(candidatesFor(capture, await allProfiles()), source) : await profileNamed(profile);
  if (chosen === null)
    throw cannotStart("PROFILE_UNKNOWN", `no profile is for the maker that ${target} names`, "choose one with --profile ID");
  return { profile: chosen, source, reader: new ProfileReader(chosen, source), close: () => undefined };
}

/** The profile that makes most of these registers. */
async function tellingMost(profiles: readonly Profile[], source: RegisterSource): Promise<Profile | null> {
  const counted = await Promise.all(
    profiles.map(async (profile) => {
      const values = await new ProfileReader(profile, source).read();
      return { profile, told: values.ok ? values.value.filter(({ value }) => value !== null).length : 0 };
    }),
  );
  return counted.sort((a, b) => b.told - a.told)[0]?.profile ?? null;
}

/** What a command line says about a device, and what its profile says where that is silent. */
export async function openHost({ target, profile: named, unit, timeout }: DeviceCommand): Promise<Opened> {
  const profile = await profileNamed(named ?? "");
  const at = endpoint(target);
  if (!at.ok) throw cannotStart("USAGE", `wants ${at.wants}, not "${target}"`);
  const { gapMs, connectDelayMs, timeoutMs, ports } = profile.link;
  const port = /:\d{1,5}$/.test(target) ? at.value.port : (ports[0] ?? at.value.port);
  const link = new ModbusLink({
    host: at.value.host,
    port,
    timeoutMs: timeout === null ? timeoutMs : timeout * 1000,
    gapMs,
    connectDelayMs,
    clock: systemClock(),
    random: Math.random,
  });
  const units = unit === null ? {} : { inverter: unit };
  const source = linkSource(link);
  return { profile, source, reader: new ProfileReader(profile, source, units), close: () => link.close() };
}

/** Refuses a device that is another than its profile says. */
export async function identify({ profile, reader }: Pick<Opened, "profile" | "reader">): Promise<void> {
  const wrong = await reader.mismatch();
  if (!wrong.ok)
    throw cannotStart(
      wrong.code,
      wrong.detail,
      "is Modbus TCP switched on, port and unit id right (--unit N)? Many devices take one client at a time",
    );
  if (wrong.value !== null)
    throw cannotStart("PROFILE_MISMATCH", `this is no ${profile.name}: ${wrong.value}`, "commonwatt detect HOST tells which profile fits");
}

async function valuesOf({ reader }: Opened): Promise<readonly NamedValue[]> {
  const read = await reader.read();
  if (!read.ok) throw cannotStart(read.code, read.detail, "try another unit id with --unit N, or a longer --timeout SECONDS");
  return read.value;
}

function shown(profile: Profile, values: readonly NamedValue[], { json }: DeviceCommand): string {
  return json === true ? JSON.stringify({ profile: profile.id, values }) : table(values).join("\n");
}

/** One line for each value that there is; then those that the device is silent about, by reason. */
function table(values: readonly NamedValue[]): readonly string[] {
  const told = values.filter(({ value }) => value !== null);
  const rows = told.map(
    ({ name, value, unit, symbol, source }) =>
      [name, [value, unit, symbol].filter((part) => part !== null && part !== "").join(" "), source] as const,
  );
  const width = (column: 0 | 1) => Math.max(0, ...rows.map((row) => row[column].length));
  const lines = rows.map(([name, value, source]) => `${name.padEnd(width(0))}  ${value.padEnd(width(1))}  ${source}`);
  const reasons = [...new Set(values.flatMap(({ silence }) => (silence === null ? [] : [silence])))];
  const silent = reasons.map(
    (reason) =>
      `${reason}: ${values
        .filter(({ silence }) => silence === reason)
        .map(({ name }) => name)
        .join(", ")}`,
  );
  return [...lines, ...(silent.length === 0 ? [] : ["", ...silent])];
}
