export { evidenceAnswer, streetCard, venueRules } from "./answers.ts";
export { streetState } from "./street-state.ts";
