import type { Rpc } from "../../adapters/evm/rpc.ts";
import { assert } from "../../engine/kernel/index.ts";

/** A transaction of anybody's, whom an anvil that impersonates lets us be; mined when it returns, as anvil answers before that. */
export async function sendAs(node: Rpc, call: { readonly from: string; readonly to: string; readonly data: string }): Promise<void> {
  const sent = await node.ask("eth_sendTransaction", [call]);
  assert(sent.ok, sent.ok ? "" : sent.detail);
  for (;;) {
    const receipt = await node.ask("eth_getTransactionReceipt", [sent.value]);
    assert(receipt.ok, receipt.ok ? "" : receipt.detail);
    if (receipt.value === null) continue;
    assert((receipt.value as { status: string }).status === "0x1", "the transaction failed");
    return;
  }
}
