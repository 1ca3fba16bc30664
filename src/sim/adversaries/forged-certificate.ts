import { type Interval, interval as intervalOf, keccakDigest, period, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { type Block, decodeBlock, encodeBlock, readFields, resultHash, Writer } from "../../../engine/messages/index.ts";
import type { NodeModules } from "../../node/index.ts";
import type { Adversary, AdversaryWorld } from "../street/adversary.ts";
import { signed, whisperAll, withGossip } from "./hooks.ts";

const EVERY_MS = 900;

/** Answers with blocks that nobody certified, or with other contents under a true certificate; signs periods of its own making. */
export const forgedCertificate: Adversary = {
  name: "forged-certificate",
  corrupt: (modules, world) => {
    const { dice, clock, chain, home } = world;
    const go = (): void => {
      const body = { period: period(chain.next + dice.below(2)), validator: home, digest: keccakDigest(new Uint8Array([dice.below(3)])) };
      const vote = signed(modules, body, body.digest);
      whisperAll(world, () => ({ kind: "period-vote", periodVote: vote }));
      clock.after(EVERY_MS, go);
    };
    clock.after(EVERY_MS, go);
    return withGossip(modules, {
      onRequest: (kind, answer) =>
        modules.gossip.onRequest(kind, (body, from) => {
          const asked = readFields(body)?.find(({ number }) => number === 1)?.value;
          const honest = answer(body, from);
          if (!intervalOf.is(asked) || dice.happens(0.3)) return honest;
          const forged = forgedBlock(asked, modules, world);
          if (forged === null) return honest;
          return kind === "blocks" ? new Writer().item(2, forged).finish() : new Writer().bytes(1, forged).finish();
        }),
    });
  },
};

/** A block for `at`, made of the true one or of the one before; null while it knows neither. */
function forgedBlock(at: Interval, modules: NodeModules, world: AdversaryWorld): Uint8Array | null {
  const kept = [...modules.store.blocks(at, 1), ...modules.store.blocks(intervalOf(Math.max(0, at - 1)), 1)][0];
  const block = kept === undefined ? null : decodeBlock(kept.bytes, world.digests);
  if (block === null || !block.ok) return null;
  const { dice } = world;
  const bare = { ...block.value, orders: block.value.orders.filter(() => dice.happens(0.5)), readings: [] };
  if (block.value.result.interval === at && dice.happens(0.5)) return encodeBlock(bare);
  const result = { ...block.value.result, interval: at, prevHead: resultHash(block.value.result), ledgerRoot: ZERO_DIGEST };
  return encodeBlock({ ...bare, result, certificate: forgedUnder(block.value, { ...block.value, result }, modules, world) });
}

/** In the name of everybody, with old signatures or its own in each place. */
function forgedUnder(old: Block, { result }: Block, modules: NodeModules, { dice, digests, home }: AdversaryWorld): Block["certificate"] {
  const value = resultHash(result);
  const { interval } = result;
  const own = (validator: typeof home) => {
    const vote = { kind: "finalize", interval, view: 1, value, validator } as const;
    return signed(modules, vote, digests.vote(vote)).signature;
  };
  const signatures = old.certificate.signatures.map(({ validator, signature }) => ({
    validator,
    signature: dice.happens(0.5) ? own(validator) : signature,
  }));
  const enough = dice.happens(0.5) ? signatures : [{ validator: home, signature: own(home) }];
  return { kind: "finalize", interval, view: 1, value, signatures: enough };
}
