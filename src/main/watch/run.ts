import { resolve } from "node:path";
import { openChain, openChallenger, openProposals } from "../../../adapters/evm/index.ts";
import { loadCurve, openKeystore, recoverWith } from "../../../adapters/system/index.ts";
import { type Interval, type Period, toHex } from "../../../engine/kernel/index.ts";
import { deliveryEnd, deliveryStart, digestsOf, type MarketRules, type PeriodResult } from "../../../engine/messages/index.ts";
import { encodeFraud, FRAUD, type IntervalRecord, recordOf } from "../../../engine/settlement/index.ts";
import type { StreetCard } from "../../api/index.ts";
import type { Command } from "../../cli/index.ts";
import { type Judgement, judgeProposal } from "../../node/index.ts";
import type { Challenger, OpenProposal, Refusal } from "../../ports/index.ts";
import { type Books, withBooks } from "../books.ts";
import { domainOf, firstOf, readCard } from "../card.ts";
import { bookFolder, isFile } from "../evidence/sources.ts";
import { cannotStart } from "../exit.ts";
import { passwordOf, unwrap } from "../keys.ts";
import { challengeOf, keepChallenge, readChallenge } from "./challenge-file.ts";
import { shownBy } from "./shown.ts";

type Of<Verb> = Extract<Command, { verb: Verb }>;
type TakeBack = Of<"veto" | "expire">;

/** Holds what is proposed to a folder's books, for who isn't a home. Exit 0: nothing is open, or it is right; 1: anything else. */
export async function runWatch({ place, rpc, shown, out }: Of<"watch">): Promise<number> {
  return withBooks(place, async (books) => {
    const { card } = books;
    const proposal = await openProposal(card, rpc);
    if (proposal === null) return say(0, [`Nothing is proposed to the vault of ${card.name}.`]);
    const judgement = await judged(books, proposal, { rpc, shown });
    return say(judgement.kind === "right" ? 0 : 1, await report(card, proposal, judgement, resolve(out ?? ".")));
  });
}

async function openProposal(card: StreetCard, rpc: string | null): Promise<OpenProposal | null> {
  const proposals = openProposals(placeOf(card, rpc));
  try {
    return unwrap(await proposals.look()).proposal;
  } finally {
    await proposals.close();
  }
}

async function judged(
  { card, rules, replay }: Books,
  proposal: OpenProposal,
  { rpc, shown }: { readonly rpc: string | null; readonly shown: string | null },
): Promise<Judgement> {
  const chain = openChain(placeOf(card, rpc));
  const registry = await chain.registry();
  await chain.close();
  const known = unwrap(registry);
  const closed = new Map<Period, PeriodResult>();
  let last = (firstOf(card) - 1) as Interval;
  replay(({ result, batch }) => {
    last = result.interval;
    if (batch !== null) closed.set(batch.result.period, batch.result);
  });
  const records = (from: Interval, to: Interval): readonly IntervalRecord[] => {
    const all: IntervalRecord[] = [];
    replay((evaluation) => {
      const { interval } = evaluation.result;
      if (interval >= from && interval <= to) all.push(recordOf(evaluation, evaluation));
    });
    return all;
  };
  const isUrl = /^https?:\/\//i.test(shown ?? "");
  const showing = { url: isUrl ? shown : null, folder: isUrl || shown === null ? null : resolve(shown) };
  const domain = domainOf(card);
  return judgeProposal(
    {
      rules,
      domain,
      digests: digestsOf(domain),
      registry: () => known,
      recover: recoverWith(await loadCurve()),
      // A street's time may run as it likes, and books don't tell how: what isn't in them yet is left open.
      now: () => Number.POSITIVE_INFINITY,
      books: { closed: (period) => closed.get(period) ?? null, last: () => last, records },
      shown: (interval, head) => shownBy(showing, interval, head),
    },
    proposal,
  );
}

const KINDS: Readonly<Record<Exclude<Judgement["kind"], "wrong">, readonly string[]>> = {
  right: ["It is what these books say."],
  behind: ["These books don't reach so far yet: ask again later."],
  unreadable: ["It isn't what these books say, and the node doesn't show it: ask another node with --rpc."],
  unfounded: ["No quorum of the street signed what the node shows: ask another node with --rpc."],
};

async function report(card: StreetCard, proposal: OpenProposal, judgement: Judgement, out: string): Promise<readonly string[]> {
  const { batch, period, transaction, finalizableAt } = proposal;
  const span = batch === null ? "" : `, ${spanOf(card.rules as MarketRules, batch.result)}`;
  const head = [
    `Period ${period}${span} is proposed to the vault of ${card.name}`,
    `  transaction ${transaction ?? "unknown"}; it can be challenged until ${new Date(finalizableAt * 1000).toISOString()}`,
  ];
  if (judgement.kind !== "wrong") return [...head, ...KINDS[judgement.kind]];
  const { proof, period: result } = judgement;
  if (proof === null)
    return [
      ...head,
      "It isn't what these books say, although a quorum signed it; nothing that a contract judges shows why.",
      "If somebody shows what it binds, name that with --shown. The guardian can veto it: commonwatt veto.",
    ];
  const challenge = { period: result, kind: FRAUD[proof.kind], proof: encodeFraud(proof) };
  const file = await keepChallenge(out, domainOf(card), { challenge, proposal, fault: proof.kind });
  return [...head, `It is wrong, and this proves it (${proof.kind}): ${file}`, `Anybody can send it: commonwatt challenge ${file}`];
}

