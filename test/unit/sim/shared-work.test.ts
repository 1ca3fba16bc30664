import { describe, expect, test } from "@jest/globals";
import { homeId, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { encodeMessage } from "../../../engine/messages/index.ts";
import { cheapRecover, cheapSigner, FIRST, ordersOf, SIM_DIGESTS, sharedRecover, sharedWork } from "../../../src/sim/index.ts";

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
});
