import { describe, expect, test } from "@jest/globals";
import { certify, isCertified, type Validators } from "../../../engine/agreement/index.ts";
import { address, type Digest, homeId, interval } from "../../../engine/kernel/index.ts";
import type { Certificate, Signature, SignedVote, Vote } from "../../../engine/messages/index.ts";
import { idOf } from "../../support/book.ts";
import { DIGESTS } from "../../support/messages.ts";
import { validatorsNamed } from "../../support/validators.ts";

const VALIDATORS: Validators = validatorsNamed([1, 4, 7, 10]);
const agentOf = (home: number) => address(`0x${home.toString(16).padStart(40, "0")}`);
/** A pretended signature: who, and the first bytes of what. */
const sign = (home: number, digest: Digest): Signature =>
  Uint8Array.from({ length: 65 }, (_, i) => (i === 64 ? home : Number.parseInt(digest.slice(2 + 2 * (i % 32), 4 + 2 * (i % 32)), 16)));
const recover = (digest: Digest, signature: Signature) =>
  sign(signature[64]!, digest).every((byte, i) => byte === signature[i]) ? agentOf(signature[64]!) : null;
const context = { validators: VALIDATORS, digests: DIGESTS, agentOf: (home: number) => (home === 99 ? undefined : agentOf(home)), recover };

const BODY = { kind: "finalize", interval: interval(5), view: 2, value: idOf(9) } as const;
const vote = (home: number, change: Partial<Vote> = {}): SignedVote => {
  const body: Vote = { ...BODY, validator: homeId(home), ...change };
  return { body, id: DIGESTS.vote(body), signature: sign(home, DIGESTS.vote(body)) };
};
const certificate = (...homes: readonly number[]): Certificate => ({
  ...BODY,
  signatures: homes.map((home) => ({ validator: homeId(home), signature: vote(home).signature })),
});

describe("votes as a certificate", () => {
  test.each([
    ["none", [], null],
    ["two of four", [1, 4], null],
    ["three, by rising validator", [10, 1, 7], [1, 7, 10]],
    ["four: all of them", [7, 10, 4, 1], [1, 4, 7, 10]],
  ])("%s", (_, homes, signers) => {
    const certified = certify(
      VALIDATORS,
      homes.map((home) => vote(home)),
    );
    expect(certified).toEqual(signers === null ? null : certificate(...signers));
  });
});

describe("a stranger's certificate", () => {
  const good = certificate(1, 4, 7);
  const withSignature = (at: number, signature: Signature): Certificate => ({
    ...good,
    signatures: good.signatures.map((each, i) => (i === at ? { ...each, signature } : each)),
  });
  test.each<[string, Certificate, boolean]>([
    ["three of four", good, true],
    ["all four", certificate(1, 4, 7, 10), true],
    ["two", certificate(1, 4), false],
    ["one twice", certificate(1, 4, 4), false],
    ["not by rising validator", certificate(1, 7, 4), false],
    ["a home that is no validator", certificate(1, 4, 5), false],
    ["a fifth", certificate(1, 4, 7, 10, 11), false],
    ["another value", { ...good, value: idOf(8) }, false],
    ["another view", { ...good, view: 3 }, false],
    ["another interval", { ...good, interval: interval(6) }, false],
    ["another kind", { ...good, kind: "notarize" }, false],
    ["another's signature", withSignature(1, vote(7).signature), false],
    ["no signature", withSignature(2, new Uint8Array(65)), false],
  ])("%s", (_, given, expected) => expect(isCertified(given, context)).toBe(expected));

  test("a validator without a key", () => {
    const validators = validatorsNamed([1, 4, 7, 99]);
    expect(isCertified(certificate(1, 4, 99), { ...context, validators })).toBe(false);
    const signatures = [...certificate(1, 4).signatures, { validator: homeId(99), signature: new Uint8Array(65) }];
    expect(isCertified({ ...good, signatures }, { ...context, validators })).toBe(false);
  });
});
