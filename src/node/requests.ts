import { type Digest, type Interval, interval, toHex } from "../../engine/kernel/index.ts";
import { readFields, Writer } from "../../engine/messages/index.ts";

/** What a home asks one peer for when gossip did not bring it; bytes as in `config/schema/commonwatt.proto`. */
export interface Fetch {
  /** The interval that is being agreed on. */
  readonly interval: Interval;
  /** Orders and readings by digest. */
  readonly wanted: readonly Digest[];
  /** `heldMark` of what was said about the interval and is held already: an answer leaves it out. */
  readonly held: readonly string[];
}

/** Either the interval's block, when the peer has it certified, or what the peer has heard of its agreement. */
export interface Fetched {
  readonly block: Uint8Array | null;
  readonly messages: readonly Uint8Array[];
}

export const MAX_WANTED = 256;
/** With the most that is wanted it still fits into one question (16 kB). */
export const MAX_HELD = 960;
const MARK_BYTES = 8;
/** Answers stay below this, so that both sides know what to hold. */
export const MAX_ANSWER_BYTES = 900_000;

/** The first 8 bytes of a digest, as text: enough to tell what was heard apart, and nobody can make a second message with a first one's. */
export const heldMark = (id: Digest): string => id.slice(0, 2 + 2 * MARK_BYTES);

export const encodeFetch = ({ interval, wanted, held }: Fetch): Uint8Array =>
  new Writer().uint(1, interval).hexes(2, wanted.slice(0, MAX_WANTED), 32).hexes(3, held.slice(-MAX_HELD), MARK_BYTES).finish();

export function decodeFetch(bytes: Uint8Array): Fetch | null {
  const fields = readFields(bytes);
  if (fields === null) return null;
  const at = fields.find((field) => field.number === 1)?.value ?? 0;
  const [wanted, held] = [rowOf(fields, 2, 32, MAX_WANTED), rowOf(fields, 3, MARK_BYTES, MAX_HELD)];
  if (!interval.is(at) || wanted === null || held === null) return null;
  return { interval: at, wanted: wanted as readonly Digest[], held };
}

/** A field of byte strings of one size in a row, as hex; null: it is none, or longer than `most` of them. */
function rowOf(fields: NonNullable<ReturnType<typeof readFields>>, number: number, size: number, most: number): readonly string[] | null {
  const bytes = fields.find((field) => field.number === number)?.value ?? new Uint8Array(0);
  if (!(bytes instanceof Uint8Array) || bytes.length % size !== 0 || bytes.length > size * most) return null;
  const row: string[] = [];
  for (let at = 0; at < bytes.length; at += size) row.push(toHex(bytes, at, at + size));
  return row;
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
