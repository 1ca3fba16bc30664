import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import protobuf from "protobufjs";
import { digest, fromHex, homeId, interval, microPerKwh, toHex, wh } from "../../../engine/kernel/index.ts";
import {
  type Block,
  decodeBlock,
  decodeMessage,
  encodeBlock,
  encodeMessage,
  MAX_MESSAGE_BYTES,
  MESSAGE_LIMITS,
  type Members,
  type Message,
  RESULT_KIND,
  readFields,
  VALIDATOR_CLASS,
  Writer,
} from "../../../engine/messages/index.ts";
import {
  decodeBlocksRequest,
  decodeFetch,
  decodeFetched,
  encodeBlocksRequest,
  encodeFetch,
  encodeFetched,
  heldMark,
} from "../../../src/node/requests.ts";
import { idOf } from "../../support/book.ts";
import { anyBlock, anyMessage, DIGESTS } from "../../support/messages.ts";

const schema = protobuf.parse(readFileSync(new URL("../../../config/schema/commonwatt.proto", import.meta.url), "utf8")).root;
const typeOf = (name: string) => schema.lookupType(`commonwatt.${name}`);

const KIND = { notarize: 1, nullify: 2, finalize: 3 };
const bytes = (...digests: readonly string[]) => Buffer.from(digests.map((each) => each.slice(2)).join(""), "hex");
/** proto3 leaves defaults out; protobufjs writes whatever is set, so they are taken out for it. */
const withoutDefaults = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== 0 && !(each instanceof Uint8Array && each.length === 0)));

/** A message in the schema's words. */
function told(message: Message): { readonly [said: string]: object } {
  switch (message.kind) {
    case "order": {
      const { body, signature } = message.order;
      const { energy, limit, side, ...rest } = body;
      return { order: { ...rest, side: side === "buy" ? 0 : 1, energyWh: energy, limitMicroPerKwh: limit, signature } };
    }
    case "reading": {
      const { body, signature } = message.reading;
      return { reading: { ...body, quality: body.quality === "measured" ? 0 : 1, signature } };
    }
    case "list": {
      const { body, signature } = message.list;
      return {
        list: {
          ...body,
          members: bytes(body.members),
          commits: bytes(...body.commits),
          orders: bytes(...body.orders),
          readings: bytes(...body.readings),
          signature,
        },
      };
    }
    case "proposal": {
      const { body, signature } = message.proposal;
      return { proposal: { ...body, value: bytes(body.value), lists: bytes(...body.lists), signature } };
    }
    case "vote":
      return {
        vote: {
          ...message.vote.body,
          kind: KIND[message.vote.body.kind],
          value: bytes(message.vote.body.value),
          signature: message.vote.signature,
        },
      };
    case "period-vote": {
      const { body, signature } = message.periodVote;
      return { periodVote: { ...body, digest: bytes(body.digest), signature } };
    }
    case "commit": {
      const { body, signature } = message.commit;
      return { commit: { ...body, commitment: bytes(body.commitment), signature } };
    }
    case "closed":
      return { closed: { ...message.closed.body, signature: message.closed.signature } };
    case "evidence": {
      const { first, second } = message.evidence;
      return { evidence: { first: proto(first), second: proto(second) } };
    }
    case "members":
      return { members: toldMembers(message.members) };
  }
}

function toldMembers({ version, homes, validators, minimums, stakes }: Members): object {
  const { home: minHomes, operator: minOperators, utility: minUtilities } = minimums;
  return withoutDefaults({
    homes: homes.map(({ home, agent }) => withoutDefaults({ home, agent: bytes(agent) })),
    validators: validators.map(({ home, class: of }) => withoutDefaults({ home, class: VALIDATOR_CLASS[of] })),
    minHomes,
    minOperators,
    minUtilities,
    version,
    ...(stakes === null ? {} : { stakes }),
  });
}

const proto = (message: Message): object =>
  Object.fromEntries(Object.entries(told(message)).map(([said, body]) => [said, withoutDefaults(body)]));

