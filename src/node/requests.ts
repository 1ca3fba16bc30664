import { concat, type Digest, digest, fromHex, type Interval, interval } from "../../engine/kernel/index.ts";
import { readFields, Writer } from "../../engine/messages/index.ts";

/** What a home asks one peer for when gossip did not bring it; bytes as in `config/schema/commonwatt.proto`. */
export interface Fetch {
  /** The interval that is being agreed on. */
  readonly interval: Interval;
  /** Orders and readings by digest. */
  readonly wanted: readonly Digest[];
}

/** Either the interval's block, when the peer has it certified, or what the peer has heard of its agreement. */
export interface Fetched {
  readonly block: Uint8Array | null;
  readonly messages: readonly Uint8Array[];
}

export const MAX_WANTED = 256;
/** Answers stay below this, so that both sides know what to hold. */
export const MAX_ANSWER_BYTES = 900_000;

export const encodeFetch = ({ interval, wanted }: Fetch): Uint8Array =>
  new Writer()
    .uint(1, interval)
    .bytes(2, concat(wanted.slice(0, MAX_WANTED).map(fromHex)))
    .finish();

export function decodeFetch(bytes: Uint8Array): Fetch | null {
  const fields = readFields(bytes);
  if (fields === null) return null;
  const at = fields.find((field) => field.number === 1)?.value ?? 0;
  const wanted = fields.find((field) => field.number === 2)?.value ?? new Uint8Array(0);
  if (!interval.is(at) || !(wanted instanceof Uint8Array) || wanted.length % 32 !== 0 || wanted.length > 32 * MAX_WANTED) return null;
  return { interval: at, wanted: Array.from({ length: wanted.length / 32 }, (_, i) => digest(wanted.subarray(32 * i, 32 * i + 32))) };
}

export function encodeFetched({ block, messages }: Fetched): Uint8Array {
  const writer = new Writer();
  if (block !== null) writer.bytes(1, block);
  let size = block?.length ?? 0;
  for (const message of messages) {
    size += message.length + 8;
    if (size > MAX_ANSWER_BYTES) break;
    writer.item(2, message);
  }
  return writer.finish();
}

export function decodeFetched(bytes: Uint8Array): Fetched | null {
  const fields = readFields(bytes);
  if (fields === null || fields.some(({ value }) => typeof value === "number")) return null;
  const of = (number: number): Uint8Array[] =>
    fields.flatMap((field) => (field.number === number && field.value instanceof Uint8Array ? [field.value] : []));
  return { block: of(1)[0] ?? null, messages: of(2) };
}

export const encodeBlocksRequest = (from: Interval): Uint8Array => new Writer().uint(1, from).finish();

export function decodeBlocksRequest(bytes: Uint8Array): Interval | null {
  const fields = readFields(bytes);
  const from = fields?.find((field) => field.number === 1)?.value ?? 0;
  return fields !== null && interval.is(from) ? from : null;
}

/** As many blocks in a row as fit into one answer. */
export function encodeBlocks(blocks: readonly Uint8Array[]): Uint8Array {
  return encodeFetched({ block: null, messages: blocks });
}

export const decodeBlocks = (bytes: Uint8Array): readonly Uint8Array[] | null => decodeFetched(bytes)?.messages ?? null;
