import { type Digest, type HomeId, type Interval, keccakDigest, wh } from "../../../engine/kernel/index.ts";
import type { Contradictable, Digests, Message, Signed } from "../../../engine/messages/index.ts";
import type { Dice } from "../chance.ts";

interface Speaker {
  readonly home: HomeId;
  /** Nothing is said of intervals before. */
  readonly since: Interval;
  readonly dice: Dice;
  readonly digests: Digests;
}

type Under = <T>(body: T, id: Digest) => Signed<T>;

/** Something like a message, but another content, in a home's name and for an interval from `since` on; null: there is none. */
export function twinUnder(message: Message, { home, since, dice, digests }: Speaker, under: Under): Contradictable | null {
  const other = keccakDigest(Uint8Array.of(dice.below(256)));
  const late = (interval: Interval): Interval => Math.max(since, interval) as Interval;
  switch (message.kind) {
    case "order": {
      const { body: like } = message.order;
      const body = { ...like, home, interval: late(like.interval), energy: wh(1 + dice.below(2_000)), seq: dice.below(4) };
      return { kind: "order", order: under(body, digests.order(body)) };
    }
    case "commit": {
      const { body: like } = message.commit;
      const body = { ...like, home, interval: late(like.interval), commitment: other };
      return { kind: "commit", commit: under(body, digests.commit(body)) };
    }
    case "reading": {
      const { body: like } = message.reading;
      // Of the interval before a key counts the reading is signed with it.
      const body = {
        ...like,
        home,
        interval: Math.max(since - 1, like.interval) as Interval,
        importWh: wh(like.importWh + 1 + dice.below(500)),
      };
      return { kind: "reading", reading: under(body, digests.reading(body)) };
    }
    case "list": {
      const { body: like } = message.list;
      const body = { ...like, validator: home, interval: late(like.interval), orders: dice.happens(0.5) ? like.orders : [] };
      return { kind: "list", list: under(body, digests.list(body)) };
    }
    case "proposal": {
      const body = { ...message.proposal.body, leader: home, interval: late(message.proposal.body.interval), value: other };
      return { kind: "proposal", proposal: under(body, digests.proposal(body)) };
    }
    case "vote": {
      const { body: like } = message.vote;
      if (like.kind === "nullify") return null;
      const body = { ...like, validator: home, interval: late(like.interval), value: dice.happens(0.5) ? other : like.value };
      return { kind: "vote", vote: under(body, digests.vote(body)) };
    }
    default:
      return null;
  }
}
