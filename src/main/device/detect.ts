import { isIPv4 } from "node:net";
import { type Detected, detectAt, hasOpenPort, type Profile } from "../../../adapters/modbus/index.ts";
import { systemClock } from "../../../adapters/system/index.ts";
import { type Command, endpoint } from "../../cli/index.ts";
import { cannotStart } from "../exit.ts";
import { allProfiles } from "./profile.ts";

type DetectCommand = Extract<Command, { verb: "detect" }>;

const TIMEOUT_SECONDS = 2;
/** For a port of a subnet: most addresses answer at once or never. */
const KNOCK_MS = 500;
const AT_ONCE = 8;
/** Where Modbus over TLS listens, which is told and not asked. */
const SECURE_PORT = 802;

/** Looks for devices that a profile fits, gently: few connections at once, and no unit ids but those of profiles. */
export async function runDetect({ place, timeout, json }: DetectCommand): Promise<number> {
  const hosts = hostsOf(place);
  const profiles = await allProfiles();
  const clock = systemClock();
  const ports = hosts.port === null ? [...new Set([...profiles.flatMap(({ link }) => link.ports), SECURE_PORT])] : [hosts.port];
  const doors = hosts.hosts.flatMap((host) => ports.map((port) => ({ host, port })));
  const knock = { timeoutMs: hosts.hosts.length > 1 ? KNOCK_MS : (timeout ?? TIMEOUT_SECONDS) * 1000, clock };
  const open = (await fewAtOnce(doors, async (door) => ((await hasOpenPort(door.host, door.port, knock)) ? [door] : []))).flat();
  const found: Detected[] = [];
  for (const { host, port } of open)
    found.push(
      ...(port === SECURE_PORT
        ? [{ host, port, unit: null, profiles: [] }]
        : await detectAt(host, port, profiles, { timeoutMs: (timeout ?? TIMEOUT_SECONDS) * 1000, clock })),
    );
  process.stdout.write(`${json === true ? JSON.stringify(found.map(plain)) : lines(found, place).join("\n")}\n`);
  return found.some(({ profiles: fitting }) => fitting.length > 0) ? 0 : 1;
}

interface Hosts {
  readonly hosts: readonly string[];
  /** null: all that profiles know. */
  readonly port: number | null;
}

const WIDEST = 24;

/** A host, with its port or without, or the addresses of a subnet. */
function hostsOf(place: string): Hosts {
  const [network = "", bits] = place.split("/");
  if (bits === undefined) {
    const at = endpoint(place);
    if (!at.ok) throw cannotStart("USAGE", `wants ${at.wants}, or a subnet, not "${place}"`);
    return { hosts: [at.value.host], port: /:\d{1,5}$/.test(place) && !/^[0-9a-fA-F:.]*::/.test(place) ? at.value.port : null };
  }
  const width = Number(bits);
  if (!isIPv4(network) || !/^\d{1,2}$/.test(bits) || width > 32)
    throw cannotStart("USAGE", `wants a subnet such as 192.168.1.0/24, not "${place}"`);
  if (width < WIDEST)
    throw cannotStart(
      "USAGE",
      `${place} is wider than /${WIDEST}: that is more than one home`,
      `name the part that your devices are in, such as ${network}/${WIDEST}`,
    );
  return { hosts: addressesOf(network, width), port: null };
}

/** Network and broadcast address are left out, where there are such. */
function addressesOf(network: string, width: number): readonly string[] {
  const parts = network.split(".").map(Number);
  const size = 2 ** (32 - width);
  const first = Math.floor((parts[3] ?? 0) / size) * size;
  const edge = size > 2 ? 1 : 0;
  return Array.from({ length: size - 2 * edge }, (_, i) => [...parts.slice(0, 3), first + edge + i].join("."));
}

async function fewAtOnce<T, R>(all: readonly T[], run: (each: T) => Promise<R>): Promise<readonly R[]> {
  const done: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < all.length; at = next++) done[at] = await run(all[at] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done;
}

const plain = ({ host, port, unit, profiles }: Detected) => ({ host, port, unit, profiles: profiles.map(({ id }) => id) });

function lines(found: readonly Detected[], place: string): readonly string[] {
  if (found.length === 0) return [`nobody listens at ${place} where Modbus devices do; is Modbus TCP switched on in the device?`];
  return found.flatMap((each) => [
    headline(each),
    ...each.profiles.slice(0, 1).flatMap((profile) => ["", ...configuration(each, profile), ""]),
  ]);
}

function headline({ host, port, unit, profiles }: Detected): string {
  const where = `${host} port ${port}`;
  if (port === SECURE_PORT) return `${where}: somebody listens where Modbus over TLS does, which wants a certificate`;
  if (unit === null) return `${where}: somebody listens, and no unit id that profiles know answers`;
  const [first, ...others] = profiles;
  if (first === undefined) return `${where}, unit ${unit}: answers Modbus, and no profile fits`;
  return `${where}, unit ${unit}: ${first.name} (${first.id})${others.length === 0 ? "" : `; ${others.map(({ id }) => id).join(", ")} would fit as well`}`;
}

/** What goes into the home's configuration. */
const configuration = ({ host, port, unit }: Detected, profile: Profile): readonly string[] => [
  "  device:",
  `    host: ${host}`,
  `    port: ${port}`,
  ...(profile.id === "sunspec-generic"
    ? [`    units: { inverter: ${unit}, meter: ${unit}, storage: ${unit} }`]
    : [`    profile: ${profile.id}`, ...(unit === profile.link.units.inverter ? [] : [`    units: { inverter: ${unit} }`])]),
];
