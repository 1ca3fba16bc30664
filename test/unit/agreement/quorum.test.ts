import { describe, expect, test } from "@jest/globals";
import { keccak256 } from "ethers";
import fc from "fast-check";
import {
  certify,
  isCertified,
  isQuorum,
  leaderOf,
  leadersOf,
  quorum,
  type Validators,
  validatorsOf,
} from "../../../engine/agreement/index.ts";
import { address, type Digest, homeId, interval } from "../../../engine/kernel/index.ts";
import { type Members, membersDigest, type SignedVote, type ValidatorClass } from "../../../engine/messages/index.ts";
import { idOf } from "../../support/book.ts";
import { agentAddressOf, cheapRecover } from "../../support/cheap-signer.ts";
import { DIGESTS } from "../../support/messages.ts";
import { vote } from "../../support/node-parts.ts";
import { NO_MINIMUMS, validatorsNamed } from "../../support/validators.ts";

/** Homes 0, 1, 2 ... of these classes, h, o or u. */
function street(classes: string, minimums: Partial<Members["minimums"]> = {}): Validators {
  const of: Readonly<Record<string, ValidatorClass>> = { h: "home", o: "operator", u: "utility" };
  return validatorsOf({
    stakes: null,
    version: 1,
    homes: [],
    validators: [...classes].map((letter, home) => ({ home: homeId(home), class: of[letter]! })),
    minimums: { ...NO_MINIMUMS, ...minimums },
  });
}
const homes = (...ids: readonly number[]) => ids.map(homeId);
const upTo = (n: number) => homes(...Array.from({ length: n }, (_, i) => i));

describe("who may certify", () => {
  // Of 9 validators 7 must agree. 0 to 5 are homes, 6 and 7 the operator's, 8 the utility's.
  const mixed = street("hhhhhhoou", { home: 3, operator: 1, utility: 1 });
  test.each<[string, Validators, readonly number[], boolean]>([
    ["one class, more than two thirds", street("hhhh"), [0, 1, 2], true],
    ["one fewer", street("hhhh"), [0, 1], false],
    ["a street without rules for classes asks for none", street("hhhhhhoou"), [0, 1, 2, 3, 4, 5, 6], true],
    ["enough of each", mixed, [0, 1, 2, 3, 4, 6, 8], true],
    ["all", mixed, [0, 1, 2, 3, 4, 5, 6, 7, 8], true],
    ["no operator", mixed, [0, 1, 2, 3, 4, 5, 8], false],
    ["no utility", mixed, [0, 1, 2, 3, 4, 6, 7], false],
    ["enough of each and too few in all", mixed, [0, 1, 2, 3, 6, 8], false],
    ["an operator that runs two thirds and more is not enough alone", street("ooooooohh", { home: 1 }), [0, 1, 2, 3, 4, 5, 6], false],
    ["with one home it is", street("ooooooohh", { home: 1 }), [0, 1, 2, 3, 4, 5, 7], true],
    ["nor a utility alone", street("uuuuuuuhh", { home: 1 }), [0, 1, 2, 3, 4, 5, 6], false],
    ["nor both together", street("ooouuuuhh", { home: 2 }), [0, 1, 2, 3, 4, 5, 6], false],
    ["nor with one home of two", street("ooouuuuhh", { home: 2 }), [0, 1, 2, 3, 4, 5, 7], false],
    ["with both", street("ooouuuuhh", { home: 2 }), [0, 1, 2, 3, 4, 7, 8], true],
    ["more of a class than there are: nobody", street("hhhh", { operator: 1 }), [0, 1, 2, 3], false],
    ["strangers are of no class", street("hhhh", { home: 3 }), [0, 1, 9], false],
  ])("%s", (_, validators, ids, expected) => expect(isQuorum(validators, homes(...ids))).toBe(expected));

  test("two quorums share more than the f that may lie, whatever the minimums", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (n) => {
        const validators = validatorsNamed(upTo(n));
        const [q, f] = [quorum(validators), Math.floor((n - 1) / 3)];
        expect(isQuorum(validators, upTo(q))).toBe(true);
        expect(isQuorum(validators, upTo(q - 1))).toBe(false);
        expect(2 * q - n).toBeGreaterThan(f);
        // And the honest alone are one.
        expect(n - f).toBeGreaterThanOrEqual(q);
      }),
    );
  });

  test("validators are those of the member set, named by its digest", () => {
    const members: Members = {
      stakes: null,
      version: 7,
      homes: [{ home: homeId(2), agent: address(`0x${"11".repeat(20)}`) }],
      validators: [
        { home: homeId(2), class: "home" },
        { home: homeId(9), class: "operator" },
      ],
      minimums: { home: 1, operator: 0, utility: 0 },
    };
    expect(validatorsOf(members)).toEqual({
      ids: [2, 9],
      classes: new Map([
        [2, "home"],
        [9, "operator"],
      ]),
      minimums: members.minimums,
      seed: membersDigest(members),
    });
  });
});

