import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { DeviceCode } from "../../src/ports/index.ts";
import type { Spot } from "./points.ts";
import {
  type Block,
  type BlockReader,
  decodePoint,
  type ReadRegisters,
  type Registers,
  scaleOf,
  type Value,
  wrapOf,
} from "./sunspec/index.ts";

/** One read of a device: whole beginnings of blocks, so that a value, its scale factor and the block's id are of one moment. */
export interface Request {
  readonly address: number;
  readonly count: number;
  readonly blocks: readonly Block[];
  /** Its one block is read in pieces. */
  readonly inPieces: boolean;
}

/**
 * How a device lets itself be read, the fewest requests first: several blocks in one; each for itself, where it refuses what
 * lies between; in pieces, where it has holes within them or gives less at once than a block has.
 */
export const MANNERS = ["together", "apart", "pieces"] as const;
export type Manner = (typeof MANNERS)[number];

const MAX_REGISTERS = 125;
const HEADER = 2;

/** As few requests as possible for these points. A point so far from its block's header that one request can't hold both is left out. */
export function planRequests(spots: readonly Spot[], manner: Manner): readonly Request[] {
  const reach = new Map<Block, number>();
  for (const { block, place } of spots) {
    const end = Math.max(HEADER, place.offset + place.size, (place.scaleOffset ?? 0) + 1);
    const inside = Math.min(end, block.length + HEADER);
    if (inside <= MAX_REGISTERS) reach.set(block, Math.max(reach.get(block) ?? 0, inside));
  }
  const requests: Request[] = [];
  for (const [block, count] of [...reach].sort(([a], [b]) => a.address - b.address)) {
    const last = requests.at(-1);
    const joined = last === undefined ? Number.POSITIVE_INFINITY : block.address + count - last.address;
    if (last === undefined || manner !== "together" || joined > MAX_REGISTERS)
      requests.push({ address: block.address, count, blocks: [block], inPieces: manner === "pieces" });
    else requests[requests.length - 1] = { ...last, count: joined, blocks: [...last.blocks, block] };
  }
  return requests;
}

/** The answers of one round of requests. */
export class Answers {
  private readonly blocks = new Map<Block, { readonly words: Registers; readonly start: number }>();
  /** As they came, in the order of the requests. */
  readonly registers: { readonly address: number; readonly words: Registers }[] = [];

  /** false: the device is no longer the one whose chain we walked. */
  add(request: Request, words: Registers): boolean {
    this.registers.push({ address: request.address, words });
    for (const block of request.blocks) {
      const start = block.address - request.address;
      if (words[start] !== block.id || words[start + 1] !== block.length) return false;
      this.blocks.set(block, { words, start });
    }
    return true;
  }

  /** The first of these places that says something. `zeroCounts`: an accumulator's 0 is a number. */
  value(spots: readonly Spot[], zeroCounts = false): Value {
    for (const { block, place } of spots) {
      const found = this.blocks.get(block);
      const value = found === undefined ? null : decodePoint(place, found.words, found.start, block.length, zeroCounts);
      if (value !== null) return value;
    }
    return null;
  }

  /** Where the counter in this place starts again; null: nowhere that we could know. */
  wrapsAt({ block, place }: Spot): number | null {
    const found = this.blocks.get(block);
    const scale = found === undefined ? null : place.scale === null ? 0 : scaleOf(place, found.words, found.start, block.length);
    return scale === null ? null : wrapOf(place.type, place.size, scale);
  }
}

/** What reads one unit of a device. */
export interface Reader {
  readonly unit: number;
  readonly registers: ReadRegisters;
  readonly blocks: BlockReader;
}

export async function readAll(
  { unit, registers, blocks }: Reader,
  requests: readonly Request[],
): Promise<Result<Answers, DeviceCode> & { readonly exception?: number }> {
  const answers = new Answers();
  for (const request of requests) {
    const [block] = request.blocks;
    const words = request.inPieces && block !== undefined ? await blocks.block(block) : await registers(request.address, request.count);
    if (!words.ok) return words;
    if (!answers.add(request, words.value))
      return fail("DEVICE_MALFORMED", `unit ${unit} shows another model at ${request.address} than before`);
  }
  return ok(answers);
}
