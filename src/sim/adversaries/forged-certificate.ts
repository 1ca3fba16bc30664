import { type Digest, type Interval, interval as intervalOf, keccakDigest, period } from "../../../engine/kernel/index.ts";
import {
  type Block,
  type Certificate,
  encodeBlock,
  encodeMembers,
  type Members,
  membersDigest,
  readFields,
  type SignedVote,
  Writer,
} from "../../../engine/messages/index.ts";
import { type Evaluation, type NodeModules, PURE_WORK, type PureWork } from "../../node/index.ts";
import type { RequestKind } from "../../ports/index.ts";
import type { Adversary, AdversaryWorld } from "../street/adversary.ts";
import { falseCertificate } from "./false-certificates.ts";
import { hearing, signed, speaking, whisperAll, withGossip } from "./hooks.ts";

const EVERY_MS = 900;
const MOST_VOTES = 200;

/**
 * Answers with blocks that nobody certified, right in all but their certificate, made with the keys of all liars; with a true
 * notarization in place of a certificate; with other contents or members under a true one; with chains that lack their beginning. Signs
 * periods of its own making, and names a street of the liars alone in its lists.
 */
export const forgedCertificate: Adversary = {
  name: "forged-certificate",
  corrupt: (modules, world) => {
    signPeriods(modules, world);
    const memory: Memory = { wished: new Map(), true: new Map(), votes: [] };
    const overhearing = hearing(claiming(modules, world), world, (message) => {
      if (message.kind === "vote")
        memory.votes[memory.votes.length < MOST_VOTES ? memory.votes.length : world.dice.below(MOST_VOTES)] = message.vote;
      return true;
    });
    const forging = withGossip(overhearing, {
      onRequest: (kind, answer) =>
        modules.gossip.onRequest(kind, (body, from) => {
          const asked = readFields(body)?.find(({ number }) => number === 1)?.value;
          const honest = answer(body, from);
          if (!intervalOf.is(asked) || world.dice.happens(0.3)) return honest;
          const forged = forgeries(asked, memory, modules, world);
          return forged.length === 0 ? honest : answerOf(kind, forged);
        }),
    });
    return { ...forging, work: wishing(modules.work ?? PURE_WORK, memory) };
  },
};

/** What it has worked out, and heard. */
interface Memory {
  readonly wished: Map<Interval, Evaluation>;
  readonly true: Map<Digest, Evaluation>;
  readonly votes: SignedVote[];
}

function signPeriods(modules: NodeModules, world: AdversaryWorld): void {
  const { dice, clock, chain, home } = world;
  const go = (): void => {
    const body = { period: period(chain.next + dice.below(2)), validator: home, digest: keccakDigest(new Uint8Array([dice.below(3)])) };
    const vote = signed(modules, body, body.digest);
    whisperAll(world, () => ({ kind: "period-vote", periodVote: vote }));
    clock.after(EVERY_MS, go);
  };
  clock.after(EVERY_MS, go);
}

const answerOf = (kind: RequestKind, blocks: readonly Uint8Array[]): Uint8Array => {
  if (kind !== "blocks") return new Writer().bytes(1, blocks[0]!).finish();
  return blocks.reduce((writer, block) => writer.item(2, block), new Writer()).finish();
};

/** Whatever its node works out, it works out beside it what would come of an order less, or of calling off the trade. */
const wishing = (work: PureWork, memory: Memory): PureWork => ({
  ...work,
  evaluate: (rules, state, counted) => {
    const { kind, orders } = counted;
    const other = { ...counted, kind: kind === "void" ? "trade" : "void", orders: [], withheld: [] } as const;
    const wished = work.evaluate(rules, state, orders.length > 0 ? { ...counted, orders: orders.slice(1) } : other);
    const truly = work.evaluate(rules, state, counted);
    memory.wished.set(wished.result.interval, wished);
    memory.true.set(truly.value, truly);
    return truly;
  },
});

function forgeries(at: Interval, memory: Memory, modules: NodeModules, world: AdversaryWorld): readonly Uint8Array[] {
  const { dice } = world;
  const kept = keptBlocks(at, modules, world.digests);
  const forge = dice.pick([uncertified, uncertified, notarized, emptied, ofStrangers, beheaded]);
  return forge(at, { kept, memory, world }).map((block) => encodeBlock(block));
}

