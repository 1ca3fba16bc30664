import { largestMarket } from "../auction/index.ts";
import { fail, ok, type Result } from "../kernel/index.ts";
import type { SignedEvent, VenueDigests, VenueEvent, VenueInput, VenueOpening } from "../messages/index.ts";
import type { Recover } from "./door.ts";
import { isPossible, isSame, type VenueMember } from "./opening.ts";
import type { VenueRules } from "./state.ts";
import { GENESIS, Venue } from "./venue.ts";

/** Why a log isn't what this venue should have done; public, never renamed. The detail names the event. */
export type VerifyCode =
  | "LOG_WITHOUT_OPENING"
  | "EVENT_OUT_OF_SEQUENCE"
  | "EVENT_BEFORE_THE_LAST"
  | "EVENT_NOT_CHAINED"
  | "EVENT_SIGNATURE_INVALID"
  | "EVENT_NOT_DUE"
  | "EVENT_MISSED"
  | "EVENT_REFUSED_AT_DOOR"
  | "OPENING_IMPOSSIBLE"
  | "OPENING_DIFFERS"
  | "OUTCOME_DIFFERS";

export interface VerifyContext {
  readonly rules: VenueRules;
  readonly digests: VenueDigests;
  readonly recover: Recover;
  /** Everybody who may trade, where one knows; null: the openings are believed. */
  readonly members: readonly VenueMember[] | null;
}

/** Replays a venue's log event by event. A log may begin with any day's opening; what that says rests is then believed. */
export class Verifier {
  readonly #context: VerifyContext;
  #venue: Venue | null = null;
  /** Of the last event; null before the first. */
  #time: number | null = null;

  constructor(context: VerifyContext) {
    this.#context = context;
  }

  /** The venue as it stands after the events so far; null before the first. */
  get venue(): Venue | null {
    return this.#venue;
  }

  /** Takes the next event. After a refusal it goes on only with a new verifier. */
  next(signed: SignedEvent): Result<void, VerifyCode> {
    const { body, id, signature } = signed;
    const refuse = (code: VerifyCode, what: string): Result<void, VerifyCode> => fail(code, `event ${body.number}: ${what}`);
    const wrong = this.#venue === null ? this.#firstWrong(body) : this.#linkWrong(this.#venue, body);
    if (wrong !== null) return refuse(...wrong);
    if (this.#context.recover(id, signature) !== this.#context.rules.sequencer.operator)
      return refuse("EVENT_SIGNATURE_INVALID", "the operator that the rules name has not signed it");
    this.#venue ??= new Venue(this.#context.rules, this.#context.digests, { number: body.number, previous: body.previous });
    const misplaced = this.#inputWrong(this.#venue, body);
    if (misplaced !== null) return refuse(...misplaced);
    this.#time = body.time;
    if (this.#venue.step(body.time, body.input).id !== id)
      return refuse("OUTCOME_DIFFERS", "replayed, it comes to another outcome than the venue told");
    return ok(undefined);
  }

  #firstWrong({ number, previous, input, time }: VenueEvent): Wrong | null {
    if (input.kind !== "opening") return ["LOG_WITHOUT_OPENING", "a log begins with the opening of a day"];
    const { resting, homes } = input.opening;
    const isFirst = number === GENESIS.number;
    if (isFirst !== (previous === GENESIS.previous))
      return ["OPENING_IMPOSSIBLE", "the first event of all, and no other, has zeros before it"];
    if (isFirst && (resting.length > 0 || homes.some(({ nextSeq }) => nextSeq > 0)))
      return ["OPENING_IMPOSSIBLE", "nobody has asked for anything before the first event of all"];
    const { rules, recover } = this.#context;
    const isSigned = input.opening.resting.every(({ order, agent }) => recover(order.id, order.signature) === agent);
    return isSigned && isPossible(rules, time, input.opening) ? null : ["OPENING_IMPOSSIBLE", "what it says rests can't"];
  }

  #linkWrong({ head }: Venue, { number, previous, time }: VenueEvent): Wrong | null {
    if (number !== head.number) return ["EVENT_OUT_OF_SEQUENCE", `${head.number} should come here`];
    if (previous !== head.previous) return ["EVENT_NOT_CHAINED", "it doesn't name the event before by its digest"];
    return time < this.#time! ? ["EVENT_BEFORE_THE_LAST", "its time is before the last event's"] : null;
  }

  #inputWrong(venue: Venue, { input, time }: VenueEvent): Wrong | null {
    const homes = input.kind === "opening" ? input.opening.homes : [];
    const due = venue.due(time, () => homes);
    if (due !== null && !isSameStep(due, input)) return ["EVENT_MISSED", `${stepName(due)} comes first`];
    switch (input.kind) {
      case "request":
        return this.#requestWrong(venue, input);
      case "opening":
        return this.#openingWrong(venue, input, time);
      default:
        return due === null ? ["EVENT_NOT_DUE", `${stepName(input)} isn't due`] : null;
    }
  }

  #openingWrong(venue: Venue, { opening }: OpeningInput, time: number): Wrong | null {
    if (opening.homes.length > largestMarket(this.#context.rules))
      return ["OPENING_IMPOSSIBLE", "it names more homes than can be computed with under its rules"];
    if (!this.#isMembership(opening)) return ["OPENING_DIFFERS", "it names homes or agents that aren't among the members given"];
    if (this.#time === null) return null;
    const own = venue.opening(time, opening.homes) as OpeningInput;
    return isSameOpening(own.opening, opening) ? null : ["OPENING_DIFFERS", "it doesn't say what rests, or which seq comes next"];
  }

  #requestWrong(venue: Venue, { request }: Extract<VenueInput, { kind: "request" }>): Wrong | null {
    const refused = venue.refuses(request, this.#context.recover);
    return refused === null ? null : ["EVENT_REFUSED_AT_DOOR", `its request can't be in a sequence (${refused})`];
  }

  #isMembership({ homes }: VenueOpening): boolean {
    const known = this.#context.members;
    return known === null || homes.every(({ home, agent }) => known.some((member) => member.home === home && member.agent === agent));
  }
}

type OpeningInput = Extract<VenueInput, { kind: "opening" }>;
type Wrong = readonly [VerifyCode, string];

function isSameStep(due: VenueInput, input: VenueInput): boolean {
  if (due.kind === "request" || input.kind === "request" || due.kind !== input.kind) return false;
  return due.kind === "opening" || (input.kind !== "opening" && due.interval === input.interval);
}

const stepName = (step: VenueInput): string =>
  step.kind === "round" || step.kind === "gate" ? `the ${step.kind} of interval ${step.interval}` : "the day's opening";

const isSameOpening = (a: VenueOpening, b: VenueOpening): boolean =>
  a.day === b.day &&
  isSame(a.resting, b.resting) &&
  a.homes.length === b.homes.length &&
  a.homes.every(
    ({ home, agent, nextSeq }, at) => home === b.homes[at]!.home && agent === b.homes[at]!.agent && nextSeq === b.homes[at]!.nextSeq,
  );
