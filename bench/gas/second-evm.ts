import { TestChain } from "../../test/support/test-chain.ts";
import { settlementGas } from "./settlement.ts";

/** Settlements on two EVMs, with everything that both said of them. */
export interface Comparison {
  readonly homes: number;
  readonly propose: number;
  readonly finalize: number;
  /** Contracts' words of storage in the end. */
  readonly words: number;
  /** Answers that both gave. */
  readonly answers: number;
  /** In words; empty when both say the same. */
  readonly differences: readonly string[];
}

/** The same transactions on anvil and on @ethereumjs/vm: status, gas, fees, events, receipts' roots, views, reasons, and every word. */
export async function compareEvms(homes: number): Promise<Comparison> {
  const chain = await TestChain.start(60, "both");
  try {
    const gas = await settlementGas(chain, { homes });
    const [anvil, ethereumjs] = await chain.twin.contracts();
    const words = Object.values(anvil).reduce((sum, { storage }) => sum + Object.keys(storage).length, 0);
    const answers = [...chain.twin.compared.values()].reduce((sum, count) => sum + count, 0);
    const state = sorted(anvil) === sorted(ethereumjs) ? [] : ["code, nonces or words of storage differ"];
    return { homes, ...gas, words, answers, differences: [...chain.twin.differences, ...state] };
  } finally {
    await chain.stop();
  }
}

/** The same text for the same contracts, in whatever order their words were told. */
function sorted(contracts: Readonly<Record<string, { readonly storage: Readonly<Record<string, string>> }>>): string {
  const byKey = <T>(record: Readonly<Record<string, T>>): [string, T][] => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(byKey(contracts).map(([address, account]) => [address, { ...account, storage: byKey(account.storage) }]));
}
