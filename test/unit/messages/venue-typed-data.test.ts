import { describe, expect, test } from "@jest/globals";
import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import {
  type Address,
  type Digest,
  type HomeId,
  type Interval,
  type MicroPerKwh,
  type Wh,
  ZERO_DIGEST,
} from "../../../engine/kernel/index.ts";
import {
  FATE,
  type Fate,
  FORCE,
  type Force,
  VENUE_TYPES,
  type VenueEvent,
  type VenueInput,
  type VenueOutcome,
  type VenueRequest,
  venueDigestsOf,
} from "../../../engine/messages/index.ts";
import { anyDigest, DOMAIN } from "../../support/messages.ts";

/** Written out once more, for ethers. */
const fields = (text: string) => text.split(", ").map((each) => ({ type: each.split(" ")[0]!, name: each.split(" ")[1]! }));
const STRUCTS = {
  VenueEnd: fields("bytes32 order, uint32 energyWh"),
  VenueFill: fields("bytes32 order, uint32 energyWh, uint32 priceMicroPerKwh"),
  VenueHome: fields("uint32 home, address agent, uint32 nextSeq"),
  VenueResting: fields("bytes32 order, address agent, uint32 energyWh, uint32 limitMicroPerKwh"),
  VenueOrder: fields("uint32 home, uint64 interval, uint8 side, uint8 force, uint32 energyWh, uint32 limitMicroPerKwh, uint32 seq"),
  VenueAmend: fields("uint32 home, bytes32 order, uint32 energyWh, uint32 limitMicroPerKwh, uint32 seq"),
  VenueCancel: fields("uint32 home, bytes32 order, uint32 seq"),
  VenueRequest: fields("bytes32 request"),
  VenueRound: fields("uint64 interval"),
  VenueGate: fields("uint64 interval"),
  VenueOpening: fields("uint64 day, VenueResting[] resting, VenueHome[] homes"),
  VenueOutcome: fields("string refusal, uint8 fate, uint32 leftWh, VenueFill[] fills, VenueEnd[] ended"),
  VenueEvent: fields("uint64 number, uint64 timeMs, bytes32 previous, bytes32 input, bytes32 outcome"),
};
type Name = keyof typeof STRUCTS;
const NESTED: Partial<Record<Name, readonly Name[]>> = {
  VenueOpening: ["VenueHome", "VenueResting"],
  VenueOutcome: ["VenueEnd", "VenueFill"],
};
const typesOf = (name: Name) => Object.fromEntries([name, ...(NESTED[name] ?? [])].map((each) => [each, STRUCTS[each]]));

const domain = { name: "Commonwatt", version: "1", chainId: DOMAIN.chainId, verifyingContract: DOMAIN.vault, salt: DOMAIN.rulesHash };
const digests = venueDigestsOf(DOMAIN);
const structHash = (name: Name, value: object): string => TypedDataEncoder.hashStruct(name, typesOf(name), value);

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const anyAddress = fc.bigInt({ min: 0n, max: (1n << 160n) - 1n }).map((value) => `0x${value.toString(16).padStart(40, "0")}` as Address);
const terms = { energy: uint32 as fc.Arbitrary<Wh>, limit: uint32 as fc.Arbitrary<MicroPerKwh> };
const anyHome = fc.nat(65_535) as fc.Arbitrary<HomeId>;
const anyInterval = uint32 as fc.Arbitrary<Interval>;
const order = fc.record({
  kind: fc.constant("order" as const),
  home: anyHome,
  interval: anyInterval,
  side: fc.constantFrom("buy" as const, "sell" as const),
  force: fc.constantFrom(...(Object.keys(FORCE) as Force[])),
  ...terms,
  seq: uint32,
});
const anyRequest: fc.Arbitrary<VenueRequest> = fc.oneof(
  order,
  fc.record({ kind: fc.constant("amend" as const), home: anyHome, order: anyDigest, ...terms, seq: uint32 }),
  fc.record({ kind: fc.constant("cancel" as const), home: anyHome, order: anyDigest, seq: uint32 }),
);

