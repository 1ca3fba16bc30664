export { evidenceAnswer, streetCard, venueRules } from "./answers.ts";
export { challengeRequest, recordView } from "./challenges.ts";
export { streetState } from "./street-state.ts";
