export { chance } from "../../src/sim/index.ts";
