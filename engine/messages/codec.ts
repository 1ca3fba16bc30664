import {
  concat,
  type Digest,
  digest,
  equal,
  fail,
  fromHex,
  type HomeId,
  homeId,
  type Interval,
  interval,
  microPerKwh,
  ok,
  period,
  type Result,
  type Wh,
  wh,
} from "../kernel/index.ts";
import { type Field, readFields, Writer } from "./protobuf.ts";
import type { Digests } from "./typed-data.ts";
import {
  type Block,
  type Certificate,
  type IntervalResult,
  type Message,
  type Order,
  type OrderList,
  type PeriodVote,
  type Proposal,
  READING_QUALITY,
  type Reading,
  type ReadingQuality,
  type Side,
  type Signature,
  VOTE_KIND,
  type Vote,
  type VoteKind,
} from "./types.ts";

/** Messages as bytes and back. Published as `config/schema/commonwatt.proto`; the schema and this file change together. */
export type DecodeCode = "MESSAGE_TOO_LARGE" | "MESSAGE_MALFORMED";

/** Largest size of each kind, in bytes; the field number in the envelope tells the kind. */
export const MESSAGE_LIMITS = {
  order: 256,
  reading: 256,
  list: 131_060,
  proposal: 4_096,
  vote: 256,
  "period-vote": 256,
} as const;
/** Largest message of any kind: a list in its envelope. */
export const MAX_MESSAGE_BYTES = 131_072;

const NUMBER = { order: 1, reading: 2, list: 3, proposal: 4, vote: 5, "period-vote": 7 } as const;
const KIND = new Map(Object.entries(NUMBER).map(([kind, number]) => [number as number, kind as Message["kind"]]));

export function encodeMessage(message: Message): Uint8Array {
  return new Writer().bytes(NUMBER[message.kind], encodeBody(message)).finish();
}

/** Foreign bytes as a message. Total: whatever the bytes, a message or a code. */
export function decodeMessage(bytes: Uint8Array, digests: Digests): Result<Message, DecodeCode> {
  if (bytes.length > MAX_MESSAGE_BYTES) return fail("MESSAGE_TOO_LARGE", `${bytes.length} bytes`);
  const [field, ...others] = readFields(bytes) ?? [];
  if (field === undefined || others.length > 0 || typeof field.value === "number") return malformed("not one message");
  const kind = KIND.get(field.number);
  if (kind === undefined) return malformed(`unknown kind ${field.number}`);
  if (field.value.length > MESSAGE_LIMITS[kind]) return fail("MESSAGE_TOO_LARGE", `${kind} of ${field.value.length} bytes`);
  const message = decodeBody(kind, field.value, digests);
  if (message === null) return malformed(kind);
  return equal(encodeMessage(message), bytes) ? ok(message) : malformed(`${kind}: not its one encoding`);
}

const malformed = (detail: string): Result<never, DecodeCode> => fail("MESSAGE_MALFORMED", detail);

function encodeBody(message: Message): Uint8Array {
  switch (message.kind) {
    case "order":
      return orderBytes(message.order.body).bytes(7, message.order.signature).finish();
    case "reading":
      return readingBytes(message.reading.body).bytes(6, message.reading.signature).finish();
    case "list":
      return listBytes(message.list.body).bytes(5, message.list.signature).finish();
    case "proposal":
      return proposalBytes(message.proposal.body).bytes(7, message.proposal.signature).finish();
    case "vote":
      return voteBytes(message.vote.body).bytes(6, message.vote.signature).finish();
    case "period-vote":
      return periodVoteBytes(message.periodVote.body).bytes(4, message.periodVote.signature).finish();
  }
}

const UINT32_END = 2 ** 32;
const SIDES: readonly Side[] = ["buy", "sell"];
const QUALITIES = Object.keys(READING_QUALITY) as ReadingQuality[];
const VOTE_KINDS = new Map(Object.entries(VOTE_KIND).map(([kind, number]) => [number as number, kind as VoteKind]));

const orderBytes = (o: Order): Writer =>
  new Writer().uint(1, o.home).uint(2, o.interval).uint(3, SIDES.indexOf(o.side)).uint(4, o.energy).uint(5, o.limit).uint(6, o.seq);
const readingBytes = (r: Reading): Writer =>
  new Writer().uint(1, r.home).uint(2, r.interval).uint(3, r.importWh).uint(4, r.exportWh).uint(5, READING_QUALITY[r.quality]);
