export { agentAddressOf, cheapRecover, cheapSigner } from "../../src/sim/index.ts";
