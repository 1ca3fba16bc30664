import { readFile } from "node:fs/promises";
import type { MeterSource } from "../../engine/messages/index.ts";
import { MeteredDevice } from "../agent/index.ts";
import type { Clock, Device, Log, Meter } from "../ports/index.ts";
import type { HomeConfig, MqttConfig, P1Config, SecretPlace } from "./config/index.ts";
import { cannotStart } from "./exit.ts";
import { openHomeDevice } from "./home-device.ts";

interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  /** Of the market rules. */
  readonly intervalSeconds: number;
}

/** A home's devices as one, and which meter's counters are its readings. */
export interface HomeMeters {
  readonly device: Device;
  readonly source: MeterSource;
  /** Ends what serves the inverter to others; the device itself is its user's to close. */
  closeProxy(): Promise<void>;
}

/** Opens what a home's configuration names. A meter's adapter is loaded only where there is one, so that other homes stay small. */
export async function openMeters(config: HomeConfig, surroundings: Surroundings): Promise<HomeMeters> {
  const { clock, log } = surroundings;
  const { device } = config;
  const meter = device.meter === null ? null : await openMeter(device.meter.source, surroundings);
  const opened = device.modbus === null ? null : await openHomeDevice({ ...config, device: device.modbus }, clock);
  const inverter = opened?.device ?? null;
  const closeProxy = async (): Promise<void> => opened?.closeProxy();
  if (device.meter === null || meter === null) {
    if (inverter === null) throw new Error("a configuration without a device was let through");
    return { device: inverter, source: "modbus", closeProxy };
  }
  const { settles, source } = device.meter;
  return {
    device: new MeteredDevice({ inverter, meter, settles, clock, log }),
    source: settles === "meter" ? source.kind : "modbus",
    closeProxy,
  };
}

const openMeter = (config: P1Config | MqttConfig, surroundings: Surroundings): Promise<Meter> =>
  config.kind === "p1" ? openP1(config, surroundings) : openMqtt(config, surroundings);

/** Luxembourg's, the same for all meters (Smarty P1 specification 1.1.3, 3.2.5). */
const LUXEMBOURG = "00112233445566778899AABBCCDDEEFF";

async function openP1(config: P1Config, { clock, log, intervalSeconds }: Surroundings): Promise<Meter> {
  const { P1Meter, tcpSource, serialSource } = await import("../../adapters/p1/index.ts");
  const { line, zone, maxAgeMs } = config;
  const open = line.kind === "dongle" ? tcpSource({ ...line, silenceMs: maxAgeMs }) : (await serialSource())(line);
  const key = config.key === null ? null : keyIn(await secretIn(config.key, "the meter's key"), "the meter's key");
  const written = config.authenticationKey === null ? LUXEMBOURG : await secretIn(config.authenticationKey, "the authentication key");
  const keys = key === null ? null : { key, authenticationKey: keyIn(written, "the authentication key") };
  return new P1Meter({ open, keys, zone, maxAgeMs, intervalSeconds, clock, random: Math.random, log });
}

async function openMqtt(config: MqttConfig, { clock, log }: Surroundings): Promise<Meter> {
  const { MqttMeter } = await import("../../adapters/mqtt/index.ts");
  const { broker, user, points, identity, maxAgeMs } = config;
  const password = config.password === null ? null : await secretIn(config.password, "the broker's password");
  const ca = config.caFile === null ? null : await textIn(config.caFile, "who vouches for the broker");
  return new MqttMeter({ broker, user, password, ca, points, identity, maxAgeMs, clock, random: Math.random, log });
}

async function secretIn(place: SecretPlace, of: string): Promise<string> {
  if (place.kind === "file") return (await textIn(place.path, of)).trim();
  const value = process.env[place.name];
  if (value === undefined || value === "")
    throw cannotStart("SECRET_MISSING", `${of} isn't in the variable ${place.name}`, "set it before the home starts");
  return value.trim();
}

const textIn = (path: string, of: string): Promise<string> =>
  readFile(path, "utf8").catch((error: Error) => {
    throw cannotStart("SECRET_MISSING", `${of} can't be read (${error.message})`, "write it into that file, for you alone to read");
  });

/** Never shown, whatever it is. */
function keyIn(written: string, of: string): Uint8Array {
  if (!/^[0-9a-f]{32}$/i.test(written)) throw cannotStart("SECRET_MALFORMED", `${of} isn't 32 hex digits`, "copy it again, without spaces");
  return Buffer.from(written, "hex");
}
