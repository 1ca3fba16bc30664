export { type Command, type Parsed, parseCommandLine } from "./args.ts";
export { LOG_LEVELS, type LogLevel } from "./flags.ts";
export { renderProblem, renderProblems } from "./problems.ts";
export { suggest } from "./suggest.ts";
export { endpoint, type HomesWish } from "./values.ts";