function theirRequest(request: VenueRequest): string {
  if (request.kind === "cancel") return TypedDataEncoder.hash(domain, typesOf("VenueCancel"), request);
  const said = { ...request, energyWh: request.energy, limitMicroPerKwh: request.limit };
  if (request.kind === "amend") return TypedDataEncoder.hash(domain, typesOf("VenueAmend"), said);
  return TypedDataEncoder.hash(domain, typesOf("VenueOrder"), {
    ...said,
    side: request.side === "buy" ? 0 : 1,
    force: FORCE[request.force],
  });
}

const signed = fc.tuple(order, anyDigest).map(([body, id]) => ({ body, id, signature: new Uint8Array(65) }));
const anyInput: fc.Arbitrary<VenueInput> = fc.oneof(
  fc.record({ kind: fc.constant("round" as const), interval: anyInterval }),
  fc.record({ kind: fc.constant("gate" as const), interval: anyInterval }),
  signed.map((request) => ({ kind: "request" as const, request })),
  fc
    .record({
      day: uint32,
      resting: fc.array(fc.record({ order: signed, agent: anyAddress, ...terms }), { maxLength: 4 }),
      homes: fc.array(fc.record({ home: anyHome, agent: anyAddress, nextSeq: uint32 }), { maxLength: 4 }),
    })
    .map((opening) => ({ kind: "opening" as const, opening })),
);
const anyOutcome: fc.Arbitrary<VenueOutcome> = fc.record({
  refusal: fc.option(fc.constantFrom("LEVEL_FULL", "PRICE_OFF_TICK")),
  fate: fc.constantFrom(...(Object.keys(FATE) as Fate[])),
  left: terms.energy,
  fills: fc.array(fc.record({ order: anyDigest, energy: terms.energy, price: terms.limit }), { maxLength: 4 }),
  ended: fc.array(fc.record({ order: anyDigest, energy: terms.energy }), { maxLength: 4 }),
});

function theirInput(input: VenueInput): string {
  switch (input.kind) {
    case "round":
      return structHash("VenueRound", input);
    case "gate":
      return structHash("VenueGate", input);
    case "request":
      return structHash("VenueRequest", { request: input.request.id });
    case "opening": {
      const resting = input.opening.resting.map((each) => ({
        ...each,
        order: each.order.id,
        energyWh: each.energy,
        limitMicroPerKwh: each.limit,
      }));
      return structHash("VenueOpening", { ...input.opening, resting });
    }
  }
}

const theirOutcome = ({ refusal, fate, left, fills, ended }: VenueOutcome): string =>
  structHash("VenueOutcome", {
    refusal: refusal ?? "",
    fate: FATE[fate],
    leftWh: left,
    fills: fills.map((fill) => ({ ...fill, energyWh: fill.energy, priceMicroPerKwh: fill.price })),
    ended: ended.map((end) => ({ ...end, energyWh: end.energy })),
  });

describe("a venue's digests are those of ethers", () => {
  test("the types, as text", () => {
    for (const name of Object.keys(STRUCTS) as Name[])
      expect(VENUE_TYPES[name]).toBe(TypedDataEncoder.from(typesOf(name)).encodeType(name));
    expect(Object.keys(VENUE_TYPES).sort()).toEqual(Object.keys(STRUCTS).sort());
  });

  test("requests", () => fc.assert(fc.property(anyRequest, (request) => expect(digests.request(request)).toBe(theirRequest(request)))));

  test("events", () =>
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), anyDigest, anyInput, anyOutcome, (number, time, previous, input, outcome) => {
        const event: VenueEvent = { number, time, previous, input, outcome };
        const said = { number, timeMs: time, previous, input: theirInput(input), outcome: theirOutcome(outcome) };
        expect(digests.event(event)).toBe(TypedDataEncoder.hash(domain, typesOf("VenueEvent"), said));
      }),
    ));

  test("another market signs other digests", () => {
    const request: VenueRequest = { kind: "cancel", home: 0 as HomeId, order: ZERO_DIGEST, seq: 0 };
    expect(venueDigestsOf({ ...DOMAIN, chainId: DOMAIN.chainId + 1 }).request(request)).not.toBe(digests.request(request) as Digest);
  });
});