interface Means {
  /** Of the interval that is asked about and later ones, as far as it has them. */
  readonly kept: readonly Block[];
  readonly memory: Memory;
  readonly world: AdversaryWorld;
}

/** What it wished for an interval, and behind it the true chain. */
function uncertified(at: Interval, { kept, memory, world }: Means): readonly Block[] {
  const wished = memory.wished.get(at);
  if (wished === undefined) return [];
  const heard = memory.votes
    .filter(({ body }) => body.kind === "finalize")
    .map(({ body, signature }) => ({ validator: body.validator, signature }));
  const truly = kept.slice(0, 2).map(({ certificate }) => certificate);
  const certificate = falseCertificate({ interval: at, value: wished.value, truly, heard }, world);
  return [blockOf(wished, certificate), ...kept.slice(1)];
}

/** A value that was truly notarized, as if that had decided. */
function notarized(at: Interval, { memory, world: { dice } }: Means): readonly Block[] {
  const votes = memory.votes.filter(({ body }) => body.kind === "notarize" && body.interval === at);
  const vote = votes.length === 0 ? null : dice.pick(votes).body;
  const evaluation = vote === null ? undefined : memory.true.get(vote.value);
  if (vote === null || evaluation === undefined) return [];
  const alike = new Map(
    votes.filter(({ body }) => body.view === vote.view && body.value === vote.value).map((each) => [each.body.validator, each.signature]),
  );
  const signatures = [...alike].map(([validator, signature]) => ({ validator, signature })).sort((a, b) => a.validator - b.validator);
  return [blockOf(evaluation, { kind: dice.pick(["notarize", "finalize"]), interval: at, view: vote.view, value: vote.value, signatures })];
}

/** The true block without most of its contents. */
const emptied = (_at: Interval, { kept, world: { dice } }: Means): readonly Block[] =>
  kept.slice(0, 1).map((block) => ({ ...block, orders: block.orders.filter(() => dice.happens(0.5)), readings: [] }));

/** The true block, and after it nobody but the liars agrees. */
const ofStrangers = (_at: Interval, { kept, world }: Means): readonly Block[] =>
  kept.slice(0, 2).map((block, place) => (place === 0 ? { ...block, members: liarsAlone(world) } : block));

/** A street of the liars, newer than any that the chain has. */
function liarsAlone({ accomplices }: AdversaryWorld): Members {
  const homes = accomplices.map(({ home, keys }) => ({ home, agent: keys[0]!.address }));
  const validators = homes.map(({ home }) => ({ home, class: "home" as const }));
  return { version: 1_000, homes, validators, minimums: { home: 0, operator: 0, utility: 0 }, stakes: null };
}

/** Its lists say that the chain gives the next interval to the liars, and its store has that set for whoever asks. */
const claiming = (modules: NodeModules, world: AdversaryWorld): NodeModules =>
  speaking(modules, world, (message, goOn) => {
    if (message.kind !== "list" || world.dice.happens(0.5)) return goOn();
    const members = liarsAlone(world);
    modules.store.saveMembers(membersDigest(members), encodeMembers(members));
    const body = { ...message.list.body, members: membersDigest(members), membersVersion: members.version };
    whisperAll(world, () => ({ kind: "list", list: signed(modules, body, world.digests.list(body)) }));
  });

/** The true chain without its beginning, or with its blocks in another order. */
const beheaded = (_at: Interval, { kept, world: { dice } }: Means): readonly Block[] =>
  dice.happens(0.5) ? kept.slice(1) : [...kept].reverse();

const blockOf = ({ result, orders, readings, withheld }: Evaluation, certificate: Certificate): Block => ({
  result,
  orders,
  readings,
  withheld,
  members: null,
  certificate,
});

function keptBlocks(at: Interval, { store, work = PURE_WORK }: NodeModules, digests: AdversaryWorld["digests"]): readonly Block[] {
  return store.blocks(at, 4).flatMap(({ bytes, interval }) => {
    const block = interval < at ? null : work.decodeBlock(bytes, digests);
    return block?.ok ? [block.value] : [];
  });
}
