import { address, type Digest, type HomeId, homeId, interval, microPerKwh, wh, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import {
  type MarketDomain,
  type SequencerRules,
  type SignedEvent,
  type SignedRequest,
  type VenueInput,
  type VenueOrder,
  type VenueRequest,
  venueDigestsOf,
} from "../../engine/messages/index.ts";
import { Venue, type VenueMember, type VenueRules, Verifier, type VerifyContext } from "../../engine/venue/index.ts";
import { agentAddressOf, cheapRecover, cheapSigner } from "./cheap-signer.ts";
import { RULES } from "./rules.ts";

const OPERATOR = 99;

export const venueRules = (sequencer: Partial<SequencerRules> = {}): VenueRules => ({
  ...RULES,
  sequencer: { operator: agentAddressOf(OPERATOR), trading: "continuous", roundSeconds: 5, ...sequencer },
});

const DOMAIN: MarketDomain = { chainId: 31_337, vault: address(`0x${"7".repeat(40)}`), rulesHash: ZERO_DIGEST };
export const VENUE_DIGESTS = venueDigestsOf(DOMAIN);

export const MEMBERS: readonly VenueMember[] = [0, 1, 2, 3].map((home) => ({ home: homeId(home), agent: agentAddressOf(home) }));

export const contextOf = (rules: VenueRules, members: readonly VenueMember[] | null = MEMBERS): VerifyContext => ({
  rules,
  members,
  digests: VENUE_DIGESTS,
  recover: cheapRecover,
});

/** 2026-11-27T10:00:00Z: the first interval with an open gate begins at 10:15, and its gate closes at 10:14. */
export const START = Date.UTC(2026, 10, 27, 10);
export const FIRST = interval(START / 900_000 + 1);
export const GATE = START + 14 * 60_000;

/** A request without what a home's next seq is; `desk` fills that in. */
export type Wish =
  | ({
      readonly kind: "order";
      readonly home: number;
      readonly side: "buy" | "sell";
      readonly energy: number;
      readonly limit: number;
    } & Partial<Pick<VenueOrder, "force"> & { readonly interval: number }>)
  | { readonly kind: "amend"; readonly home: number; readonly order: Digest; readonly energy: number; readonly limit: number }
  | { readonly kind: "cancel"; readonly home: number; readonly order: Digest };

/** A venue with a clock that the test turns, its log, and homes that sign. */
export function venueDesk(rules: VenueRules = venueRules(), members: () => readonly VenueMember[] = () => MEMBERS) {
  const venue = new Venue(rules, VENUE_DIGESTS);
  const log: SignedEvent[] = [];
  const seqs = new Map<number, number>();
  let time = START;

  function step(input: VenueInput): SignedEvent {
    const { event, id } = venue.step(time, input);
    const signed = { body: event, id, signature: cheapSigner(OPERATOR).sign(id) };
    log.push(signed);
    return signed;
  }

  function catchUp(): void {
    for (let due = venue.due(time, members); due !== null; due = venue.due(time, members)) step(due);
  }

  function requestOf(wish: Wish): VenueRequest {
    const seq = seqs.get(wish.home) ?? 0;
    seqs.set(wish.home, seq + 1);
    const home = wish.home as HomeId;
    if (wish.kind === "cancel") return { ...wish, home, seq };
    const terms = { energy: wh(wish.energy), limit: microPerKwh(wish.limit) };
    if (wish.kind === "amend") return { ...wish, ...terms, home, seq };
    return { force: "good-till-gate", ...wish, ...terms, home, seq, interval: interval(wish.interval ?? FIRST) };
  }

  function sign(body: VenueRequest): SignedRequest {
    const id = VENUE_DIGESTS.request(body);
    return { body, id, signature: cheapSigner(body.home).sign(id) };
  }

  return {
    venue,
    log,
    sign,
    requestOf,
    /** The event of a request; throws where the door refuses it. */
    ask(wish: Wish): SignedEvent {
      catchUp();
      const request = sign(requestOf(wish));
      const refused = venue.refuses(request, cheapRecover);
      if (refused !== null) throw new Error(refused);
      return step({ kind: "request", request });
    },
    at(later: number): void {
      time = later;
      catchUp();
    },
  };
}

/** null: all of it holds; otherwise the first refusal. */
export function verified(log: readonly SignedEvent[], context: VerifyContext): string | null {
  const verifier = new Verifier(context);
  for (const event of log) {
    const result = verifier.next(event);
    if (!result.ok) return `${result.code} ${result.detail}`;
  }
  return null;
}

/** The operator's signature under a changed event, as a venue that lies would give it. */
export function resigned(event: SignedEvent, body: SignedEvent["body"]): SignedEvent {
  const id = VENUE_DIGESTS.event(body);
  return { ...event, body, id, signature: cheapSigner(OPERATOR).sign(id) };
}
