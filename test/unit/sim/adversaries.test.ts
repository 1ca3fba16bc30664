import { describe, expect, test } from "@jest/globals";
import { homeId } from "../../../engine/kernel/index.ts";
import { decodeMessage, type Message } from "../../../engine/messages/index.ts";
import { whisperAll } from "../../../src/sim/adversaries/hooks.ts";
import { cheapSigner, FIRST, ordersOf, SIM_DIGESTS } from "../../../src/sim/index.ts";
import type { AdversaryWorld } from "../../../src/sim/street/adversary.ts";

function orderOf(home: number): Message {
  const [body] = ordersOf(1, homeId(home), FIRST);
  const id = SIM_DIGESTS.order(body!);
  return { kind: "order", order: { body: body!, id, signature: cheapSigner(home).sign(id) } };
}

describe("what a liar says to each alone", () => {
  test("is what was chosen for each, and the same message is the same bytes", () => {
    const heard: { readonly to: string; readonly topic: string; readonly bytes: Uint8Array }[] = [];
    const whisper: AdversaryWorld["whisper"] = (to, topic, bytes) => heard.push({ to, topic, bytes });
    const [one, other] = [orderOf(1), orderOf(2)];
    const world = { others: ["a", "b", "c", "d"], whisper } as unknown as AdversaryWorld;
    whisperAll(world, (place) => [one, null, other, one][place] ?? null);
    expect(heard.map(({ to, topic }) => [to, topic])).toEqual([
      ["a", "market"],
      ["c", "market"],
      ["d", "market"],
    ]);
    expect(heard.map(({ bytes }) => decodeMessage(bytes, SIM_DIGESTS))).toEqual([one, other, one].map((value) => ({ ok: true, value })));
    expect(heard[2]!.bytes).toBe(heard[0]!.bytes);
  });
});
