import { type Digest, fail, type HomeId, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode, Standing } from "../../src/ports/index.ts";
import type { Rpc } from "./rpc.ts";
import { balancesOf, refusal, TICK_MICRO, type view } from "./vault.ts";

/** What is asked of a reader of the vault. */
interface FinalReader {
  readonly rpc: Rpc;
  finalBlock(): Promise<Result<string, ChainCode>>;
  status(
    block: string,
  ): Promise<Result<Pick<Standing, "nextPeriod"> & { readonly proposal: Digest | null; readonly nextInterval: number }, ChainCode>>;
  readAt(block: string, method: string, ...args: readonly unknown[]): ReturnType<typeof view>;
}

/**
 * A home's money as it finally is. Where the final block is one that grows old while it is read, each thing is asked for before what
 * it could make too much: a number of withdrawals that is too small, or a request that was paid meanwhile, only makes a signature
 * worth nothing; and what a settlement changes shows in the status.
 */
export async function readStanding(reader: FinalReader, home: HomeId): Promise<Result<Standing, ChainCode>> {
  const name = await reader.finalBlock();
  if (!name.ok) return name;
  const [final, last] = [await blockAt(reader, name.value), await blockAt(reader, "latest")];
  if (!final.ok) return final;
  if (!last.ok) return last;
  const now = chainNow(last.value);
  // "latest" has no later block to be taken back by, and the embedded chain knows no older state.
  const isLast = name.value === "latest";
  const block = isLast ? name.value : final.value.number;
  const before = await reader.status(block);
  if (!before.ok) return before;
  const nonce = await reader.readAt(block, "nonces", home);
  if (!nonce.ok) return nonce;
  const asked = await reader.readAt(block, "withdrawal", home);
  if (!asked.ok) return asked;
  const answer = await reader.readAt(block, "balances", home, 1);
  if (!answer.ok) return answer;
  const [balance] = balancesOf(answer.value).homes;
  if (balance === undefined) return fail("CHAIN_REFUSED", `the registry doesn't know home ${home}`);
  const after = await reader.status(block);
  if (!after.ok) return after;
  const { nextPeriod, proposal, nextInterval } = after.value;
  if (nextPeriod !== before.value.nextPeriod) return fail("CHAIN_PENDING", "a period was settled just now: ask again");
  return ok({
    escrow: (balance.ticks - balance.debt) * TICK_MICRO,
    requested: Number(asked.value[0].ticks) * TICK_MICRO,
    nonce: Number(nonce.value[0]),
    nextPeriod,
    isOpen: proposal === null && nextInterval > 0,
    finalAt: isLast ? now : final.value.time,
    now,
  });
}

/** What no block after this one comes before, if this machine's clock isn't ahead; Unix seconds. */
export const chainNow = (last: { readonly time: number }): number => Math.max(last.time, Math.floor(Date.now() / 1000));

export async function blockAt(
  { rpc }: Pick<FinalReader, "rpc">,
  name: string,
): Promise<Result<{ readonly number: string; readonly time: number }, ChainCode>> {
  const answer = await rpc.ask("eth_getBlockByNumber", [name, false]);
  if (!answer.ok) return refusal(answer);
  const { number, timestamp } = answer.value as { readonly number: string; readonly timestamp: string };
  return ok({ number, time: Number(timestamp) });
}
