import { fail } from "../../../engine/kernel/index.ts";
import { periodHash } from "../../../engine/messages/index.ts";
import type { Chain } from "../../ports/index.ts";
import type { Adversary } from "../street/adversary.ts";

const EVERY_MS = 700;

/** Lives by what the chain said first, and brings the chain batches that it has, or that nobody signed. */
export const staleChain: Adversary = {
  name: "stale-chain",
  corrupt: (modules, { chain, clock, dice }) => {
    const go = (): void => {
      const old = chain.taken.length === 0 ? null : dice.pick(chain.taken);
      if (old !== null) {
        chain.settle(old);
        const next = { ...old.result, period: chain.next, prevPeriod: periodHash(chain.taken.at(-1)!.result) };
        chain.settle({ ...old, result: next });
        chain.settle({ ...old, certificate: new Uint8Array(0), result: next });
      }
      clock.after(EVERY_MS, go);
    };
    clock.after(EVERY_MS, go);
    return { ...modules, chain: frozen(modules.chain) };
  },
};

/** Answers each question as it was first answered. */
function frozen(chain: Chain): Chain {
  const first = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
    let answer: Promise<T> | null = null;
    return () => {
      answer ??= ask();
      return answer;
    };
  };
  return {
    registry: first(() => chain.registry()),
    head: first(() => chain.head()),
    escrows: first(() => chain.escrows()),
    balances: first(() => chain.balances()),
    standing: (home) => chain.standing(home),
    batches: async () => fail("CHAIN_UNREACHABLE", "stale"),
    close: () => chain.close(),
  };
}