describe("certificates ask for classes", () => {
  // Of 4 validators 3 must agree, one of them home 3, which is the operator's.
  const validators = street("hhho", { operator: 1 });
  const finalize = (home: number): SignedVote => vote(home, { kind: "finalize" });
  const context = { validators, digests: DIGESTS, agentOf: agentAddressOf, recover: cheapRecover };
  const certificateOf = (...ids: readonly number[]) => ({
    ...(({ kind, interval: at, view, value }) => ({ kind, interval: at, view, value }))(finalize(0).body),
    signatures: ids.map((id) => ({ validator: homeId(id), signature: finalize(id).signature })),
  });

  test("votes make one once every class is there", () => {
    expect(certify(validators, [0, 1, 2].map(finalize))).toBeNull();
    expect(certify(validators, [0, 1, 2, 3].map(finalize))).toEqual(certificateOf(0, 1, 2, 3));
    expect(certify(validators, [3, 0, 1].map(finalize))).toEqual(certificateOf(0, 1, 3));
  });

  test("and a stranger's counts only with them", () => {
    expect(
      [certificateOf(0, 1, 2), certificateOf(0, 1, 3), certificateOf(0, 3), certificateOf(0, 1, 2, 3)].map((each) =>
        isCertified(each, context),
      ),
    ).toEqual([false, true, false, true]);
  });

  test("an operator's place can't be filled by another's signature", () => {
    const { signatures, ...rest } = certificateOf(0, 1, 3);
    const forged = { ...rest, signatures: signatures.with(2, { validator: homeId(3), signature: finalize(2).signature }) };
    expect(isCertified(forged, context)).toBe(false);
  });
});

describe("who leads", () => {
  const anyStreet = fc.record({ n: fc.integer({ min: 1, max: 40 }), seed: fc.nat(1_000_000), at: fc.nat(2 ** 31) });

  test("every validator once in n views, over and over, whatever the seed and the interval", () => {
    fc.assert(
      fc.property(anyStreet, fc.nat(5), ({ n, seed, at }, round) => {
        const ids = upTo(n).map((home) => homeId(3 * home + 1));
        const leaders = leadersOf({ ids, seed: idOf(seed) }, interval(at));
        expect([...leaders].sort((a, b) => a - b)).toEqual(ids);
        const views = Array.from({ length: n }, (_, i) => round * n + i + 1);
        expect(views.map((view) => leaderOf(leaders, view))).toEqual(leaders);
      }),
      { numRuns: 100 },
    );
  });

  test("by the lot that keccak-256 draws from member set, interval and home, and by nothing else", () => {
    const [ids, seed] = [homes(2, 5, 11), idOf(77)];
    const word = (n: number): string => n.toString(16).padStart(64, "0");
    const lots = ids.map((home) => ({ home, lot: keccak256(`${seed}${word(300)}${word(home)}`) }));
    const drawn = lots.sort((a, b) => (a.lot < b.lot ? -1 : 1)).map(({ home }) => home);
    expect(leadersOf({ ids, seed }, interval(300))).toEqual(drawn);
  });

  const orderOf = (seed: Digest, at: number): string => leadersOf({ ids: upTo(12), seed }, interval(at)).join();
  test.each<[string, () => readonly string[]]>([
    ["intervals", () => Array.from({ length: 100 }, (_, at) => orderOf(idOf(1), at))],
    ["member sets", () => Array.from({ length: 100 }, (_, seed) => orderOf(idOf(seed), 1))],
  ])("other %s, other orders", (_, orders) => expect(new Set(orders()).size).toBe(100));

  test("each leads first in about its share of intervals: no home is always first", () => {
    const firsts = Array.from({ length: 1_200 }, (_, at) => leadersOf({ ids: upTo(12), seed: idOf(3) }, interval(at))[0]!);
    const counts = upTo(12).map((home) => firsts.filter((first) => first === home).length);
    // 100 each if it were even; the seed is fixed, so these are always the same draws.
    expect(Math.min(...counts)).toBeGreaterThan(60);
    expect(Math.max(...counts)).toBeLessThan(150);
  });
});
