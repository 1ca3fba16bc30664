import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode } from "../../src/ports/index.ts";
import type { Rpc } from "./rpc.ts";
import { refusal } from "./vault.ts";

/** Which blocks are never taken back: those that the chain calls "finalized", or those that lie so many blocks back. */
export type Finality = "finalized" | number;

/** The embedded chain: one node, which takes nothing back by itself and knows no state but its last. */
const DEVELOPMENT_CHAIN = 31_337;
export const finalityOf = (chainId: number): Finality => (chainId === DEVELOPMENT_CHAIN ? 0 : "finalized");

/** The block whose state is read: its number, or a name that the node knows. */
export async function finalBlock(rpc: Rpc, finality: Finality): Promise<Result<string, ChainCode>> {
  if (finality === "finalized") return ok(finality);
  if (finality === 0) return ok("latest");
  const answer = await rpc.ask("eth_blockNumber", []);
  if (!answer.ok) return refusal(answer);
  const number = Number(answer.value) - finality;
  return number >= 0 ? ok(`0x${number.toString(16)}`) : fail("CHAIN_UNREACHABLE", "the chain is too young to be sure of anything");
}