const listBytes = (l: OrderList): Writer =>
  new Writer().uint(1, l.interval).uint(2, l.validator).bytes(3, joined(l.orders)).bytes(4, joined(l.readings));
const proposalBytes = (p: Proposal): Writer =>
  new Writer()
    .uint(1, p.interval)
    .uint(2, p.view)
    .uint(3, p.leader)
    .bytes(4, fromHex(p.value))
    .uint(5, p.parentView)
    .bytes(6, joined(p.lists));
const voteBytes = (v: Vote): Writer =>
  new Writer().uint(1, VOTE_KIND[v.kind]).uint(2, v.interval).uint(3, v.view).bytes(4, fromHex(v.value)).uint(5, v.validator);
const periodVoteBytes = (v: PeriodVote): Writer => new Writer().uint(1, v.period).uint(2, v.validator).bytes(3, fromHex(v.digest));

function certificateBytes(certificate: Certificate): Uint8Array {
  const writer = new Writer()
    .uint(1, VOTE_KIND[certificate.kind])
    .uint(2, certificate.interval)
    .uint(3, certificate.view)
    .bytes(4, fromHex(certificate.value));
  for (const { validator, signature } of certificate.signatures)
    writer.item(5, new Writer().uint(1, validator).bytes(2, signature).finish());
  return writer.finish();
}

const joined = (digests: readonly Digest[]): Uint8Array => concat(digests.map(fromHex));

function decodeBody(kind: Message["kind"], bytes: Uint8Array, digests: Digests): Message | null {
  const fields = readFields(bytes);
  if (fields === null) return null;
  const body = new Body(fields);
  try {
    return decoders[kind](body, digests);
  } catch (error) {
    if (error instanceof BadField) return null;
    throw error;
  }
}

const decoders: { readonly [K in Message["kind"]]: (body: Body, digests: Digests) => Message } = {
  order: (body, digests) => {
    const order: Order = {
      home: body.home(1),
      interval: body.interval(2),
      side: body.one(SIDES[body.uint(3)]),
      energy: body.checked(4, isOrderWh),
      limit: body.checked(5, microPerKwh.is),
      seq: body.uint32(6),
    };
    return { kind: "order", order: { body: order, id: digests.order(order), signature: body.signature(7) } };
  },
  reading: (body, digests) => {
    const reading: Reading = {
      home: body.home(1),
      interval: body.interval(2),
      importWh: body.checked(3, wh.is),
      exportWh: body.checked(4, wh.is),
      quality: body.one(QUALITIES[body.uint(5)]),
    };
    return { kind: "reading", reading: { body: reading, id: digests.reading(reading), signature: body.signature(6) } };
  },
  list: (body, digests) => {
    const list: OrderList = { interval: body.interval(1), validator: body.home(2), orders: body.digests(3), readings: body.digests(4) };
    return { kind: "list", list: { body: list, id: digests.list(list), signature: body.signature(5) } };
  },
  proposal: (body, digests) => {
    const proposal: Proposal = {
      interval: body.interval(1),
      view: body.uint32(2),
      leader: body.home(3),
      value: body.digest(4),
      parentView: body.uint32(5),
      lists: body.digests(6),
    };
    return { kind: "proposal", proposal: { body: proposal, id: digests.proposal(proposal), signature: body.signature(7) } };
  },
  vote: (body, digests) => {
    const vote: Vote = {
      kind: body.one(VOTE_KINDS.get(body.uint(1))),
      interval: body.interval(2),
      view: body.uint32(3),
      value: body.digest(4),
      validator: body.home(5),
    };
    return { kind: "vote", vote: { body: vote, id: digests.vote(vote), signature: body.signature(6) } };
  },
  "period-vote": (body) => {
    const vote: PeriodVote = { period: body.checked(1, period.is), validator: body.home(2), digest: body.digest(3) };
    return { kind: "period-vote", periodVote: { body: vote, id: vote.digest, signature: body.signature(4) } };
  },
};

/** What is signed has 32 bits for it. */
const isOrderWh = (value: unknown): value is Wh => wh.is(value) && value < UINT32_END;

