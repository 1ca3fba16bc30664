import { INVALID_PARAMS, RpcError } from "./rpc-error.ts";

/** Reads what a question is asked with; every refusal names the place and what belongs there. */
type Fields = Readonly<Record<string, unknown>>;

/** A block by its name, number or hash. */
export type BlockTag = "latest" | "pending" | "earliest" | "safe" | "finalized" | { readonly number: bigint } | { readonly hash: string };

/** A call as eth_call and eth_estimateGas get it. */
export interface CallRequest {
  readonly from: string;
  /** null: to make a contract. */
  readonly to: string | null;
  readonly data: string;
  readonly value: bigint;
  readonly gas: bigint | null;
  readonly accessList: readonly { readonly address: string; readonly storageKeys: readonly string[] }[];
}

/** `topics`: by place; null: any. */
export interface LogFilter {
  readonly addresses: ReadonlySet<string> | null;
  readonly topics: readonly (ReadonlySet<string> | null)[];
  readonly blocks: { readonly hash: string } | { readonly from: BlockTag; readonly to: BlockTag };
}

const ZERO_ADDRESS = `0x${"0".repeat(40)}`;
const TAGS = ["latest", "pending", "earliest", "safe", "finalized"] as const;
const MOST_TOPICS = 4;

const refuse = (place: string, wanted: string): never => {
  throw new RpcError(INVALID_PARAMS, `${place}: ${wanted}`);
};

const matching = (pattern: RegExp, wanted: string) => (value: unknown, place: string) =>
  typeof value === "string" && pattern.test(value) ? value.toLowerCase() : refuse(place, wanted);

export const addressAt = matching(/^0x[\da-f]{40}$/i, "an address is 0x and 40 hex digits");
export const digestAt = matching(/^0x[\da-f]{64}$/i, "a hash is 0x and 64 hex digits");
export const bytesAt = matching(/^0x(?:[\da-f]{2})*$/i, "bytes are 0x and an even number of hex digits");

/** At most 32 bytes. Leading zeros are let through, as geth lets them where a word of storage is named. */
export function quantityAt(value: unknown, place: string): bigint {
  return typeof value === "string" && /^0x[\da-f]{1,64}$/i.test(value)
    ? BigInt(value)
    : refuse(place, "a quantity is 0x and 1 to 64 hex digits");
}

/** A number as JSON, or as a quantity. */
export function countAt(value: unknown, place: string, most: number): number {
  const count = typeof value === "number" ? value : Number(quantityAt(value, place));
  return Number.isInteger(count) && count >= 0 && count <= most ? count : refuse(place, `a whole number up to ${most}`);
}

/** 32 bytes as hex with its zeros. */
export const wordAt = (value: unknown, place: string): string => `0x${quantityAt(value, place).toString(16).padStart(64, "0")}`;

/** By name, by number, or as EIP-1898 writes it; the last block when it is left out. */
export function blockTagAt(value: unknown, place: string): BlockTag {
  if (value === undefined || value === null) return "latest";
  const tag = TAGS.find((each) => each === value);
  if (tag !== undefined) return tag;
  if (typeof value === "string") return { number: quantityAt(value, place) };
  const { blockHash, blockNumber } = fieldsAt(value, place);
  if (blockHash !== undefined) return { hash: digestAt(blockHash, `${place}.blockHash`) };
  if (blockNumber !== undefined) return blockTagAt(blockNumber, `${place}.blockNumber`);
  return refuse(place, `a block is ${TAGS.join(", ")}, a number in hex, or an object with blockHash or blockNumber`);
}

export function callAt(value: unknown, place: string): CallRequest {
  const { from, to, data, input, value: worth, gas, accessList } = fieldsAt(value, place);
  return {
    from: isLeftOut(from) ? ZERO_ADDRESS : addressAt(from, `${place}.from`),
    to: isLeftOut(to) ? null : addressAt(to, `${place}.to`),
    data: isLeftOut(input ?? data) ? "0x" : bytesAt(input ?? data, `${place}.data`),
    value: isLeftOut(worth) ? 0n : quantityAt(worth, `${place}.value`),
    gas: isLeftOut(gas) ? null : quantityAt(gas, `${place}.gas`),
    accessList: isLeftOut(accessList) ? [] : listAt(accessList, `${place}.accessList`, accessAt),
  };
}

export function logFilterAt(value: unknown, place: string): LogFilter {
  const { address, topics, fromBlock, toBlock, blockHash } = fieldsAt(value, place);
  if (blockHash !== undefined && (fromBlock !== undefined || toBlock !== undefined))
    return refuse(place, "either blockHash, or fromBlock and toBlock");
  const blocks =
    blockHash === undefined
      ? { from: blockTagAt(fromBlock, `${place}.fromBlock`), to: blockTagAt(toBlock, `${place}.toBlock`) }
      : { hash: digestAt(blockHash, `${place}.blockHash`) };
  const places = isLeftOut(topics) ? [] : listAt(topics, `${place}.topics`, (topic, at) => anyOf(topic, at, digestAt));
  if (places.length > MOST_TOPICS) return refuse(`${place}.topics`, `at most ${MOST_TOPICS}`);
  return { addresses: anyOf(address, `${place}.address`, addressAt), topics: places, blocks };
}

const isLeftOut = (value: unknown): value is undefined | null => value === undefined || value === null;

/** One value, a list of which any will do, or nothing, which is null. */
function anyOf(value: unknown, place: string, read: (value: unknown, place: string) => string): ReadonlySet<string> | null {
  if (isLeftOut(value)) return null;
  const values = Array.isArray(value) ? listAt(value, place, read) : [read(value, place)];
  return values.length === 0 ? null : new Set(values);
}

function accessAt(value: unknown, place: string): CallRequest["accessList"][number] {
  const { address, storageKeys } = fieldsAt(value, place);
  return { address: addressAt(address, `${place}.address`), storageKeys: listAt(storageKeys, `${place}.storageKeys`, wordAt) };
}

function listAt<T>(value: unknown, place: string, read: (value: unknown, place: string) => T): readonly T[] {
  return Array.isArray(value) ? value.map((each, at) => read(each, `${place}[${at}]`)) : refuse(place, "a list");
}

export function fieldsAt(value: unknown, place: string): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : refuse(place, "an object");
}

export function listOf(value: unknown, place: string): readonly unknown[] {
  return listAt(value, place, (each) => each);
}
