import { type Interval, interval as intervalOf, keccakDigest, period } from "../../../engine/kernel/index.ts";
import { type Block, type Certificate, decodeBlock, encodeBlock, readFields, Writer } from "../../../engine/messages/index.ts";
import { type Evaluation, type NodeModules, PURE_WORK, type PureWork } from "../../node/index.ts";
import type { Adversary, AdversaryWorld } from "../street/adversary.ts";
import { signed, whisperAll, withGossip } from "./hooks.ts";

const EVERY_MS = 900;

/**
 * Answers with blocks that nobody certified, right in all but their certificate, or with other contents under a true certificate;
 * signs periods of its own making.
 */
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
    const results = new Map<Interval, Evaluation>();
    const work = wishing(modules.work ?? PURE_WORK, results);
    const forging = withGossip(modules, {
      onRequest: (kind, answer) =>
        modules.gossip.onRequest(kind, (body, from) => {
          const asked = readFields(body)?.find(({ number }) => number === 1)?.value;
          const honest = answer(body, from);
          if (!intervalOf.is(asked) || dice.happens(0.3)) return honest;
          const forged = dice.happens(0.3) ? emptied(asked, modules, world) : uncertified(asked, results, modules, world);
          if (forged === null) return honest;
          return kind === "blocks" ? new Writer().item(2, forged).finish() : new Writer().bytes(1, forged).finish();
        }),
    });
    return { ...forging, work };
  },
};

/** Whatever its node works out, it works out beside it what would come of an order less, or of calling off the trade. */
const wishing = (work: PureWork, results: Map<Interval, Evaluation>): PureWork => ({
  ...work,
  evaluate: (rules, state, counted) => {
    const { kind, orders } = counted;
    const other = { ...counted, kind: kind === "void" ? "trade" : "void", orders: [], withheld: [] } as const;
    const wished = work.evaluate(rules, state, orders.length > 0 ? { ...counted, orders: orders.slice(1) } : other);
    results.set(wished.result.interval, wished);
    return work.evaluate(rules, state, counted);
  },
});

/** What it wished for an interval, as a block; null while it has worked out none. */
function uncertified(
  at: Interval,
  results: ReadonlyMap<Interval, Evaluation>,
  modules: NodeModules,
  world: AdversaryWorld,
): Uint8Array | null {
  const wished = results.get(at);
  if (wished === undefined) return null;
  const { result, orders, readings, withheld } = wished;
  return encodeBlock({ result, orders, readings, withheld, members: null, certificate: forgedFor(wished, modules, world) });
}

/** With its own signature alone, often enough for a quorum, or in the name of everybody; or with what all truly signed, but not for this. */
function forgedFor(
  { result: { interval }, value }: Evaluation,
  modules: NodeModules,
  { dice, digests, home, chain }: AdversaryWorld,
): Certificate {
  const own = (validator: typeof home) => {
    const vote = { kind: "finalize", interval, view: 1, value, validator } as const;
    return { validator, signature: signed(modules, vote, digests.vote(vote)).signature };
  };
  const all = chain.known.validators;
  const old = keptBlock(interval, modules, digests)?.certificate.signatures ?? [];
  const signatures = dice.pick([[own(home)], all.map(() => own(home)), all.map(own), old]);
  return { kind: "finalize", interval, view: 1, value, signatures };
}

/** The true block without most of its contents; null while it has none. */
function emptied(at: Interval, modules: NodeModules, { dice, digests }: AdversaryWorld): Uint8Array | null {
  const block = keptBlock(at, modules, digests);
  return block === null ? null : encodeBlock({ ...block, orders: block.orders.filter(() => dice.happens(0.5)), readings: [] });
}

function keptBlock(at: Interval, { store }: NodeModules, digests: AdversaryWorld["digests"]): Block | null {
  const kept = store.blocks(at, 1).find(({ interval }) => interval === at);
  const block = kept === undefined ? null : decodeBlock(kept.bytes, digests);
  return block?.ok ? block.value : null;
}
