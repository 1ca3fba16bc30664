import type { Digest } from "../kernel/index.ts";
import { array, structOf, text } from "./eip712.ts";
import type { MarketDomain } from "./rules.ts";
import { marketSignable, SIDE } from "./typed-data.ts";
import { FATE, FORCE, type VenueEvent, type VenueInput, type VenueOpening, type VenueOutcome, type VenueRequest } from "./venue.ts";

const PARTS = {
  VenueEnd: "VenueEnd(bytes32 order,uint32 energyWh)",
  VenueFill: "VenueFill(bytes32 order,uint32 energyWh,uint32 priceMicroPerKwh)",
  VenueHome: "VenueHome(uint32 home,address agent,uint32 nextSeq)",
  VenueResting: "VenueResting(bytes32 order,address agent,uint32 energyWh,uint32 limitMicroPerKwh)",
} as const;

/** What homes and a venue sign, as EIP-712 types in the market's domain. `input` and `outcome` of an event are struct hashes. */
export const VENUE_TYPES = {
  ...PARTS,
  VenueOrder: "VenueOrder(uint32 home,uint64 interval,uint8 side,uint8 force,uint32 energyWh,uint32 limitMicroPerKwh,uint32 seq)",
  VenueAmend: "VenueAmend(uint32 home,bytes32 order,uint32 energyWh,uint32 limitMicroPerKwh,uint32 seq)",
  VenueCancel: "VenueCancel(uint32 home,bytes32 order,uint32 seq)",
  VenueRequest: "VenueRequest(bytes32 request)",
  VenueRound: "VenueRound(uint64 interval)",
  VenueGate: "VenueGate(uint64 interval)",
  VenueOpening: `VenueOpening(uint64 day,VenueResting[] resting,VenueHome[] homes)${PARTS.VenueHome}${PARTS.VenueResting}`,
  VenueOutcome: `VenueOutcome(string refusal,uint8 fate,uint32 leftWh,VenueFill[] fills,VenueEnd[] ended)${PARTS.VenueEnd}${PARTS.VenueFill}`,
  VenueEvent: "VenueEvent(uint64 number,uint64 timeMs,bytes32 previous,bytes32 input,bytes32 outcome)",
} as const;

const hashers = {
  order: structOf(VENUE_TYPES.VenueOrder),
  amend: structOf(VENUE_TYPES.VenueAmend),
  cancel: structOf(VENUE_TYPES.VenueCancel),
  request: structOf(VENUE_TYPES.VenueRequest),
  round: structOf(VENUE_TYPES.VenueRound),
  gate: structOf(VENUE_TYPES.VenueGate),
  opening: structOf(VENUE_TYPES.VenueOpening),
  resting: structOf(VENUE_TYPES.VenueResting),
  home: structOf(VENUE_TYPES.VenueHome),
  outcome: structOf(VENUE_TYPES.VenueOutcome),
  fill: structOf(VENUE_TYPES.VenueFill),
  end: structOf(VENUE_TYPES.VenueEnd),
  event: structOf(VENUE_TYPES.VenueEvent),
};

/** The digests that a venue market signs. */
export interface VenueDigests {
  request(request: VenueRequest): Digest;
  event(event: VenueEvent): Digest;
}

export function venueDigestsOf(domain: MarketDomain): VenueDigests {
  const inMarket = marketSignable(domain);
  return {
    request: (request) => inMarket(requestHash(request)),
    event: ({ number, time, previous, input, outcome }) =>
      inMarket(hashers.event([number, time, previous, inputHash(input), outcomeHash(outcome)])),
  };
}

function requestHash(request: VenueRequest): Digest {
  switch (request.kind) {
    case "order": {
      const { home, interval, side, force, energy, limit, seq } = request;
      return hashers.order([home, interval, SIDE[side], FORCE[force], energy, limit, seq]);
    }
    case "amend":
      return hashers.amend([request.home, request.order, request.energy, request.limit, request.seq]);
    case "cancel":
      return hashers.cancel([request.home, request.order, request.seq]);
  }
}

function inputHash(input: VenueInput): Digest {
  switch (input.kind) {
    case "request":
      return hashers.request([input.request.id]);
    case "round":
      return hashers.round([input.interval]);
    case "gate":
      return hashers.gate([input.interval]);
    case "opening":
      return openingHash(input.opening);
  }
}

const openingHash = ({ day, resting, homes }: VenueOpening): Digest =>
  hashers.opening([
    day,
    array(resting.map(({ order, agent, energy, limit }) => hashers.resting([order.id, agent, energy, limit]))),
    array(homes.map(({ home, agent, nextSeq }) => hashers.home([home, agent, nextSeq]))),
  ]);

const outcomeHash = ({ refusal, fate, left, fills, ended }: VenueOutcome): Digest =>
  hashers.outcome([
    text(refusal ?? ""),
    FATE[fate],
    left,
    array(fills.map(({ order, energy, price }) => hashers.fill([order, energy, price]))),
    array(ended.map(({ order, energy }) => hashers.end([order, energy]))),
  ]);
