import { Duplex } from "node:stream";
import { Connection } from "../../adapters/modbus/connection.ts";
import type { Ask } from "../../adapters/modbus/frame.ts";
import { rtuFraming, tcpFraming, withChecksum } from "../../adapters/modbus/framing.ts";
import { chance } from "./chance.ts";

export const FRAME_KINDS = ["whole", "random", "bit", "byte", "cut", "longer", "twice", "another"] as const;
export type FrameKind = (typeof FRAME_KINDS)[number];

export interface TriedFrame {
  readonly transport: "tcp" | "rtu";
  readonly kind: FrameKind;
  readonly isAccepted: boolean;
  /** What was made of the bytes and isn't in them; null: nothing. */
  readonly wrong: string | null;
}

type Draw = (below: number) => number;

/** Sends one request over a connection of our own and answers it with bytes that this seed draws. */
export async function tryFrame(seed: number): Promise<TriedFrame> {
  const random = chance(seed);
  const draw: Draw = (below) => Math.floor(random() * below);
  const transport = draw(2) === 0 ? "tcp" : "rtu";
  const kind = FRAME_KINDS[draw(FRAME_KINDS.length)]!;
  const ask = drawAsk(draw);
  const good = framed(transport, ask, bodyOf(ask, draw));
  const bytes = mutated(kind, good, draw, () => framed(transport, drawAsk(draw), bodyOf(drawAsk(draw), draw)));
  const ends = piecesOf(bytes, draw);
  const answer = await answered(transport, ask, bytes, ends);
  // What has come up to the end of a piece is all that can be judged at that moment.
  const expected = ends.map((end) => meaningOf(transport, ask, bytes.subarray(0, end))).find((meaning) => meaning !== null) ?? null;
  const got = answer.ok ? answer.value.join(" ") : answer.code === "DEVICE_EXCEPTION" ? `exception ${answer.exception}` : null;
  return { transport, kind, isAccepted: got !== null, wrong: got === expected ? null : `seed ${seed}: ${got} instead of ${expected}` };
}

function drawAsk(draw: Draw): Ask {
  const [unit, address] = [1 + draw(3), draw(1_000)];
  const kind = (["read", "read-input", "write-single", "write"] as const)[draw(4)]!;
  if (kind === "write-single") return { kind, unit, address, value: draw(0x1_0000) };
  if (kind === "write") return { kind, unit, address, values: Array.from({ length: 1 + draw(4) }, () => draw(0x1_0000)) };
  return { kind, unit, address, count: 1 + draw(draw(2) === 0 ? 4 : 125) };
}

const CODES = { read: 3, "read-input": 4, "write-single": 6, write: 16 } as const;
const word = (value: number): readonly number[] => [value >> 8, value & 0xff];

function bodyOf(ask: Ask, draw: Draw): readonly number[] {
  const code = CODES[ask.kind];
  if (draw(8) === 0) return [code | 0x80, 1 + draw(11)];
  if ("count" in ask) return [code, 2 * ask.count, ...Array.from({ length: 2 * ask.count }, () => draw(256))];
  return [code, ...word(ask.address), ...word("value" in ask ? ask.value : ask.values.length)];
}

function framed(transport: "tcp" | "rtu", { unit }: Ask, body: readonly number[]): Buffer {
  if (transport === "rtu") return withChecksum(Buffer.from([unit, ...body]));
  return Buffer.from([0, 1, 0, 0, ...word(body.length + 1), unit, ...body]);
}

function mutated(kind: FrameKind, good: Buffer, draw: Draw, another: () => Buffer): Buffer {
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => draw(256)));
  const bytes = Buffer.from(good);
  const at = draw(kind === "bit" || kind === "byte" ? Math.min(bytes.length, 12) : bytes.length);
  if (kind === "bit") bytes[at] = bytes[at]! ^ (1 << draw(8));
  if (kind === "byte") bytes[at] = draw(256);
  if (kind === "random") return noise(1 + draw(300));
  if (kind === "cut") return bytes.subarray(0, at);
  if (kind === "longer") return Buffer.concat([bytes.subarray(0, at), noise(1 + draw(4)), bytes.subarray(at)]);
  if (kind === "twice") return Buffer.concat([bytes, bytes]);
  return kind === "another" ? another() : bytes;
}

