import { equal, ok, type Result } from "../kernel/index.ts";
import { Body, type DecodeCode, malformed, open, VOTE_KINDS } from "./body.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { encodeMembers, membersIn } from "./members.ts";
import { Writer } from "./protobuf.ts";
import type { Digests } from "./typed-data.ts";
import { type Block, type Certificate, type IntervalResult, RESULT_KIND, type ResultKind, VOTE_KIND, type Withheld } from "./types.ts";

/** A certified interval as bytes: result, certificate, then the entries that it counts as whole messages, written by `encode`. */
export function encodeBlock(block: Block, encode = encodeMessage): Uint8Array {
  const { result } = block;
  const roots = [result.prevHead, result.orderSetRoot, result.readingSetRoot, result.clearingRoot, result.ledgerRoot, result.nextMembers];
  const writer = new Writer().uint(1, result.interval).hexes(2, roots, 32).bytes(3, certificateBytes(block.certificate));
  for (const order of block.orders) writer.item(4, encode({ kind: "order", order }));
  for (const reading of block.readings) writer.item(5, encode({ kind: "reading", reading }));
  for (const each of block.withheld) writer.item(6, encode(each));
  if (block.members !== null) writer.item(7, encodeMembers(block.members));
  writer.uint(8, RESULT_KIND[result.kind]);
  return writer.finish();
}

/** How a block's entries are read and written. */
export interface Codec {
  readonly decode: typeof decodeMessage;
  readonly encode: typeof encodeMessage;
}

export function decodeBlock(
  bytes: Uint8Array,
  digests: Digests,
  { decode, encode }: Codec = { decode: decodeMessage, encode: encodeMessage },
): Result<Block, DecodeCode> {
  const block = open(bytes, (body) => blockIn(body, (each) => decode(each, digests)));
  if (block === null) return malformed("block");
  return equal(encodeBlock(block, encode), bytes) ? ok(block) : malformed("block: not its one encoding");
}

/** Orders and readings that are none are left out here; the block then fails as a whole, being another than it was. */
function blockIn(body: Body, decode: (bytes: Uint8Array) => ReturnType<typeof decodeMessage>): Block {
  const messages = [...body.all(4), ...body.all(5)].map(decode);
  const orders = messages.flatMap((each) => (each.ok && each.value.kind === "order" ? [each.value.order] : []));
  const readings = messages.flatMap((each) => (each.ok && each.value.kind === "reading" ? [each.value.reading] : []));
  const withheld = body.all(6).flatMap((bytes): Withheld[] => {
    const each = decode(bytes);
    return each.ok && (each.value.kind === "commit" || each.value.kind === "order") ? [each.value] : [];
  });
  const [members] = body.all(7);
  return {
    result: decodeResult(body),
    certificate: decodeCertificate(Body.of(body.bytes(3))),
    orders,
    readings,
    withheld,
    members: members === undefined ? null : membersIn(Body.of(members)),
  };
}

function decodeResult(body: Body): IntervalResult {
  const [prevHead, orderSetRoot, readingSetRoot, clearingRoot, ledgerRoot, nextMembers] = body.digests(2);
  return {
    interval: body.interval(1),
    kind: body.one(RESULT_KINDS[body.uint(8)]),
    prevHead: body.one(prevHead),
    orderSetRoot: body.one(orderSetRoot),
    readingSetRoot: body.one(readingSetRoot),
    clearingRoot: body.one(clearingRoot),
    ledgerRoot: body.one(ledgerRoot),
    nextMembers: body.one(nextMembers),
  };
}

const RESULT_KINDS = Object.keys(RESULT_KIND) as ResultKind[];

function certificateBytes(certificate: Certificate): Uint8Array {
  const writer = new Writer()
    .uint(1, VOTE_KIND[certificate.kind])
    .uint(2, certificate.interval)
    .uint(3, certificate.view)
    .hexes(4, [certificate.value], 32);
  for (const { validator, signature } of certificate.signatures)
    writer.item(5, new Writer().uint(1, validator).bytes(2, signature).finish());
  return writer.finish();
}

function decodeCertificate(body: Body): Certificate {
  return {
    kind: body.one(VOTE_KINDS.get(body.uint(1))),
    interval: body.interval(2),
    view: body.uint32(3),
    value: body.digest(4),
    signatures: body.all(5).map((bytes) => {
      const entry = Body.of(bytes);
      return { validator: entry.home(1), signature: entry.signature(2) };
    }),
  };
}
