export { streetCard } from "./answers.ts";
export { streetState } from "./street-state.ts";
