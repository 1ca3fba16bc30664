import { ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import { BlockReader } from "./block-reader.ts";
import { type Block, type Chain, type ReadRegisters, walkChain } from "./chain.ts";
import { type PointReading, readingsOf } from "./decode.ts";
import { layoutOf } from "./layout.ts";
import type { Registers } from "./values.ts";

export interface ModelSurvey extends Block {
  /** As its definition calls it; null: none of those we know. */
  readonly name: string | null;
  /** Header and all; null where the device refuses. */
  readonly registers: Registers;
  /** Empty for a model we don't know. */
  readonly points: readonly PointReading[];
}

/** All that a device tells through SunSpec at one moment. */
export interface Survey extends Omit<Chain, "blocks"> {
  readonly models: readonly ModelSurvey[];
}

/** Walks the chain and reads each of its models. Fails as a whole: half a device is none. */
export async function surveyOf(read: ReadRegisters, bases?: readonly number[], limit?: number): Promise<Result<Survey, DeviceCode>> {
  const chain = await walkChain(read, bases);
  if (!chain.ok) return chain;
  const { blocks, ...rest } = chain.value;
  const reader = new BlockReader(read, limit);
  const models: ModelSurvey[] = [];
  for (const block of blocks) {
    const registers = await reader.block(block);
    if (!registers.ok) return registers;
    const name = layoutOf(block.id)?.name ?? null;
    models.push({ ...block, name, registers: registers.value, points: readingsOf(registers.value) ?? [] });
  }
  return ok({ ...rest, models });
}
