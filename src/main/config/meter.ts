import type { CrossCheck } from "./cross-check.ts";

/** Where a secret of a device is; never the secret itself. */
export type SecretPlace = { readonly kind: "file"; readonly path: string } | { readonly kind: "env"; readonly name: string };

export interface P1Config {
  readonly kind: "p1";
  readonly line:
    | { readonly kind: "dongle"; readonly host: string; readonly port: number }
    | { readonly kind: "serial"; readonly path: string; readonly baud: 9600 | 115200 };
  readonly zone: "CET" | "EET";
  /** null: the meter doesn't encrypt. */
  readonly key: SecretPlace | null;
  /** null: Luxembourg's. */
  readonly authenticationKey: SecretPlace | null;
  readonly maxAgeMs: number;
}

export interface MqttConfig {
  readonly kind: "mqtt";
  readonly broker: string;
  readonly user: string | null;
  readonly password: SecretPlace | null;
  readonly caFile: string | null;
  readonly points: { readonly gridW?: MqttPoint; readonly importWh: MqttPoint; readonly exportWh: MqttPoint };
  readonly identity: { readonly manufacturer: string; readonly model: string; readonly serial: string };
  readonly maxAgeMs: number;
}

export interface MqttPoint {
  readonly topic: string;
  readonly path: string | null;
  readonly gain: number;
}

/** A meter that is read by itself, and whether it or the inverter's settles. */
export interface MeterConfig {
  readonly source: P1Config | MqttConfig;
  readonly settles: "meter" | "inverter";
}

interface SecretFile {
  readonly file?: string;
  readonly env?: string;
}

interface P1File {
  readonly host?: string;
  readonly port: number;
  readonly serial?: string;
  readonly baud: 9600 | 115200;
  readonly zone: "CET" | "EET";
  readonly key?: SecretFile;
  readonly authenticationKey?: SecretFile;
  readonly maxAgeSeconds: number;
}

interface PointFile {
  readonly topic: string;
  readonly path?: string;
  readonly gain: number;
}

interface MqttFile {
  readonly broker: string;
  readonly user?: string;
  readonly password?: SecretFile;
  readonly caFile?: string;
  readonly topics: { readonly power?: PointFile; readonly import: PointFile; readonly export: PointFile };
  readonly name: { readonly manufacturer?: string; readonly model?: string; readonly serial?: string };
  readonly maxAgeSeconds: number;
}

/** The file's values, defaults filled in. */
export interface MeterFile {
  readonly p1?: P1File;
  readonly mqtt?: MqttFile;
  readonly settles: "meter" | "inverter";
}

const AT = ["device", "meter"] as const;

/** null with a problem, or because the home has none. `hasInverter`: there is a device over Modbus. */
export function meterOf(file: MeterFile | undefined, hasInverter: boolean, check: CrossCheck): MeterConfig | null {
  if (file === undefined) return null;
  if (file.settles === "inverter" && !hasInverter)
    check.conflict([...AT, "settles"], "there is no inverter", "name its host under device, or let the meter settle");
  if ((file.p1 === undefined) === (file.mqtt === undefined)) {
    check.conflict(AT, file.p1 === undefined ? "has neither p1 nor mqtt" : "has both p1 and mqtt", "name one of them");
    return null;
  }
  const source = file.p1 === undefined ? mqttOf(file.mqtt!, check) : p1Of(file.p1, check);
  return source === null ? null : { source, settles: file.settles };
}

function p1Of(file: P1File, check: CrossCheck): P1Config | null {
  const at = [...AT, "p1"];
  const { host, port, serial, baud, zone, key, authenticationKey, maxAgeSeconds } = file;
  if (key === undefined && authenticationKey !== undefined)
    check.conflict([...at, "authenticationKey"], "doesn't go without key", "name the key too, or leave both out");
  if ((host === undefined) === (serial === undefined)) {
    check.conflict(at, host === undefined ? "has neither host nor serial" : "has both host and serial", "name one of them");
    return null;
  }
  const line = serial === undefined ? ({ kind: "dongle", host: host!, port } as const) : ({ kind: "serial", path: serial, baud } as const);
  return {
    kind: "p1",
    line,
    zone,
    key: secretOf(key, check),
    authenticationKey: secretOf(authenticationKey, check),
    maxAgeMs: maxAgeSeconds * 1_000,
  };
}

function mqttOf(file: MqttFile, check: CrossCheck): MqttConfig {
  const { broker, user, password, caFile, topics, name, maxAgeSeconds } = file;
  for (const [quantity, point] of Object.entries(topics))
    if ((point as PointFile).gain === 0)
      check.conflict([...AT, "mqtt", "topics", quantity, "gain"], "makes everything 0", "give 1, or 1000 where the topic tells kW or kWh");
  if (caFile !== undefined && !broker.startsWith("mqtts:"))
    check.conflict([...AT, "mqtt", "caFile"], "means nothing without TLS", "give the broker's address as mqtts://");
  return {
    kind: "mqtt",
    broker,
    user: user ?? null,
    password: secretOf(password, check),
    caFile: caFile === undefined ? null : check.path(caFile),
    points: {
      ...(topics.power === undefined ? {} : { gridW: pointOf(topics.power) }),
      importWh: pointOf(topics.import),
      exportWh: pointOf(topics.export),
    },
    identity: { manufacturer: name.manufacturer ?? "?", model: name.model ?? "?", serial: name.serial ?? "?" },
    maxAgeMs: maxAgeSeconds * 1_000,
  };
}

const pointOf = ({ topic, path, gain }: PointFile): MqttPoint => ({ topic, path: path ?? null, gain });

function secretOf(file: SecretFile | undefined, check: CrossCheck): SecretPlace | null {
  if (file === undefined) return null;
  return file.env === undefined ? { kind: "file", path: check.path(file.file ?? "") } : { kind: "env", name: file.env };
}