function protoBlock({ result, certificate, orders, readings, withheld, members }: Block): object {
  const { interval: at, prevHead, orderSetRoot, readingSetRoot, clearingRoot, ledgerRoot, nextMembers } = result;
  const { kind, interval: of, view, value, signatures } = certificate;
  return withoutDefaults({
    interval: at,
    roots: bytes(prevHead, orderSetRoot, readingSetRoot, clearingRoot, ledgerRoot, nextMembers),
    certificate: withoutDefaults({
      kind: KIND[kind],
      interval: of,
      view,
      value: bytes(value),
      signatures: signatures.map(withoutDefaults),
    }),
    orders: orders.map((order) => proto({ kind: "order", order })),
    readings: readings.map((reading) => proto({ kind: "reading", reading })),
    withheld: withheld.map(proto),
    ...(members === null ? {} : { members: toldMembers(members) }),
    kind: RESULT_KIND[result.kind],
  });
}

const write = (type: string, value: object): string => toHex(typeOf(type).encode(value).finish());
const plain = (type: string, encoded: Uint8Array): object =>
  typeOf(type).toObject(typeOf(type).decode(encoded), { longs: Number, defaults: false, bytes: String });

const ORDER: Message = {
  kind: "order",
  order: (() => {
    const body = { home: homeId(3), interval: interval(300), side: "sell", energy: wh(1500), limit: microPerKwh(0), seq: 1 } as const;
    return { body, id: DIGESTS.order(body), signature: new Uint8Array(65).fill(7) };
  })(),
};

describe("bytes", () => {
  test("an order, written out: tag and value of each field that is no default", () => {
    const body = `0803${"10ac02"}${"1801"}${"20dc0b"}${"3001"}3a41${"07".repeat(65)}`;
    expect(toHex(encodeMessage(ORDER))).toBe(`0x0a${(body.length / 2).toString(16)}${body}`);
  });

  test("protobufjs writes the same bytes from the schema, and reads ours", () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const encoded = encodeMessage(message);
        expect(toHex(encoded)).toBe(write("Message", proto(message)));
        expect(plain("Message", encoded)).toEqual(plain("Message", typeOf("Message").encode(proto(message)).finish()));
      }),
      { numRuns: 300 },
    );
  });

  test("blocks too", () => {
    fc.assert(
      fc.property(anyBlock, (block) => expect(toHex(encodeBlock(block))).toBe(write("Block", protoBlock(block)))),
      { numRuns: 60 },
    );
  });

  test.each<[string, Uint8Array, string, object]>([
    [
      "a question",
      encodeFetch({ interval: interval(7), wanted: [idOf(1), idOf(2)], held: ["0x0102030405060708", "0xffffffffffffffff"] }),
      "Fetch",
      { interval: 7, wanted: bytes(idOf(1), idOf(2)), held: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, ...Array(8).fill(255)) },
    ],
    ["a question about nothing", encodeFetch({ interval: interval(0), wanted: [], held: [] }), "Fetch", {}],
    ["a block", encodeFetched({ block: Uint8Array.of(1, 2), messages: [] }), "Fetched", { block: Uint8Array.of(1, 2) }],
    [
      "messages",
      encodeFetched({ block: null, messages: [Uint8Array.of(1), Uint8Array.of()] }),
      "Fetched",
      { messages: [Uint8Array.of(1), Uint8Array.of()] },
    ],
    ["a question for blocks", encodeBlocksRequest(interval(9)), "BlocksRequest", { from: 9 }],
  ])("requests: %s", (_, ours, type, value) => expect(toHex(ours)).toBe(write(type, value)));
});

describe("fields", () => {
  test.each<[string, number[], unknown]>([
    ["none", [], []],
    [
      "a number and bytes",
      [0x08, 5, 0x12, 2, 7, 8],
      [
        { number: 1, value: 5 },
        { number: 2, value: Uint8Array.of(7, 8) },
      ],
    ],
    ["the largest number", [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], [{ number: 1, value: 2 ** 53 - 1 }]],
    ["a larger one", [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], null],
    ["a number of nine bytes", [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0], null],
    ["fewer bytes than told", [0x0a, 2, 1], null],
    ["a tag alone", [0x08], null],
    ["32 bits fixed", [0x0d, 0, 0, 0, 0], null],
  ])("%s", (_, given, fields) => expect(readFields(Uint8Array.from(given))).toEqual(fields));
});

