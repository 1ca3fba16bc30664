import { describe, expect, test } from "@jest/globals";
import { validatorsOf } from "../../../engine/agreement/index.ts";
import { type HomeId, homeId, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { encodeMessage } from "../../../engine/messages/index.ts";
import { type Certified, membersAt } from "../../../src/node/index.ts";
import {
  cheapRecover,
  cheapSigner,
  FIRST,
  ordersOf,
  SIM_DIGESTS,
  SimulatedStreet,
  sharedRecover,
  sharedWork,
} from "../../../src/sim/index.ts";

const signer = cheapSigner(1);
const [body] = ordersOf(1, homeId(1), FIRST);
const id = SIM_DIGESTS.order(body!);
const signature = signer.sign(id);

describe("work that is shared by a simulated street", () => {
  test("a signature is good for what it signs and nothing else, however often it was looked at", () => {
    const recover = sharedRecover(cheapRecover);
    expect(recover(id, signature)).toBe(signer.address);
    expect(recover(ZERO_DIGEST, signature)).toBeNull();
    expect(recover(id, signature)).toBe(signer.address);
  });

  test("the same bytes are the same message, and others are another", () => {
    const work = sharedWork();
    const bytes = encodeMessage({ kind: "order", order: { body: body!, id, signature } });
    const other = encodeMessage({ kind: "order", order: { body: body!, id, signature: cheapSigner(2).sign(id) } });
    const [first, again, second] = [bytes, bytes.slice(), other].map((each) => work.decode(each, SIM_DIGESTS));
    expect(again).toBe(first);
    expect(second).not.toEqual(first);
    expect(first).toMatchObject({ ok: true, value: { order: { id } } });
  });

  test("entries that differ in nothing but their signature have names of their own", () => {
    const work = sharedWork();
    const [one, other] = [signature, cheapSigner(2).sign(id)].map((each) => ({ body: body!, id, signature: each }));
    expect(work.entryId(one!)).not.toBe(work.entryId(other!));
    expect(work.entryId(one!)).toBe(sharedWork().entryId({ ...one! }));
  });

  test("a certificate is good for the members that it was checked for, and for no others", async () => {
    const street = new SimulatedStreet({ seed: 1, homes: 4 });
    await street.start();
    await street.runTo(1, 1_500);
    street.stop();
    const [{ block }] = street.observer.certified as [Certified];
    const validators = validatorsOf(membersAt(street.chain.known, FIRST));
    const agents = new Map(street.chain.known.homes.map(({ home, agent }) => [home, agent]));
    const context = { validators, digests: SIM_DIGESTS, recover: cheapRecover, agentOf: (home: HomeId) => agents.get(home) };
    const others = { ...context, validators: { ...validators, seed: ZERO_DIGEST }, agentOf: () => undefined };
    const work = sharedWork();
    const judge = (given: typeof context) => work.isCertified(block.certificate, given);
    expect([context, others, context, others].map(judge)).toEqual([true, false, true, false]);
    expect([work.isWhole(block), work.isWhole({ ...block, orders: block.orders.slice(1) })]).toEqual([true, block.orders.length === 0]);
    expect(block.orders.length).toBeGreaterThan(0);
  });

  test("a block that differs in one byte is another, wherever the byte is", () => {
    const work = sharedWork();
    const bytes = Uint8Array.from({ length: 3_000 }, (_, at) => at % 251);
    const first = work.decodeBlock(bytes, SIM_DIGESTS);
    const changed = [0, 1, 7, 1_234, 2_999].map((at) => work.decodeBlock(bytes.with(at, bytes[at]! ^ 1), SIM_DIGESTS));
    for (const each of changed) expect(each).not.toBe(first);
    expect(work.decodeBlock(bytes.slice(), SIM_DIGESTS)).not.toBe(changed[4]);
  });
});