function decodeCertificate(body: Body): Certificate {
  return {
    kind: body.one(VOTE_KINDS.get(body.uint(1))),
    interval: body.interval(2),
    view: body.uint32(3),
    value: body.digest(4),
    signatures: body.all(5).map((bytes) => {
      const entry = new Body(readFields(bytes) ?? []);
      return { validator: entry.home(1), signature: entry.signature(2) };
    }),
  };
}

/** Foreign fields, taken out one by one; anything missing or out of range ends the decoding. */
class Body {
  readonly #fields: readonly Field[];

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  uint(number: number): number {
    const value = this.#fields.find((field) => field.number === number)?.value ?? 0;
    if (typeof value !== "number") throw new BadField();
    return value;
  }

  uint32(number: number): number {
    return this.checked(number, (value): value is number => (value as number) < UINT32_END);
  }

  checked<T extends number>(number: number, is: (value: unknown) => value is T): T {
    const value = this.uint(number);
    if (!is(value)) throw new BadField();
    return value;
  }

  home(number: number): HomeId {
    return this.checked(number, homeId.is);
  }

  interval(number: number): Interval {
    return this.checked(number, interval.is);
  }

  bytes(number: number): Uint8Array {
    const value = this.#fields.find((field) => field.number === number)?.value ?? NOTHING;
    return value instanceof Uint8Array ? value : this.#bad();
  }

  all(number: number): readonly Uint8Array[] {
    return this.#fields.filter((field) => field.number === number).map(({ value }) => (value instanceof Uint8Array ? value : this.#bad()));
  }

  digest(number: number): Digest {
    return this.#digestOf(this.bytes(number));
  }

  digests(number: number): readonly Digest[] {
    const bytes = this.bytes(number);
    if (bytes.length % 32 !== 0) throw new BadField();
    return Array.from({ length: bytes.length / 32 }, (_, i) => digest(bytes.subarray(32 * i, 32 * i + 32)));
  }

  /** A copy: the bytes it came in may be reused by the network. */
  signature(number: number): Signature {
    const bytes = this.bytes(number);
    return bytes.length === 65 ? bytes.slice() : this.#bad();
  }

  one<T>(value: T | undefined): T {
    return value === undefined ? this.#bad() : value;
  }

  #digestOf(bytes: Uint8Array): Digest {
    return bytes.length === 32 ? digest(bytes) : this.#bad();
  }

  #bad(): never {
    throw new BadField();
  }
}

class BadField extends Error {}

const NOTHING = new Uint8Array(0);

/** A certified interval as bytes: result, certificate, then the orders and readings as whole messages. */
export function encodeBlock(block: Block): Uint8Array {
  const { result } = block;
  const roots = [result.prevHead, result.orderSetRoot, result.readingSetRoot, result.clearingRoot, result.ledgerRoot];
  const writer = new Writer().uint(1, result.interval).bytes(2, joined(roots)).bytes(3, certificateBytes(block.certificate));
  for (const order of block.orders) writer.item(4, encodeMessage({ kind: "order", order }));
  for (const reading of block.readings) writer.item(5, encodeMessage({ kind: "reading", reading }));
  return writer.finish();
}

export function decodeBlock(bytes: Uint8Array, digests: Digests): Result<Block, DecodeCode> {
  const body = new Body(readFields(bytes) ?? []);
  try {
    const certificate = decodeCertificate(new Body(readFields(body.bytes(3)) ?? []));
    const messages = [...body.all(4), ...body.all(5)].map((each) => decodeMessage(each, digests));
    const orders = messages.flatMap((each) => (each.ok && each.value.kind === "order" ? [each.value.order] : []));
    const readings = messages.flatMap((each) => (each.ok && each.value.kind === "reading" ? [each.value.reading] : []));
    const block: Block = { result: decodeResult(body), certificate, orders, readings };
    return equal(encodeBlock(block), bytes) ? ok(block) : malformed("block: not its one encoding");
  } catch (error) {
    if (error instanceof BadField) return malformed("block");
    throw error;
  }
}

function decodeResult(body: Body): IntervalResult {
  const [prevHead, orderSetRoot, readingSetRoot, clearingRoot, ledgerRoot] = body.digests(2);
  return {
    interval: body.interval(1),
    prevHead: body.one(prevHead),
    orderSetRoot: body.one(orderSetRoot),
    readingSetRoot: body.one(readingSetRoot),
    clearingRoot: body.one(clearingRoot),
    ledgerRoot: body.one(ledgerRoot),
  };
}
