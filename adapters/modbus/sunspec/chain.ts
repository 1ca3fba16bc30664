import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";

/** One model of a device's map, where it starts (its id register) and how many registers follow its header. */
export interface Block {
  readonly id: number;
  readonly address: number;
  readonly length: number;
}

export type ReadRegisters = (address: number, count: number) => Promise<Result<readonly number[], DeviceCode>>;

/** Where SunSpec lets a map begin. */
const BASES = [40_000, 0, 50_000];
const SUNS = [0x5375, 0x6e53];
const END = 0xffff;
const MAX_MODELS = 64;
const LAST_ADDRESS = 65_535;

/**
 * The models of a device in their order; ids may come twice and may be unknown. The length on the wire leads to the next
 * one, whatever the definition says. Ends at the end marker, at an exception, past the last address and after 64 models.
 */
export async function walkChain(read: ReadRegisters, bases: readonly number[] = BASES): Promise<Result<readonly Block[], DeviceCode>> {
  const base = await findBase(read, bases);
  if (!base.ok) return base;
  const blocks: Block[] = [];
  let address = base.value + SUNS.length;
  while (blocks.length < MAX_MODELS && address < LAST_ADDRESS) {
    const block = await readHeader(read, address);
    if (!block.ok) return block;
    if (block.value === null) break;
    blocks.push(block.value);
    address += 2 + block.value.length;
  }
  return blocks.length === 0 ? fail("DEVICE_MALFORMED", "its SunSpec map holds no model") : ok(blocks);
}

async function findBase(read: ReadRegisters, bases: readonly number[]): Promise<Result<number, DeviceCode>> {
  for (const base of bases) {
    const words = await read(base, SUNS.length);
    if (words.ok && words.value[0] === SUNS[0] && words.value[1] === SUNS[1]) return ok(base);
    if (!words.ok && words.code !== "DEVICE_EXCEPTION") return words;
  }
  return fail("DEVICE_MALFORMED", `no SunSpec map at ${bases.join(", ")}`);
}

/** null: the chain ends here. Some devices have an end marker without a length, so an exception here is an end as well. */
async function readHeader(read: ReadRegisters, address: number): Promise<Result<Block | null, DeviceCode>> {
  const header = await read(address, 2);
  if (!header.ok) return header.code === "DEVICE_EXCEPTION" ? ok(null) : header;
  const [id = END, length = 0] = header.value;
  return ok(id === END || id === 0 || address + 1 + length > LAST_ADDRESS ? null : { id, address, length });
}
