import { join } from "node:path";
import { openChallenger, openProposals } from "../../../adapters/evm/index.ts";
import type { AgentKey } from "../../../adapters/system/index.ts";
import { fail, type HomeId, type Interval, toHex } from "../../../engine/kernel/index.ts";
import type { StreetCard } from "../../api/index.ts";
import { ProposalWatch, recordsIn, type StreetNode } from "../../node/index.ts";
import type { Clock, Log, Proposals, RecoverSigner, Registry, Store } from "../../ports/index.ts";
import { domainOf, firstOf, rulesOf } from "../card.ts";
import type { HomeConfig } from "../config/index.ts";
import { keepChallenge } from "./challenge-file.ts";
import { handIn, type Senders } from "./hand-in.ts";
import { shownBy } from "./shown.ts";

/** Seconds between the turns of two homes to drop a proposal whose time is over; the operator's is first. */
const TURN_S = 60;

export interface Watching {
  readonly card: StreetCard;
  /** Of whoever watches: challenges are written there, and what others show may be laid there. */
  readonly folder: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly recover: RecoverSigner;
  readonly proposals: Proposals;
  readonly senders: Senders;
  readonly node: () => Pick<StreetNode, "digests" | "membership" | "self">;
}

type OfHome = Omit<Watching, "folder" | "proposals" | "senders"> & { readonly config: HomeConfig; readonly key: AgentKey };

/** The watch of a home, which sends from its agent's account if there is a coin in it; it is closed when it has stopped. */
export function watchOfHome({ config, key, ...modules }: OfHome): {
  readonly proposed: ProposalWatch;
  readonly close: () => Promise<void>;
} {
  const { card } = modules;
  const place = { rpc: config.chainRpc ?? card.chain.rpc, ...domainOf(card) };
  const [proposals, own] = [openProposals(place), openChallenger({ ...place, key: toHex(key.reveal()) })];
  const senders = { own, by: "home", street: config.street } as const;
  const proposed = watchOf({ ...modules, folder: config.data, proposals, senders });
  const close = async (): Promise<void> => {
    await proposed.stop();
    await Promise.all([proposals.close(), own.close()]);
  };
  return { proposed, close };
}

/** The watch over proposals of a home or an operator; it has to be told what is certified. */
export function watchOf({ card, folder, store, clock, log, recover, proposals, senders, node }: Watching): ProposalWatch {
  const [rules, domain, first] = [rulesOf(card), domainOf(card), firstOf(card)];
  const { street } = senders;
  const showing = { url: street?.kind === "url" ? street.url : null, folder: join(folder, "shown") };
  return new ProposalWatch({
    rules,
    domain,
    first,
    clock,
    store,
    log,
    recover,
    proposals,
    get digests() {
      return node().digests;
    },
    registry: () => node().membership.registry,
    records: (from: Interval, to: Interval) => recordsIn({ rules, digests: node().digests, first, store }, from, to),
    shown: (interval, head) => shownBy(showing, interval, head),
    keep: (challenge, proposal, fault) => keepChallenge(join(folder, "challenges"), domain, { challenge, proposal, fault }),
    handIn: (challenge) => handIn(senders, challenge),
    expire: async (period) => senders.own?.expire(period) ?? fail("CHAIN_REFUSED", "no account of its own"),
    patience: () => patienceOf(senders.by, node().self, node().membership.registry),
  });
}

/** Seconds that others have to drop a proposal whose time is over, before it is this one's turn; who isn't registered yet is last. */
export const patienceOf = (by: Senders["by"], self: HomeId | null, { homes }: Pick<Registry, "homes">): number =>
  by === "operator" ? 0 : TURN_S * (1 + (self ?? homes.length));
