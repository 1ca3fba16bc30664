import type { Result as Decoded } from "ethers/abi";
import { address, fail, ok, type Result } from "../../engine/kernel/index.ts";
import { type SurplusAccount, WIDE_ACCOUNTS } from "../../engine/messages/index.ts";
import type { ChainCode, OwnerMoney, WideAccount, WidePayout, WideStand } from "../../src/ports/index.ts";
import type { VaultReader } from "./chain.ts";
import type { Sender } from "./sender.ts";
import { balancesOf, callData, TICK_MICRO, VAULT } from "./vault.ts";

/** The vault's number of a wide account where it means accounts of both kinds: 2^32 - 8 and its id. */
export const numberOf = (account: SurplusAccount): number => 2 ** 32 - 8 + WIDE_ACCOUNTS[account];

const NOBODY = /^0x0{40}$/;
const ACCOUNTS = Object.keys(WIDE_ACCOUNTS) as SurplusAccount[];

/** Supplier, grid and community, in this order. */
export async function readWide(reader: VaultReader): Promise<Result<readonly WideAccount[], ChainCode>> {
  const accounts: WideAccount[] = [];
  for (const account of ACCOUNTS) {
    const [held, payee, asked] = [
      await reader.read("wideBalance", WIDE_ACCOUNTS[account]),
      await reader.read("payee", WIDE_ACCOUNTS[account]),
      await reader.read("withdrawal", numberOf(account)),
    ];
    if (!held.ok) return held;
    if (!payee.ok) return payee;
    if (!asked.ok) return asked;
    accounts.push({
      account,
      held: Number(held.value[0]) * TICK_MICRO,
      payee: NOBODY.test(payee.value[0]) ? null : address(payee.value[0].toLowerCase()),
      withdrawal: withdrawalOf(asked.value[0]),
    });
  }
  return ok(accounts);
}

/** As the vault tells it; null when nothing is asked for. */
export function withdrawalOf({ to, ticks, requestedAt }: Decoded): OwnerMoney["withdrawal"] {
  if (ticks === 0n) return null;
  return { to: address(to.toLowerCase()), micro: Number(ticks) * TICK_MICRO, requestedAt: Number(requestedAt) };
}

const TRIES = 3;

/** Asked again when a period was settled between what accounts hold and the period that the vault stands at. */
export async function wideStands(reader: VaultReader): Promise<Result<readonly WideStand[], ChainCode>> {
  for (let tries = 0; tries < TRIES; tries++) {
    const [before, answer, after] = [await reader.status(), await reader.read("balances", 0, 2 ** 32), await reader.status()];
    if (!before.ok) return before;
    if (!answer.ok) return answer;
    if (!after.ok) return after;
    const { nextPeriod } = after.value;
    if (before.value.nextPeriod !== nextPeriod) continue;
    const { homes, wide } = balancesOf(answer.value);
    const free = homes.map(({ ticks, requested }) => (ticks - requested) * TICK_MICRO);
    return ok(ACCOUNTS.map((account) => ({ account, held: wide[WIDE_ACCOUNTS[account]]! * TICK_MICRO, homes: free, nextPeriod })));
  }
  return fail("CHAIN_PENDING", "a period was settled each time that the accounts were read");
}

/** Pays what the vault lets go of and the account can spare; what it doesn't yet, it pays another time. */
export async function payWide(
  reader: VaultReader,
  sender: Sender,
  spareOf: (stand: WideStand) => number | null,
): Promise<Result<readonly WidePayout[], ChainCode>> {
  const payouts: WidePayout[] = [];
  for (const account of ACCOUNTS) {
    const asked = await reader.read("withdrawal", numberOf(account));
    if (!asked.ok) return asked;
    if (asked.value[0].ticks === 0n) continue;
    const data = callData({ to: reader.vault, contract: VAULT, method: "finalizeWithdraw", args: [numberOf(account)] });
    const weighed = await reader.rpc.ask("eth_estimateGas", [{ from: sender.address, to: reader.vault, data }]);
    if (!weighed.ok) continue;
    const stands = await wideStands(reader);
    if (!stands.ok) return stands;
    const stand = stands.value.find((each) => each.account === account)!;
    const micro = Math.min(Number(asked.value[0].ticks) * TICK_MICRO, stand.held);
    const spare = spareOf(stand);
    if (spare === null || micro > spare) {
      payouts.push({ kind: "held", account, micro, spare });
      continue;
    }
    const sent = await sender.send(reader.vault, data);
    if (!sent.ok) return sent;
    payouts.push({ kind: "paid", account });
  }
  return ok(payouts);
}
