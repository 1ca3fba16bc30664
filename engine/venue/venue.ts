import { compare, type Digest, type Interval, unreachable, ZERO_DIGEST } from "../kernel/index.ts";
import type { SignedRequest, VenueDigests, VenueEvent, VenueInput, VenueOutcome } from "../messages/index.ts";
import { type DoorRefusal, doorRefusal, type Recover } from "./door.ts";
import { openDay, openingOf, type VenueMember } from "./opening.ts";
import { answer } from "./requests.ts";
import { gate, isCrossed, round } from "./rounds.ts";
import { DAY_MS, dayOf, gateMs, openState, roundOf, type VenueRules, type VenueState } from "./state.ts";

/** Where a venue stands in its sequence. */
export interface Head {
  /** Of the next event. */
  readonly number: number;
  /** The digest of the last one. */
  readonly previous: Digest;
}

export const GENESIS: Head = { number: 0, previous: ZERO_DIGEST };

/**
 * A venue as a state machine: time and requests in, events out, the same for whoever replays them. The caller brings the clock,
 * the key and the disk. For each moment: take the steps that are `due`, one after the other, then the request.
 */
export class Venue {
  readonly #state: VenueState;
  readonly #digests: VenueDigests;
  #head: Head;

  /** `head` where the sequence goes on: the next event is the opening of a day. */
  constructor(rules: VenueRules, digests: VenueDigests, head: Head = GENESIS) {
    this.#state = openState(rules);
    this.#digests = digests;
    this.#head = head;
  }

  get head(): Head {
    return this.#head;
  }

  /** null: the request gets its place in the sequence with `step`. Nothing has changed. */
  refuses(request: SignedRequest, recover: Recover): DoorRefusal | null {
    return doorRefusal(this.#state, request, recover);
  }

  /** What has to happen at this time before anything else; null: nothing. */
  due(time: number, members: () => readonly VenueMember[]): VenueInput | null {
    const open = dueInBooks(this.#state, time);
    if (open !== null) return open;
    return dayOf(time) > this.#state.day ? this.opening(time, members()) : null;
  }

  /** Also within a day: when members change. */
  opening(time: number, members: readonly VenueMember[]): VenueInput {
    return { kind: "opening", opening: openingOf(this.#state, time, members) };
  }

  /** When something can be due for the first time after `time`. */
  wakesAt(time: number): number {
    return nextDue(this.#state, time);
  }

  /** The next event. Time never falls; the first input of all is an opening. */
  step(time: number, input: VenueInput): { readonly event: VenueEvent; readonly id: Digest } {
    this.#state.time = time;
    const event = { ...this.#head, time, input, outcome: outcomeOf(this.#state, input) };
    const id = this.#digests.event(event);
    this.#head = { number: event.number + 1, previous: id };
    return { event, id };
  }

  /** For views; whoever changes it is no venue any more. */
  get state(): VenueState {
    return this.#state;
  }
}

function outcomeOf(state: VenueState, input: VenueInput): VenueOutcome {
  switch (input.kind) {
    case "request":
      return answer(state, input.request);
    case "round":
      return round(state, input.interval);
    case "gate":
      return gate(state, input.interval);
    case "opening":
      return openDay(state, input.opening);
    default:
      return unreachable(input);
  }
}

/** Interval by interval, the last round before the gate. */
function dueInBooks(state: VenueState, time: number): VenueInput | null {
  const { rules, open } = state;
  for (const interval of [...open.keys()].sort(compare<Interval>)) {
    const isRound = rules.sequencer.trading === "rounds" && roundOf(rules, time) > open.get(interval)! && isCrossed(state, interval);
    if (isRound) return { kind: "round", interval };
    if (gateMs(rules, interval) <= time) return { kind: "gate", interval };
  }
  return null;
}

function nextDue({ rules, open }: VenueState, time: number): number {
  const gates = [...open.keys()].map((interval) => gateMs(rules, interval));
  const isRound = rules.sequencer.trading === "rounds" && open.size > 0;
  const round = isRound ? [(roundOf(rules, time) + 1) * rules.sequencer.roundSeconds * 1000] : [];
  return Math.min((dayOf(time) + 1) * DAY_MS, ...gates, ...round);
}
