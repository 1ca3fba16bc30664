import { fail, ok, type Result, toHex } from "../../engine/kernel/index.ts";
import type { ChainCode, Errand, Relay } from "../../src/ports/index.ts";
import { shield, type VaultReader } from "./chain.ts";
import type { Sender } from "./sender.ts";
import { callData, refusal, VAULT } from "./vault.ts";

type Errands = Pick<Relay, "weigh" | "payWithdrawal">;

/** What a relay does for homes that have no coin. */
export function errandsOf(reader: VaultReader, sender: Sender): Errands {
  return {
    weigh: (errand) => shield(() => weigh(errand, reader, sender)),
    payWithdrawal: (home) =>
      shield(async () => {
        const asked = await reader.read("withdrawal", home);
        if (!asked.ok) return asked;
        if (asked.value[0].ticks === 0n) return ok(undefined);
        const paid = await sender.send(reader.vault, dataOf({ kind: "pay", home }, reader));
        return paid.ok ? ok(undefined) : paid;
      }),
  };
}

async function weigh(errand: Errand, reader: VaultReader, sender: Sender): Promise<Result<number, ChainCode>> {
  // Of the vault itself first, so that a foreign contract isn't asked for gas.
  const known = await reader.read("nextPeriod");
  if (!known.ok) return known;
  const call = { from: sender.address, to: reader.vault, data: dataOf(errand, reader) };
  const gas = await reader.rpc.ask("eth_estimateGas", [call]);
  if (!gas.ok) return refusal(gas);
  const weight = Number(gas.value);
  return Number.isSafeInteger(weight) ? ok(weight) : fail("CHAIN_UNREACHABLE", "the node's answer to eth_estimateGas is no number");
}

function dataOf(errand: Errand, { vault: to }: VaultReader): string {
  const [method, ...args] = orderOf(errand);
  return callData({ to, contract: VAULT, method, args });
}

function orderOf(errand: Errand): readonly [method: string, ...args: readonly unknown[]] {
  switch (errand.kind) {
    case "rotate":
      return ["rotateAgentFor", errand.home, errand.agent, errand.since, toHex(errand.signature)];
    case "leave":
      return ["leaveStreetFor", errand.home, errand.until, toHex(errand.signature)];
    case "pay":
      return ["finalizeWithdraw", errand.home];
  }
}