const spanOf = (rules: MarketRules, { fromInterval, toInterval }: PeriodResult): string =>
  [deliveryStart(rules, fromInterval), deliveryEnd(rules, toInterval)].map((at) => new Date(at * 1000).toISOString()).join(" to ");

/** Sends a proof that somebody wrote down. */
export async function runChallenge({ place, rpc, key, password }: Of<"challenge">): Promise<number> {
  const file = await readChallenge(resolve(place));
  const challenger = await challengerOf({ rpc, chainId: file.chainId, vault: file.vault }, { key, password });
  try {
    const sent = await challenger.challenge(challengeOf(file));
    if (!sent.ok) throw refused(sent, `the vault takes a challenge of this proposal until ${file.until} and if it proves a fault`);
    return say(0, [sent.value === null ? "That proposal is gone already." : `The proposal is refused: transaction ${sent.value}`]);
  } finally {
    await challenger.close();
  }
}

/** Takes the open proposal back, as the street's guardian. */
export const runVeto = (command: TakeBack): Promise<number> =>
  takeBack(command, {
    what: "take back",
    done: "Took back",
    send: (challenger, period) => challenger.veto(period),
    wayOut: () => "only the guardian's key may veto, while the proposal is open",
  });

/** Drops the open proposal, if nobody settled it in its time. Anybody may. */
export const runExpire = (command: TakeBack): Promise<number> =>
  takeBack(command, {
    what: "drop",
    done: "Dropped",
    send: (challenger, period) => challenger.expire(period),
    wayOut: ({ expirableAt }) => `anybody can drop it from ${new Date(expirableAt * 1000).toISOString()} on, if it isn't settled by then`,
  });

interface TakingBack {
  readonly what: string;
  readonly done: string;
  readonly send: (challenger: Challenger, period: PeriodResult) => Refusal;
  readonly wayOut: (proposal: OpenProposal) => string;
}

async function takeBack(
  { place, rpc, key, password, "dry-run": isDry }: TakeBack,
  { what, done, send, wayOut }: TakingBack,
): Promise<number> {
  const card = await cardAt(place);
  const proposal = await openProposal(card, rpc);
  if (proposal === null) return say(1, [`Nothing is proposed to the vault of ${card.name}.`]);
  const { batch, digest, period } = proposal;
  if (batch === null)
    throw cannotStart("PROPOSAL_UNREADABLE", `the node doesn't show what was proposed for period ${period}`, "ask another node with --rpc");
  const named = `period ${period}, ${spanOf(card.rules as MarketRules, batch.result)}, digest ${digest}`;
  if (isDry === true) return say(0, [`Would ${what} ${named}`, "Nothing was sent (--dry-run)."]);
  const challenger = await challengerOf(placeOf(card, rpc), { key, password });
  try {
    const sent = await send(challenger, batch.result);
    if (!sent.ok) throw refused(sent, wayOut(proposal));
    return say(0, [sent.value === null ? "That proposal is gone already." : `${done} ${named}: transaction ${sent.value}`]);
  } finally {
    await challenger.close();
  }
}

/** Its books' card, that of a file, or that of an address. */
async function cardAt(place: string): Promise<StreetCard> {
  if (/^https?:\/\//i.test(place)) return readCard({ kind: "url", url: place });
  const path = resolve(place);
  return isFile(path) ? readCard({ kind: "file", path }) : withBooks(bookFolder(path), async ({ card }) => card);
}

const placeOf = (card: StreetCard, rpc: string | null) => ({ rpc: rpc ?? card.chain.rpc, ...domainOf(card) });

interface KeyPlace {
  readonly key: string;
  readonly password: string | null;
}

async function challengerOf(
  place: Omit<Parameters<typeof openChallenger>[0], "key">,
  { key: file, password }: KeyPlace,
): Promise<Challenger> {
  const from = password === null ? ({ kind: "prompt" } as const) : ({ kind: "file", path: resolve(password) } as const);
  const key = unwrap(await openKeystore(resolve(file), await passwordOf({ password: from }, "the key")));
  return openChallenger({ ...place, key: toHex(key.reveal()) });
}

const refused = ({ code, detail }: { readonly code: string; readonly detail: string }, wayOut: string) => cannotStart(code, detail, wayOut);

function say(exit: 0 | 1, lines: readonly string[]): 0 | 1 {
  process.stdout.write(`${lines.join("\n")}\n`);
  return exit;
}
