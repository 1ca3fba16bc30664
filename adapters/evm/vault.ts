import { type Result as Decoded, type FunctionFragment, Interface } from "ethers/abi";
import { ACCESS_MANAGER_ABI } from "../../contracts/abi/access-manager.ts";
import { COMMUNITY_ABI } from "../../contracts/abi/community.ts";
import { DISPUTES_ABI } from "../../contracts/abi/disputes.ts";
import { GRID_VAULT_ABI, GRID_VAULT_SLOTS } from "../../contracts/abi/grid-vault.ts";
import { TEST_CURRENCY_ABI } from "../../contracts/abi/test-currency.ts";
import { type Address, fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode } from "../../src/ports/index.ts";
import type { Answer, Rpc } from "./rpc.ts";

/** Words of the vault's storage that a vector of balance changes, 32 bytes for eight homes, will change. */
export const balanceWords = (vector: Uint8Array): readonly number[] =>
  Array.from({ length: vector.length / 32 }, (_, at) => at)
    .filter((at) => vector.subarray(32 * at, 32 * at + 32).some((byte) => byte !== 0))
    .map((at) => GRID_VAULT_SLOTS._lanes + at);

/** Micro-currency in one tick of the vault. */
export const TICK_MICRO = 100;

/** A home's money as the vault's `balances` tells it, in ticks. */
export interface HomeBalance {
  readonly ticks: number;
  readonly requested: number;
  readonly debt: number;
}

/** What `balances` answered: of homes, and of wide accounts. */
export function balancesOf([homes, wide]: Decoded): { readonly homes: readonly HomeBalance[]; readonly wide: readonly number[] } {
  const toBalance = ({ ticks, requested, debt }: Decoded): HomeBalance => ({
    ticks: Number(ticks),
    requested: Number(requested),
    debt: Number(debt),
  });
  return { homes: [...homes].map(toBalance), wide: [...wide].map(Number) };
}

export const VAULT = new Interface(GRID_VAULT_ABI);
/** Says who may what of the vault. */
export const MANAGER = new Interface(ACCESS_MANAGER_ABI);
export const CURRENCY = new Interface(TEST_CURRENCY_ABI);
export const COMMUNITY = new Interface(COMMUNITY_ABI);
export const DISPUTES = new Interface(DISPUTES_ABI);

/** One question or order to a contract. */
export interface Call {
  readonly to: Address;
  readonly contract: Interface;
  readonly method: string;
  readonly args: readonly unknown[];
  /** What should stand there, in words; "vault" if not said. */
  readonly what?: string;
}

export const callData = ({ contract, method, args }: Call): string => contract.encodeFunctionData(method, [...args]);

/**
 * Asks a view, of the state after `block` (a number in hex, or a name like "finalized"). An empty answer, or one that isn't what
 * the view returns, comes from an address that holds something else.
 */
export async function view(rpc: Rpc, call: Call, block = "latest"): Promise<Result<Decoded, ChainCode>> {
  const answer = await rpc.ask("eth_call", [{ to: call.to, data: callData(call) }, block]);
  if (!answer.ok) return isForeign(answer) ? nothingOfOurs(call) : refusal(answer);
  const fragment = call.contract.getFunction(call.method) as FunctionFragment;
  try {
    return ok(call.contract.decodeFunctionResult(fragment, answer.value as string));
  } catch {
    return nothingOfOurs(call);
  }
}

/** Refused by a contract, for a reason that ours doesn't have. */
const isForeign = ({ data }: Answer & { ok: false }): boolean => data !== undefined && explain(data) === null;

const nothingOfOurs = ({ to, method, what = "vault" }: Call): Result<never, ChainCode> =>
  fail("CHAIN_WRONG", `there is no Commonwatt ${what} at ${to}: what stands there doesn't answer ${method}`);

/** A failed answer with the contract's own reason in words. */
export function refusal(answer: Answer & { ok: false }): { readonly ok: false; readonly code: ChainCode; readonly detail: string } {
  const reason = answer.data === undefined ? null : explain(answer.data);
  return fail(answer.code, reason ?? answer.detail);
}

/** "WrongPeriod(expected=4, got=3)"; null when the bytes are no error that we know. */
export function explain(data: string): string | null {
  for (const contract of [VAULT, CURRENCY, MANAGER, COMMUNITY, DISPUTES]) {
    const error = parseError(contract, data);
    if (error === null) continue;
    const fields = error.fragment.inputs.map(({ name }, i) => `${name}=${error.args[i]}`);
    return `${error.name}(${fields.join(", ")})`;
  }
  return null;
}

/** What a transaction is for, in one word: the contract's method. */
export function purposeOf(to: Address | null, data: string): string {
  const selector = data.slice(0, 10);
  return to === null ? "a new contract" : ((VAULT.getFunction(selector) ?? CURRENCY.getFunction(selector))?.name ?? selector);
}

function parseError(contract: Interface, data: string): ReturnType<Interface["parseError"]> {
  try {
    return contract.parseError(data);
  } catch {
    return null;
  }
}