/** The registers, exception or "" that these bytes are by the standard; null where they are no answer to this. Reads frames in another way than the product. */
function meaningOf(transport: "tcp" | "rtu", ask: Ask, bytes: Buffer): string | null {
  const hex = bytes.toString("hex");
  const code = CODES[ask.kind];
  const tail = transport === "tcp" ? "" : hex.slice(-4);
  const inner = transport === "tcp" ? hex.slice(12) : hex.slice(0, -4);
  const head =
    `000100000${(0x1_0000 + inner.length / 2).toString(16).slice(2)}`.slice(0, 8) + (inner.length / 2).toString(16).padStart(4, "0");
  if (transport === "tcp" ? hex.slice(0, 12) !== head : tail !== tailOf(Buffer.from(inner, "hex"))) return null;
  const unit = ask.unit.toString(16).padStart(2, "0");
  const refusal = new RegExp(`^${unit}${(code | 0x80).toString(16)}(..)$`).exec(inner);
  if (refusal !== null) return `exception ${Number.parseInt(refusal[1]!, 16)}`;
  const start = unit + code.toString(16).padStart(2, "0");
  if ("count" in ask) {
    const registers = new RegExp(`^${start}${(2 * ask.count).toString(16).padStart(2, "0")}((?:....){${ask.count}})$`).exec(inner)?.[1];
    return registers === undefined
      ? null
      : registers
          .match(/..../g)!
          .map((four) => Number.parseInt(four, 16))
          .join(" ");
  }
  const second = "value" in ask ? ask.value : ask.values.length;
  return inner === start + Buffer.from([...word(ask.address), ...word(second)]).toString("hex") ? "" : null;
}

/** The checksum by polynomial division on a string of bits: slow, and nothing like the product's. */
function tailOf(bytes: Buffer): string {
  const bits = [...bytes].flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> i) & 1));
  const register = Array.from({ length: 16 }, () => 1);
  for (const bit of bits) {
    const out = register.pop()! ^ bit;
    register.unshift(out);
    if (out === 1) for (const place of [2, 15]) register[place] = register[place]! ^ 1;
  }
  const crc = register.reduceRight((value, bit) => value * 2 + bit, 0);
  const mirrored = Number.parseInt(crc.toString(2).padStart(16, "0").split("").reverse().join(""), 2);
  return Buffer.from([mirrored & 0xff, mirrored >> 8]).toString("hex");
}

/** Where the pieces end in which these bytes come. */
function piecesOf(bytes: Buffer, draw: Draw): readonly number[] {
  const ends: number[] = [];
  for (let at = 0; at < bytes.length; ends.push(at)) at = Math.min(bytes.length, at + 1 + draw(bytes.length));
  return ends;
}

/** In pieces; then silence, which the clock takes for a time-out at once. */
function answered(transport: "tcp" | "rtu", ask: Ask, bytes: Buffer, ends: readonly number[]) {
  const stream = new Duplex({
    read: () => undefined,
    write: (_request, _encoding, done) => {
      done();
      setImmediate(() => {
        for (const [i, end] of ends.entries()) stream.emit("data", Buffer.from(bytes.subarray(ends[i - 1] ?? 0, end)));
        silence?.();
      });
    },
  });
  let silence: (() => void) | undefined;
  const after = (_ms: number, task: () => void) => {
    silence = task;
    return () => undefined;
  };
  const wire = { stream, isOpen: true, end: async () => void stream.destroy() };
  const connection = new Connection(wire, transport === "tcp" ? tcpFraming() : rtuFraming(false), { after }, () => undefined);
  return connection.exchange(ask, 1, undefined);
}
