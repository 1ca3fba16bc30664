import { describe, expect, test } from "@jest/globals";
import { homeId, interval, microPerKwh, period, toHex, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { Message, Order, Reading } from "../../../engine/messages/index.ts";
import { Outbox } from "../../../src/node/outbox.ts";
import type { Store } from "../../../src/ports/index.ts";
import { memoryDisk, memoryStore, SeededNetwork, VirtualClock } from "../../../src/sim/index.ts";
import { agentAddressOf, cheapRecover, cheapSigner } from "../../support/cheap-signer.ts";
import { DIGESTS } from "../../support/messages.ts";
import { membership, someDigest } from "../../support/node-parts.ts";

const AT = interval(100);
const order = (energy: number, seq = 0): Order => ({
  home: homeId(1),
  interval: AT,
  side: "buy",
  energy: wh(energy),
  limit: microPerKwh(100),
  seq,
});
const reading = (importWh: number): Reading => ({
  home: homeId(1),
  interval: AT,
  importWh: wh(importWh),
  exportWh: wh(0),
  quality: "measured",
});

/** Writes down in which order things were kept and sent. */
function home() {
  const disk = memoryDisk();
  const done: string[] = [];
  const gossip = new SeededNetwork(new VirtualClock({ startMs: 0, speed: 1 }), () => 0).open("me");
  const life = (): Outbox => {
    const store = memoryStore(disk);
    const watched: Store = {
      ...store,
      saveOwn: (...given) => {
        done.push("kept");
        return store.saveOwn(...given);
      },
      saveVote: (...given) => {
        done.push("kept");
        return store.saveVote(...given);
      },
    };
    const heard = {
      self: "me",
      publish: async (topic: string, bytes: Uint8Array) => void done.push(`sent ${topic} ${toHex(bytes).slice(0, 4)}`),
      onMessage: gossip.onMessage.bind(gossip),
      follow: () => undefined,
      peers: () => [],
      request: gossip.request.bind(gossip),
      onRequest: gossip.onRequest.bind(gossip),
      guard: () => undefined,
      report: () => undefined,
      close: async () => undefined,
    };
    return new Outbox({ signer: cheapSigner(1), membership: membership(), store: watched, gossip: heard, digests: DIGESTS });
  };
  return { life, done };
}

const isSigned = (message: Message): boolean => {
  const { id, signature } = Object.values(message).find((part) => typeof part === "object") as { id: never; signature: Uint8Array };
  return cheapRecover(id, signature) === agentAddressOf(1);
};

describe("everything is kept before it is sent, on its own topic, and signed", () => {
  const lists = {
    interval: AT,
    validator: homeId(1),
    members: ZERO_DIGEST,
    membersVersion: 1,
    stakes: [],
    commits: [],
    orders: [someDigest(1)],
    readings: [],
  };
  const proposal = { interval: AT, view: 1, leader: homeId(1), value: someDigest(2), parentView: 0, isVoid: false, lists: [] };
  const table: readonly [string, (outbox: Outbox) => Message, readonly string[]][] = [
    ["order", (outbox) => outbox.order(order(5)), ["kept", "sent market 0x0a"]],
    ["reading", (outbox) => outbox.reading(reading(5)), ["kept", "sent market 0x12"]],
    ["list", (outbox) => outbox.list(lists, []), ["kept", "sent agreement 0x1a"]],
    ["proposal", (outbox) => outbox.proposal(proposal), ["kept", "sent agreement 0x22"]],
    [
      "period-vote",
      (outbox) => outbox.periodVote({ period: period(1), validator: homeId(1), digest: someDigest(3) }),
      ["sent agreement 0x3a"],
    ],
  ];
  test.each(table)("%s", (kind, say, expected) => {
    const { life, done } = home();
    const said = say(life());
    expect({ kind: said.kind, isSigned: isSigned(said) }).toEqual({ kind, isSigned: true });
    expect(done).toEqual(expected);
  });

  test.each(table.slice(0, 4))("an earlier life's %s comes back", (_kind, say) => {
    const { life } = home();
    const said = say(life());
    const later = life();
    const kept = [...later.earlier(AT), ...later.earlierOwn("order", AT), ...later.earlierOwn("reading", AT)];
    expect(kept).toEqual([said]);
  });
});

describe("an earlier life's word wins", () => {
  test("a second order under one seq is the first; another seq is another order", () => {
    const { life } = home();
    const first = life().order(order(500));
    expect(life().order(order(600))).toEqual(first);
    const other = life().order(order(600, 1));
    expect(other).not.toEqual(first);
    expect(life().earlierOwn("order", AT)).toEqual([first, other]);
    expect(life().earlierOwn("order", interval(101))).toEqual([]);
  });

  test("a meter says one thing for an interval", () => {
    const { life } = home();
    const first = life().reading(reading(500));
    expect(life().reading(reading(501))).toEqual(first);
  });

  test("so does a list, and so does a leader in a view", () => {
    const { life } = home();
    const list = (entries: readonly ReturnType<typeof someDigest>[]) =>
      life().list(
        {
          interval: AT,
          validator: homeId(1),
          members: ZERO_DIGEST,
          membersVersion: 1,
          stakes: [],
          commits: [],
          orders: entries,
          readings: [],
        },
        [],
      );
    expect(list([someDigest(1)])).toEqual(list([]));
    const propose = (view: number, value: number) =>
      life().proposal({ interval: AT, view, leader: homeId(1), value: someDigest(value), parentView: 0, isVoid: false, lists: [] });
    expect(propose(1, 2)).toEqual(propose(1, 3));
    expect(propose(2, 3)).not.toEqual(propose(1, 2));
  });
});