describe("round trips", () => {
  test("every message comes back as it was, and can't be changed through the bytes it came in", () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const encoded = encodeMessage(message);
        const decoded = decodeMessage(encoded, DIGESTS);
        encoded.fill(0);
        expect(decoded).toEqual({ ok: true, value: message });
      }),
      { numRuns: 300 },
    );
  });

  test("every block", () => {
    fc.assert(
      fc.property(anyBlock, (block) => expect(decodeBlock(encodeBlock(block), DIGESTS)).toEqual({ ok: true, value: block })),
      { numRuns: 60 },
    );
  });

  test("every question and answer", () => {
    const question = { interval: interval(7), wanted: [idOf(1), idOf(2)], held: [heldMark(idOf(3))] };
    expect(decodeFetch(encodeFetch(question))).toEqual(question);
    const answer = { block: null, messages: [Uint8Array.of(1), Uint8Array.of(2, 3)] };
    expect(decodeFetched(encodeFetched(answer))).toEqual(answer);
    expect(decodeBlocksRequest(encodeBlocksRequest(interval(9)))).toBe(9);
    const cut = Uint8Array.of(0x08);
    expect([decodeFetch(cut), decodeFetched(cut), decodeBlocksRequest(cut)]).toEqual([null, null, null]);
  });
});

