import { equal, fail, microPerKwh, ok, period, type Result, type Wh, wh } from "../kernel/index.ts";
import { type Body, type DecodeCode, malformed, open, UINT32_END, VOTE_KINDS } from "./body.ts";
import { asEvidence } from "./evidence.ts";
import { encodeMembers, membersDigest, membersIn } from "./members.ts";
import { readFields, Writer } from "./protobuf.ts";
import { encodeStakes } from "./stakes.ts";
import type { Digests } from "./typed-data.ts";
import {
  type Closed,
  type Commit,
  type Contradictable,
  type Evidence,
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
} from "./types.ts";

/** Largest size of each kind, in bytes; the field number in the envelope tells the kind. */
export const MESSAGE_LIMITS = {
  order: 256,
  commit: 256,
  closed: 256,
  reading: 256,
  list: 131_060,
  proposal: 4_096,
  vote: 256,
  "period-vote": 256,
  evidence: 131_060,
  members: 131_060,
} as const;
/** Largest message of any kind: a list in its envelope. */
export const MAX_MESSAGE_BYTES = 131_072;

const NUMBER = {
  order: 1,
  reading: 2,
  list: 3,
  proposal: 4,
  vote: 5,
  "period-vote": 7,
  commit: 8,
  evidence: 9,
  members: 10,
  closed: 11,
} as const;
const KIND = new Map(Object.entries(NUMBER).map(([kind, number]) => [number as number, kind as Message["kind"]]));

/** Messages as bytes and back. Published as `config/schema/commonwatt.proto`; the schema and these files change together. */
export function encodeMessage(message: Message): Uint8Array {
  if (message.kind === "members") return new Writer().bytes(NUMBER.members, encodeMembers(message.members)).finish();
  return bodyOf(message).finishIn(NUMBER[message.kind]);
}

/** Foreign bytes as a message. Total: whatever the bytes, a message or a code. */
export function decodeMessage(bytes: Uint8Array, digests: Digests): Result<Message, DecodeCode> {
  if (bytes.length > MAX_MESSAGE_BYTES) return fail("MESSAGE_TOO_LARGE", `${bytes.length} bytes`);
  const [field, ...others] = readFields(bytes) ?? [];
  if (field === undefined || others.length > 0 || typeof field.value === "number") return malformed("not one message");
  const kind = KIND.get(field.number);
  if (kind === undefined) return malformed(`unknown kind ${field.number}`);
  if (field.value.length > MESSAGE_LIMITS[kind]) return fail("MESSAGE_TOO_LARGE", `${kind} of ${field.value.length} bytes`);
  const message = open(field.value, (body) => decoders[kind](body, digests));
  if (message === null) return malformed(kind);
  return equal(encodeMessage(message), bytes) ? ok(message) : malformed(`${kind}: not its one encoding`);
}

function bodyOf(message: Exclude<Message, { kind: "members" }>): Writer {
  switch (message.kind) {
    case "order":
      return orderBytes(message.order.body).bytes(7, message.order.signature);
    case "reading":
      return readingBytes(message.reading.body).bytes(6, message.reading.signature);
    case "list":
      return listBytes(message.list.body, message.list.signature);
    case "proposal":
      return proposalBytes(message.proposal.body).bytes(7, message.proposal.signature).uint(8, Number(message.proposal.body.isVoid));
    case "vote":
      return voteBytes(message.vote.body).bytes(6, message.vote.signature);
    case "period-vote":
      return periodVoteBytes(message.periodVote.body).bytes(4, message.periodVote.signature);
    case "commit":
      return commitBytes(message.commit.body).bytes(5, message.commit.signature);
    case "closed":
      return closedBytes(message.closed.body).bytes(3, message.closed.signature);
    case "evidence":
      return evidenceBytes(message.evidence);
  }
}

const SIDES: readonly Side[] = ["buy", "sell"];
const QUALITIES = Object.keys(READING_QUALITY) as ReadingQuality[];

const orderBytes = (o: Order): Writer =>
  new Writer().uint(1, o.home).uint(2, o.interval).uint(3, SIDES.indexOf(o.side)).uint(4, o.energy).uint(5, o.limit).uint(6, o.seq);
