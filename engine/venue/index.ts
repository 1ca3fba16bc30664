export type { DoorRefusal, Recover, RequestRefusal } from "./door.ts";
export type { VenueMember } from "./opening.ts";
export { SEQUENCER_CODES, type SequencerRefusal, type SequencerTrouble, sequencerTroubles } from "./rules.ts";
export { bookOf, DAY_MS, dayOf, type Standing, standingIn, type VenueRules, type VenueState } from "./state.ts";
export { GENESIS, type Head, Venue } from "./venue.ts";
export { Verifier, type VerifyCode, type VerifyContext } from "./verify.ts";
