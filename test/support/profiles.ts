import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CaptureFile, Profile, RegisterSource } from "../../adapters/modbus/profile/index.ts";
import { fail, ok } from "../../engine/kernel/index.ts";
import { loadProfile, parseConfig, profileIds } from "../../src/main/config/index.ts";
import { type FakeModbus, fakeModbus, frame, words } from "./fake-modbus.ts";

export { profileIds };

/** A profile that comes with the program. */
export async function shipped(id: string): Promise<Profile> {
  const loaded = await loadProfile(id);
  if (!loaded.ok) throw new Error(`${id}: ${loaded.problems.map(({ key, what }) => `${key} ${what}`).join("; ")}`);
  return loaded.value;
}

export const allShipped = (): Promise<readonly Profile[]> => Promise.all(profileIds().map(shipped));

const HEAD =
  "id: t\nname: Tested\nvendors: [Test]\nsource: made up for a test\nlink: { units: { inverter: 1 }, maxRegisters: 10, maxGap: 2 }\n";

/** A profile out of the rest of its file. */
export function profileOf(rest: string, head = HEAD): Profile {
  const parsed = parseConfig(head + rest, "t.yaml", "device");
  if (!parsed.ok) throw new Error(parsed.problems.map(({ key, what }) => `${key} ${what}`).join("; "));
  return parsed.value;
}

/** What is wrong with such a file. */
export function wrongWith(rest: string, head = HEAD): readonly string[] {
  const parsed = parseConfig(head + rest, "t.yaml", "device");
  return parsed.ok ? [] : parsed.problems.map(({ code, key, what }) => `${code} ${key ?? ""}: ${what}`);
}

export interface Tables {
  readonly holding?: Readonly<Record<number, number>>;
  readonly input?: Readonly<Record<number, number>>;
}

export interface TableSource extends RegisterSource {
  /** "holding 10+3" for each request. */
  readonly asked: string[];
}

/** These registers and no others; refuses more than `limit` at once. */
export function tableSource(tables: Tables, limit = 125, exception = 2): TableSource {
  const asked: string[] = [];
  return {
    asked,
    read: async (table, _unit, address, count) => {
      asked.push(`${table} ${address}+${count}`);
      const found = Array.from({ length: count }, (_, i) => tables[table]?.[address + i]);
      const isRefused = count > limit || found.some((word) => word === undefined);
      return isRefused ? { ...fail("DEVICE_EXCEPTION", `exception ${exception}`), exception } : ok(found as number[]);
    },
  };
}

/** The same on real TCP, for every unit but the silent ones. */
export function tableServer(tables: Tables, silent: readonly number[] = []): Promise<FakeModbus> {
  return fakeModbus((request, socket) => {
    const code = request[7] ?? 0;
    if (silent.includes(request[6] ?? 0)) return;
    const table = code === 4 ? tables.input : tables.holding;
    const found = Array.from({ length: request.readUInt16BE(10) }, (_, i) => table?.[request.readUInt16BE(8) + i]);
    const isKnown = found.every((word) => word !== undefined);
    socket.write(frame(request, isKnown ? [code, 2 * found.length, ...words(found as number[])] : [code | 0x80, 2]));
  });
}

const captures = fileURLToPath(new URL("../../../shared/devices/captures/", import.meta.url));

/** A shared capture by its file. */
export const captureNamed = (file: string): CaptureFile => JSON.parse(readFileSync(captures + file, "utf8")) as CaptureFile;

/** A capture's registers, by table. */
export function tablesIn({ blocks }: CaptureFile): Required<Tables> {
  const tables: { holding: Record<number, number>; input: Record<number, number> } = { holding: {}, input: {} };
  for (const { table, base, registers } of blocks)
    for (const [i, word] of registers.entries()) if (word !== null) tables[table === "input" ? "input" : "holding"][base + i] = word;
  return tables;
}