const readingBytes = (r: Reading): Writer =>
  new Writer().uint(1, r.home).uint(2, r.interval).uint(3, r.importWh).uint(4, r.exportWh).uint(5, READING_QUALITY[r.quality]);
const commitBytes = (c: Commit): Writer => new Writer().uint(1, c.home).uint(2, c.interval).uint(3, c.seq).hexes(4, [c.commitment], 32);
const closedBytes = (c: Closed): Writer => new Writer().uint(1, c.interval).uint(2, c.validator);
const evidenceBytes = ({ first, second }: Evidence): Writer => new Writer().bytes(1, encodeMessage(first)).bytes(2, encodeMessage(second));
const listBytes = (l: OrderList, signature: Signature): Writer =>
  new Writer()
    .uint(1, l.interval)
    .uint(2, l.validator)
    .hexes(3, l.orders, 32)
    .hexes(4, l.readings, 32)
    .bytes(5, signature)
    .hexes(6, [l.members], 32)
    .hexes(7, l.commits, 32)
    .uint(8, l.membersVersion)
    .bytes(9, encodeStakes(l.stakes));
const proposalBytes = (p: Proposal): Writer =>
  new Writer().uint(1, p.interval).uint(2, p.view).uint(3, p.leader).hexes(4, [p.value], 32).uint(5, p.parentView).hexes(6, p.lists, 32);
const voteBytes = (v: Vote): Writer =>
  new Writer().uint(1, VOTE_KIND[v.kind]).uint(2, v.interval).uint(3, v.view).hexes(4, [v.value], 32).uint(5, v.validator);
const periodVoteBytes = (v: PeriodVote): Writer => new Writer().uint(1, v.period).uint(2, v.validator).hexes(3, [v.digest], 32);

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
    const list: OrderList = {
      interval: body.interval(1),
      validator: body.home(2),
      members: body.digest(6),
      membersVersion: body.uint32(8),
      stakes: body.stakes(9),
      commits: body.digests(7),
      orders: body.digests(3),
      readings: body.digests(4),
    };
    return { kind: "list", list: { body: list, id: digests.list(list), signature: body.signature(5) } };
  },
  proposal: (body, digests) => {
    const proposal: Proposal = {
      interval: body.interval(1),
      view: body.uint32(2),
      leader: body.home(3),
      value: body.digest(4),
      parentView: body.uint32(5),
      isVoid: body.one([false, true][body.uint(8)]),
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
  commit: (body, digests) => {
    const commit: Commit = { home: body.home(1), interval: body.interval(2), seq: body.uint32(3), commitment: body.digest(4) };
    return { kind: "commit", commit: { body: commit, id: digests.commit(commit), signature: body.signature(5) } };
  },
  closed: (body, digests) => {
    const closed: Closed = { interval: body.interval(1), validator: body.home(2) };
    return { kind: "closed", closed: { body: closed, id: digests.closed(closed), signature: body.signature(3) } };
  },
  evidence: (body, digests) => {
    const [first, second] = [1, 2].map((number) => contradictable(body.bytes(number), digests));
    return body.one(asEvidence(body.one(first), body.one(second)) ?? undefined);
  },
  members: (body) => {
    const members = membersIn(body);
    return { kind: "members", members, id: membersDigest(members) };
  },
};

const CONTRADICTABLE: ReadonlySet<Message["kind"] | undefined> = new Set(["order", "commit", "reading", "list", "proposal", "vote"]);

function contradictable(bytes: Uint8Array, digests: Digests): Contradictable | undefined {
  // Looked at first: evidence within evidence would go as deep as its sender likes.
  if (!CONTRADICTABLE.has(KIND.get(readFields(bytes)?.[0]?.number ?? 0))) return undefined;
  const message = decodeMessage(bytes, digests);
  return message.ok ? (message.value as Contradictable) : undefined;
}

/** What is signed has 32 bits for it. */
const isOrderWh = (value: unknown): value is Wh => wh.is(value) && value < UINT32_END;
