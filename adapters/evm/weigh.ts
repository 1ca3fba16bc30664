import { type Address, fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode } from "../../src/ports/index.ts";
import type { Rpc } from "./rpc.ts";
import { refusal } from "./vault.ts";

interface Question {
  readonly from: Address;
  readonly to: Address;
  readonly data: string;
}

/** Gas that a call would take now; refused with the contract's reason when it would fail. */
export async function weighCall(rpc: Rpc, question: Question): Promise<Result<number, ChainCode>> {
  const gas = await rpc.ask("eth_estimateGas", [question]);
  if (!gas.ok) return refusal(gas);
  const weight = Number(gas.value);
  return Number.isSafeInteger(weight) ? ok(weight) : fail("CHAIN_UNREACHABLE", "the node's answer to eth_estimateGas is no number");
}