describe("what is refused", () => {
  const ENVELOPE = { order: 1, reading: 2, list: 3, proposal: 4, vote: 5, certificate: 6 };
  const wrapped = (kind: keyof typeof ENVELOPE, body: Writer): Uint8Array => new Writer().bytes(ENVELOPE[kind], body.finish()).finish();
  const sig = new Uint8Array(65);
  const order = (energy: number, side = 1, limit = 5) =>
    wrapped("order", new Writer().uint(1, 1).uint(2, 2).uint(3, side).uint(4, energy).uint(5, limit).uint(6, 6).bytes(7, sig));
  const reading = (importWh: number, quality: number) =>
    wrapped("reading", new Writer().uint(1, 1).uint(2, 2).uint(3, importWh).uint(5, quality).bytes(6, sig));
  const vote = (kind: number, value: Uint8Array, signature = sig) =>
    wrapped("vote", new Writer().uint(1, kind).uint(2, 2).uint(3, 1).bytes(4, value).bytes(6, signature));
  const list = (orders: number) =>
    wrapped("list", new Writer().uint(1, 1).bytes(3, new Uint8Array(orders)).bytes(5, sig).bytes(6, new Uint8Array(32)));
  const codeOf = (given: Uint8Array): string => {
    const decoded = decodeMessage(given, DIGESTS);
    return decoded.ok ? "ok" : decoded.code;
  };

  test.each<[string, string, Uint8Array]>([
    ["nothing at all", "MESSAGE_MALFORMED", new Uint8Array(0)],
    ["an order", "ok", order(2 ** 32 - 1)],
    ["energy beyond 32 bits", "MESSAGE_MALFORMED", order(2 ** 32)],
    ["a third side", "MESSAGE_MALFORMED", order(4, 2)],
    ["a limit beyond the unit", "MESSAGE_MALFORMED", order(4, 1, 100_000_001)],
    ["a reading", "ok", reading(1_000_000_000_000, 1)],
    ["a counter beyond the unit", "MESSAGE_MALFORMED", reading(1_000_000_000_001, 1)],
    ["a third quality", "MESSAGE_MALFORMED", reading(1, 2)],
    ["a vote", "ok", vote(3, new Uint8Array(32))],
    ["a vote of kind 0", "MESSAGE_MALFORMED", vote(0, new Uint8Array(32))],
    ["a vote of kind 4", "MESSAGE_MALFORMED", vote(4, new Uint8Array(32))],
    ["a short value", "MESSAGE_MALFORMED", vote(1, new Uint8Array(31))],
    ["a long signature", "MESSAGE_MALFORMED", vote(1, new Uint8Array(32), new Uint8Array(66))],
    ["no signature", "MESSAGE_MALFORMED", vote(1, new Uint8Array(32), new Uint8Array(0))],
    ["half a digest", "MESSAGE_MALFORMED", list(48)],
    ["the longest list", "ok", list(32 * 4_092)],
    ["a longer list", "MESSAGE_TOO_LARGE", list(32 * 4_093)],
    ["an order that is too long", "MESSAGE_TOO_LARGE", wrapped("order", new Writer().bytes(7, new Uint8Array(MESSAGE_LIMITS.order)))],
    ["anything beyond the largest", "MESSAGE_TOO_LARGE", new Uint8Array(MAX_MESSAGE_BYTES + 1)],
    ["a kind that is no more", "MESSAGE_MALFORMED", wrapped("certificate", new Writer().uint(1, 1))],
    ["a number as envelope", "MESSAGE_MALFORMED", new Writer().uint(1, 5).finish()],
    ["two messages", "MESSAGE_MALFORMED", Uint8Array.from([...order(4), ...order(4)])],
    ["bytes behind it", "MESSAGE_MALFORMED", Uint8Array.from([...order(4), 0])],
    ["an unknown wire type", "MESSAGE_MALFORMED", Uint8Array.of(0x0d, 0, 0, 0, 0)],
    ["a cut varint", "MESSAGE_MALFORMED", Uint8Array.of(0x80)],
  ])("%s: %s", (_, expected, given) => expect(codeOf(given)).toBe(expected));

  // The body of ORDER with one thing told otherwise; each means the same to a lenient reader.
  const BODY = encodeMessage(ORDER).subarray(2);
  const other = (body: readonly number[]) => Uint8Array.from([0x0a, body.length, ...body]);
  test.each<[string, Uint8Array]>([
    ["a length in two bytes", Uint8Array.from([0x0a, 0x80 + BODY.length, 0, ...BODY])],
    ["a number in one byte too many", other([0x08, 0x83, 0, ...BODY.subarray(2)])],
    ["a default written out", other([...BODY.subarray(0, 10), 0x28, 0, ...BODY.subarray(10)])],
    ["fields in another order", other([...BODY.subarray(2, 5), ...BODY.subarray(0, 2), ...BODY.subarray(5)])],
    ["a field twice", other([0x08, 3, ...BODY])],
    ["an unknown field", other([...BODY, 0x40, 1])],
    ["a field 0", other([0, 1, ...BODY])],
  ])("another encoding: %s", (_, given) => expect(codeOf(given)).toBe("MESSAGE_MALFORMED"));

  test("a block with a reading among its orders, with seven roots, or cut short", () => {
    const [block] = fc.sample(anyBlock, { seed: 5, numRuns: 1 });
    const good = encodeBlock(block!);
    const refused = (given: Uint8Array) => expect(decodeBlock(given, DIGESTS)).toMatchObject({ ok: false, code: "MESSAGE_MALFORMED" });
    const [aReading] = fc.sample(
      anyMessage.filter(({ kind }) => kind === "reading"),
      { seed: 5, numRuns: 1 },
    );
    const sevenRoots = { ...protoBlock(block!), roots: new Uint8Array(224) };
    refused(fromHex(write("Block", { ...protoBlock(block!), orders: [proto(aReading!)] })));
    refused(fromHex(write("Block", sevenRoots)));
    refused(good.subarray(0, good.length - 1));
    refused(new Uint8Array(0));
  });

  test("digests of decoded messages are their own", () => {
    const decoded = decodeMessage(encodeMessage(ORDER), DIGESTS);
    expect(decoded.ok && decoded.value.kind === "order" && decoded.value.order.id).toBe(ORDER.kind === "order" && ORDER.order.id);
    expect(digest(fromHex(idOf(7)))).toBe(idOf(7));
  });
});
