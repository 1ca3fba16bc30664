import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import { referenceOf } from "../profile/chains.ts";
import type { Place, Profile, RegisterType, WordOrder } from "../profile/profile.ts";
import { type Block, placesOf, walkChain } from "../sunspec/index.ts";
import type { Registers } from "./registers.ts";
import type { Slot } from "./slot.ts";

interface Written {
  readonly type?: RegisterType;
  readonly order?: WordOrder;
}

/** Finds the registers behind the places of a profile's commands. A SunSpec chain is walked once, and each find looks whether it still stands. */
export class Slots {
  private readonly profile: Profile;
  private readonly registers: Registers;
  private readonly unit: number;
  private blocks: readonly Block[] | null = null;

  constructor(profile: Profile, registers: Registers, unit: number) {
    this.profile = profile;
    this.registers = registers;
    this.unit = unit;
  }

  async find(place: Place, { type, order }: Written, signal?: AbortSignal): Promise<Result<Slot, DeviceCode>> {
    if (typeof place === "string") return this.inChain(place, signal);
    return ok({ unit: this.unit, address: place, type: type ?? "uint16", order: order ?? this.profile.order, scale: 0 });
  }

  private async inChain(place: string, signal: AbortSignal | undefined): Promise<Result<Slot, DeviceCode>> {
    const reference = referenceOf(place);
    const point = reference === null ? undefined : placesOf(reference.model).get(reference.point);
    const type = point === undefined ? undefined : TYPES[point.type];
    if (reference === null || point === undefined || type === undefined)
      return fail("DEVICE_REFUSED", `${place} is no point that can be written`);
    const block = await this.block(reference.model, reference.index, signal);
    if (!block.ok) return block;
    if (point.offset + point.size > block.value.length + HEADER) return fail("DEVICE_REFUSED", `the device has no ${place}`);
    const scale = await this.scale(block.value, point.scaleOffset, typeof point.scale === "number" ? point.scale : 0, signal);
    if (!scale.ok) return scale;
    return ok({ unit: this.unit, address: block.value.address + point.offset, type, order: "high-first", scale: scale.value });
  }

  private async block(model: number, index: number, signal: AbortSignal | undefined): Promise<Result<Block, DeviceCode>> {
    if (this.blocks === null) {
      const chain = await walkChain((address, count) => this.registers.read(this.unit, address, count, signal));
      if (!chain.ok) return chain;
      this.blocks = chain.value.blocks;
    }
    const block = this.blocks.filter(({ id }) => id === model)[index - 1];
    if (block === undefined) return fail("DEVICE_REFUSED", `the device has no model ${model}`);
    const header = await this.registers.read(this.unit, block.address, HEADER, signal);
    if (!header.ok) return header;
    if (header.value[0] === block.id && header.value[1] === block.length) return ok(block);
    this.blocks = null;
    return fail("DEVICE_MALFORMED", `model ${model} is no longer at ${block.address}`);
  }

  /** Read with each command: it changes at run time. */
  private async scale(
    block: Block,
    offset: number | null,
    constant: number,
    signal: AbortSignal | undefined,
  ): Promise<Result<number, DeviceCode>> {
    if (offset === null) return ok(constant);
    const words = await this.registers.read(this.unit, block.address + offset, 1, signal);
    if (!words.ok) return words;
    const [word = 0] = words.value;
    const scale = word >= 0x8000 ? word - 0x1_0000 : word;
    return Math.abs(scale) <= MAX_SCALE
      ? ok(scale)
      : fail("DEVICE_REFUSED", `model ${block.id} has no scale factor at ${block.address + offset}`);
  }
}

const HEADER = 2;
const MAX_SCALE = 10;

/** Of the types of SunSpec those that are numbers to write. */
const TYPES: Readonly<Record<string, RegisterType>> = {
  int16: "int16",
  uint16: "uint16",
  enum16: "uint16",
  bitfield16: "uint16",
  int32: "int32",
  uint32: "uint32",
  enum32: "uint32",
  bitfield32: "uint32",
  float32: "float32",
};
