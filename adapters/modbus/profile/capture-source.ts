import { fail, ok } from "../../../engine/kernel/index.ts";
import { SUNS } from "../sunspec/index.ts";
import type { Table } from "./profile.ts";
import type { RegisterSource } from "./registers.ts";

/** A register dump of a device: what it said once. Addresses count from 0; null: it refused. */
export interface CaptureFile {
  readonly device?: { readonly vendor?: string; readonly model?: string; readonly protocol?: string };
  readonly unitId?: number | null;
  readonly blocks: readonly CapturedBlock[];
  /** What its source says that these registers mean, by the names of the source. */
  readonly expected?: Readonly<Record<string, unknown>> | null;
  /** What another decoder made of it, by model and point. */
  readonly decodedByPysunspec2?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface CapturedBlock {
  readonly table?: string;
  readonly base: number;
  readonly registers: readonly (number | null)[];
  readonly note?: string;
}

type Registers = Map<number, number>;

/** Says again what was captured, whichever unit is asked; refuses everything else. */
export function captureSource(capture: CaptureFile): RegisterSource {
  const tables = tablesOf(capture);
  return {
    read: async (table, _unit, address, count) => {
      const words = Array.from({ length: count }, (_, i) => tables[table].get(address + i));
      const isWhole = words.every((word) => word !== undefined);
      return isWhole ? ok(words as number[]) : { ...fail("DEVICE_EXCEPTION", "not in this capture"), exception: 2 };
    },
  };
}

export function tablesOf(capture: CaptureFile): Readonly<Record<Table, Registers>> {
  const tables: Record<Table, Registers> = { holding: new Map(), input: new Map() };
  for (const { table, base, registers } of capture.blocks) {
    const into = tables[table === "input" ? "input" : "holding"];
    registers.forEach((word, i) => {
      if (word !== null) into.set(base + i, word);
    });
  }
  addHeaders(capture, tables.holding);
  return tables;
}

const BASE = 40_000;
const MODEL_WITHOUT_POINTS = 64_999;
const END = 0xffff;

/**
 * Traces often hold the data of single SunSpec models without what stands before them: the note of a block, or else the
 * capture's protocol, tells which model that is. Marker and headers are put where the device has them.
 */
function addHeaders({ device, blocks }: CaptureFile, registers: Registers): void {
  const protocol = device?.protocol ?? "";
  if (!/sunspec/i.test(protocol) || hasMarker(registers)) return;
  const named = [...protocol.matchAll(/(\d{1,5})/g)].map((match) => Number(match[1]));
  const models = blocks.flatMap((block, i) => {
    const told = /model (\d{1,5})/.exec(block.note ?? "");
    const id = told === null ? (blocks.length === named.length ? named[i] : undefined) : Number(told[1]);
    const at = /header(?: at)? (\d{1,5})/.exec(block.note ?? "");
    return id === undefined ? [] : [{ id, address: at === null ? block.base - 2 : Number(at[1]) }];
  });
  const first = models[0];
  if (first === undefined || first.address < BASE + 2) return;
  for (const [i, word] of SUNS.entries()) registers.set(BASE + i, word);
  const last = Math.max(...registers.keys());
  header(registers, BASE + 2, MODEL_WITHOUT_POINTS, first.address);
  models.forEach(({ id, address }, i) => {
    const next = models[i + 1];
    // A model ends where the next one begins, as far as its data was captured.
    const end = next === undefined ? last + 1 : endOfData(registers, address + 2, next.address);
    registers.set(address, id).set(address + 1, end - address - 2);
    if (next !== undefined) header(registers, end, MODEL_WITHOUT_POINTS, next.address);
  });
  registers.set(last + 1, END).set(last + 2, 0);
}

const hasMarker = (registers: Registers): boolean =>
  [BASE, 0, 50_000].some((base) => SUNS.every((word, i) => registers.get(base + i) === word));

/** Something of no interest up to `end`; nothing, where there is no room for it. */
function header(registers: Registers, address: number, id: number, end: number): void {
  if (end - address >= 2) registers.set(address, id).set(address + 1, end - address - 2);
}

function endOfData(registers: Registers, from: number, limit: number): number {
  let end = from;
  while (end < limit && registers.has(end)) end += 1;
  return end;
}
