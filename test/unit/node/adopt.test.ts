import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type HomeId, homeId, type Interval, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { type Block, decodeBlock, encodeBlock, type Message, resultHash } from "../../../engine/messages/index.ts";
import { cheapSigner, FIRST, SIM_DIGESTS, SimulatedStreet } from "../../../src/sim/index.ts";

/** Three certified intervals, and an observer that was cut off before all of them. */
const street = new SimulatedStreet({ seed: 42, homes: 4, faults: { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } } });
let blocks: readonly Uint8Array[] = [];
const decoded = (place: number): Block => {
  const block = decodeBlock(blocks[place]!, SIM_DIGESTS);
  if (!block.ok) throw new Error(block.detail);
  return block.value;
};

beforeAll(async () => {
  await street.start();
  street.network.partition(street.homes.map(({ name }) => name));
  await street.runTo(2, 1_500);
  blocks = street.homes[0]!.disk.open()
    .blocks(FIRST, 9)
    .map(({ bytes }) => bytes);
});
afterAll(() => street.stop());

function listFor(interval: Interval): Message {
  const body = {
    interval,
    validator: homeId(0),
    members: ZERO_DIGEST,
    membersVersion: 1,
    stakes: [],
    commits: [],
    orders: [],
    readings: [],
  };
  const id = SIM_DIGESTS.list(body);
  return { kind: "list", list: { body, id, signature: cheapSigner(0).sign(id) } };
}

const unsigned = <T extends { readonly signature: Uint8Array }>(entry: T): T => ({ ...entry, signature: new Uint8Array(65) });

describe("a block from a stranger is taken only when it is the next, certified, and leads to the same result here", () => {
  const withCertificate = (change: Partial<Block["certificate"]>) => (block: Block) => ({
    ...block,
    certificate: { ...block.certificate, ...change },
  });
  const table: readonly [string, (block: Block) => Block][] = [
    ["one signature too few", (block) => withCertificate({ signatures: block.certificate.signatures.slice(1) })(block)],
    [
      "one signature twice",
      (block) => withCertificate({ signatures: block.certificate.signatures.with(1, block.certificate.signatures[0]!) })(block),
    ],
    [
      "a signature of another",
      (block) => {
        const [one, two, ...rest] = block.certificate.signatures;
        return withCertificate({ signatures: [{ ...one!, signature: two!.signature }, two!, ...rest] })(block);
      },
    ],
    ["signed for another kind", withCertificate({ kind: "notarize" })],
    [
      "notarized, truly, and no more",
      (block) => {
        const { interval, view, value, signatures } = block.certificate;
        const sign = (validator: HomeId) =>
          cheapSigner(validator).sign(SIM_DIGESTS.vote({ kind: "notarize", interval, view, value, validator }));
        return withCertificate({
          kind: "notarize",
          signatures: signatures.map(({ validator }) => ({ validator, signature: sign(validator) })),
        })(block);
      },
    ],
    ["another view than was signed", (block) => withCertificate({ view: block.certificate.view + 1 })(block)],
    ["another interval than was signed", (block) => withCertificate({ interval: (block.certificate.interval + 1) as Interval })(block)],
    ["an order less", (block) => ({ ...block, orders: block.orders.slice(1) })],
    [
      "an order more",
      (block) => ({
        ...block,
        orders: [...block.orders, { ...block.orders[0]!, body: { ...block.orders[0]!.body, seq: 3, energy: wh(1) } }],
      }),
    ],
    ["an order whose signature is gone", (block) => ({ ...block, orders: [unsigned(block.orders[0]!), ...block.orders.slice(1)] })],
    [
      "an order that counts, among the withheld",
      (block) => ({ ...block, orders: block.orders.slice(0, -1), withheld: [{ kind: "order", order: block.orders.at(-1)! }] }),
    ],
    [
      "members that the result doesn't name",
      (block) => ({
        ...block,
        members: { ...street.homes[0]!.node.membership.members, version: 99 },
      }),
    ],
    ["another result", (block) => ({ ...block, result: { ...block.result, prevHead: block.result.clearingRoot } })],
    [
      "another result, and a certificate that names it",
      (block) => {
        const result = { ...block.result, prevHead: block.result.clearingRoot };
        return { ...block, result, certificate: { ...block.certificate, value: resultHash(result) } };
      },
    ],
  ];
  test.each(table)("%s: refused", (_what, change) => {
    const { rounds } = street.observer.node;
    expect(rounds.adopt(encodeBlock(change(decoded(0))))).toBe("forged");
    expect(rounds.current).toBe(FIRST);
  });

  test("garbage and a later interval: refused; in a row: taken, with what was said ahead; again: refused", () => {
    const { rounds } = street.observer.node;
    expect(blocks).toHaveLength(3);
    expect([new Uint8Array(0), Uint8Array.of(1, 2, 3), blocks[1]!].map((bytes) => rounds.adopt(bytes))).toEqual([
      "forged",
      "forged",
      "unneeded",
    ]);
    const ahead = [0, 1, 2].map((after) => listFor((FIRST + after) as Interval));
    for (const message of ahead) rounds.hear(message);
    expect(rounds.round!.messages).toContain(ahead[0]);
    expect(rounds.adopt(blocks[0]!)).toBe("adopted");
    expect(rounds.round!.messages).toEqual([ahead[1]]);
    expect(rounds.adopt(blocks[1]!)).toBe("adopted");
    expect(rounds.round!.messages).toEqual([ahead[2]]);
    const third = decoded(2);
    const [reading, ...others] = third.readings;
    expect(rounds.adopt(encodeBlock({ ...third, readings: [unsigned(reading!), ...others] }))).toBe("forged");
    expect(rounds.adopt(blocks[2]!)).toBe("adopted");
    expect(rounds.round!.messages).toEqual([]);
    expect(blocks.map((bytes) => rounds.adopt(bytes))).toEqual(["unneeded", "unneeded", "unneeded"]);
    expect(rounds.state.head).toBe(street.homes[0]!.node.rounds.state.head);
  });

  test("a node that was stopped takes nothing", () => {
    const { rounds } = street.homes[1]!.node;
    const before = rounds.current;
    rounds.stop();
    expect(rounds.adopt(blocks[2]!)).toBe("unneeded");
    expect(rounds.current).toBe(before);
  });
});
