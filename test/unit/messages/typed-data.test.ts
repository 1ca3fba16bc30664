import { describe, expect, test } from "@jest/globals";
import { TypedDataEncoder, type TypedDataField } from "ethers";
import fc from "fast-check";
import { address, type Digest, interval, period, toHex, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { type Digests, digestsOf, type PeriodResult, periodHash, resultHash, TYPES } from "../../../engine/messages/index.ts";
import { packed } from "../../../engine/messages/protobuf.ts";
import { anyCommit, anyDigest, anyList, anyOrder, anyProposal, anyReading, anyVote, DIGESTS, DOMAIN } from "../../support/messages.ts";

/** Written out once more, for ethers: "type name, type name". */
const fields = (text: string): TypedDataField[] =>
  text.split(", ").map((each) => ({ type: each.split(" ")[0]!, name: each.split(" ")[1]! }));
const STRUCTS = {
  Order: fields("uint32 home, uint64 interval, uint8 side, uint32 energyWh, uint32 limitMicroPerKwh, uint32 seq"),
  Commit: fields("uint32 home, uint64 interval, uint32 seq, bytes32 commitment"),
  Reading: fields("uint32 home, uint64 interval, uint64 importWh, uint64 exportWh, uint8 quality"),
  OrderList: fields(
    "uint64 interval, uint32 validator, bytes32 members, uint32 membersVersion, bytes stakes, bytes32[] commits, bytes32[] orders, bytes32[] readings",
  ),
  Proposal: fields("uint64 interval, uint32 view, uint32 leader, bytes32 value, uint32 parentView, bool isVoid, bytes32[] lists"),
  Vote: fields("uint8 kind, uint64 interval, uint32 view, bytes32 value, uint32 validator"),
  IntervalResult: fields(
    "uint64 interval, uint8 kind, bytes32 prevHead, bytes32 orderSetRoot, bytes32 readingSetRoot, bytes32 clearingRoot, bytes32 ledgerRoot, bytes32 nextMembers",
  ),
  Period: fields(
    "uint64 period, uint64 fromInterval, uint64 toInterval, uint64 coversUntil, bytes32 prevPeriod, bytes32 head, bytes32 accountsRoot, bytes32 vectorHash, bytes32 wideHash, bytes32 dataHash",
  ),
};
const market = { name: "Commonwatt", version: "1", chainId: DOMAIN.chainId, verifyingContract: DOMAIN.vault, salt: DOMAIN.rulesHash };
const vault = { name: "GridVault", version: "1", chainId: DOMAIN.chainId, verifyingContract: DOMAIN.vault };

const byEthers = (domain: object, name: keyof typeof STRUCTS, value: object): string =>
  TypedDataEncoder.hash(domain, { [name]: STRUCTS[name] }, value);

const QUALITY = { measured: 0, estimated: 1 };
const KIND = { notarize: 1, nullify: 2, finalize: 3 };
const RESULT = { trade: 0, void: 1 };

describe("digests are those of ethers", () => {
  test("the types, as text", () => {
    for (const [name, struct] of Object.entries(STRUCTS))
      expect(TYPES[name as keyof typeof TYPES]).toBe(TypedDataEncoder.from({ [name]: struct }).encodeType(name));
  });

  const same = <T>(any: fc.Arbitrary<T>, ours: (value: T) => Digest, theirs: (value: T) => string): void =>
    fc.assert(
      fc.property(any, (value) => expect(ours(value)).toBe(theirs(value))),
      { numRuns: 60 },
    );

  test("orders", () =>
    same(anyOrder, DIGESTS.order, (o) =>
      byEthers(market, "Order", { ...o, side: o.side === "buy" ? 0 : 1, energyWh: o.energy, limitMicroPerKwh: o.limit }),
    ));
  test("seals", () => same(anyCommit, DIGESTS.commit, (c) => byEthers(market, "Commit", c)));
  test("readings", () => same(anyReading, DIGESTS.reading, (r) => byEthers(market, "Reading", { ...r, quality: QUALITY[r.quality] })));
  test("lists", () => same(anyList, DIGESTS.list, (l) => byEthers(market, "OrderList", { ...l, stakes: packed(l.stakes) })));
  test("proposals", () => same(anyProposal, DIGESTS.proposal, (p) => byEthers(market, "Proposal", p)));
  test("votes", () => same(anyVote, DIGESTS.vote, (v) => byEthers(market, "Vote", { ...v, kind: KIND[v.kind] })));

  const anyResult = fc.record({
    interval: fc.nat().map(interval),
    kind: fc.constantFrom("trade" as const, "void" as const),
    prevHead: anyDigest,
    orderSetRoot: anyDigest,
    readingSetRoot: anyDigest,
    clearingRoot: anyDigest,
    ledgerRoot: anyDigest,
    nextMembers: anyDigest,
  });
  test("results: the struct hash alone, as it is named and never signed", () =>
    same(anyResult, resultHash, (r) =>
      TypedDataEncoder.hashStruct("IntervalResult", { IntervalResult: STRUCTS.IntervalResult }, { ...r, kind: RESULT[r.kind] }),
    ));

  const anyPeriod: fc.Arbitrary<PeriodResult> = fc.record({
    period: fc.nat().map(period),
    fromInterval: fc.nat().map(interval),
    toInterval: fc.nat().map(interval),
    coversUntil: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    prevPeriod: anyDigest,
    head: anyDigest,
    accountsRoot: anyDigest,
    vectorHash: anyDigest,
    wideHash: anyDigest,
    dataHash: anyDigest,
  });
  test("periods, in the vault's own domain", () => same(anyPeriod, DIGESTS.period, (p) => byEthers(vault, "Period", p)));
  test("periods: the struct hash alone, as the next period links to it", () =>
    same(anyPeriod, periodHash, (p) => TypedDataEncoder.hashStruct("Period", { Period: STRUCTS.Period }, p)));
});

describe("what is signed in one market is worth nothing in another", () => {
  const vote = { kind: "finalize", interval: interval(5), view: 1, value: ZERO_DIGEST, validator: 3 } as Parameters<Digests["vote"]>[0];
  const other = toHex(new Uint8Array(32).fill(9)) as Digest;
  test.each([
    ["chain", { ...DOMAIN, chainId: 1 }],
    ["vault", { ...DOMAIN, vault: address(`0x${"12".repeat(20)}`) }],
    ["rules", { ...DOMAIN, rulesHash: other }],
  ])("another %s", (_, domain) => expect(digestsOf(domain).vote(vote)).not.toBe(DIGESTS.vote(vote)));
});
