import { type HomeId, homeId, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode } from "../../src/ports/index.ts";
import type { VaultReader } from "./chain.ts";
import type { Sender } from "./sender.ts";
import { balancesOf, callData, VAULT } from "./vault.ts";

/** Has each home that owes and has something pay; those whose turn is refused pay another time. */
export async function collectDebts(reader: VaultReader, sender: Sender): Promise<Result<readonly HomeId[], ChainCode>> {
  const answer = await reader.read("balances", 0, 2 ** 32);
  if (!answer.ok) return answer;
  const repaid: HomeId[] = [];
  for (const [home, { ticks, debt }] of balancesOf(answer.value).homes.entries()) {
    if (ticks === 0 || debt === 0) continue;
    const sent = await sender.send(reader.vault, callData({ to: reader.vault, contract: VAULT, method: "repay", args: [home] }));
    if (sent.ok) repaid.push(homeId(home));
    else if (sent.code !== "CHAIN_REFUSED") return sent;
  }
  return ok(repaid);
}
