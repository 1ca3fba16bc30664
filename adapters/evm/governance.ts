import { ACCESS_MANAGER_BYTECODE } from "../../contracts/abi/access-manager.ts";
import { type Address, fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode } from "../../src/ports/index.ts";
import type { Rpc } from "./rpc.ts";
import type { Receipt, Sender } from "./sender.ts";
import { MANAGER, VAULT, view } from "./vault.ts";

type Step<T> = Promise<Result<T, ChainCode>>;

/** Our numbers of roles in the street's AccessManager, and what of the vault each may call. */
const ROLES = {
  registrar: { role: 1, may: ["register", "registerMany", "leaveStreet"] },
  governor: { role: 2, may: ["setValidators", "setPayee"] },
  guardian: { role: 3, may: ["veto", "pause", "unpause"] },
} as const;
/** OpenZeppelin's: grants roles, and says what roles may call. */
const ADMIN = 0;

/** The code that makes an AccessManager with this admin. */
export const managerCode = (admin: Address): string => ACCESS_MANAGER_BYTECODE + MANAGER.encodeDeploy([admin]).slice(2);

interface Chain {
  readonly rpc: Rpc;
  readonly sender: Sender;
}

/** Gives each role what it may call, and these people their roles, without delays yet; unless all of it is so. */
export async function assignRoles(
  { rpc, sender }: Chain,
  { manager, vault, guardian }: { readonly manager: Address; readonly vault: Address; readonly guardian: Address },
): Step<void> {
  const selectors = (names: readonly string[]): readonly string[] => names.map((name) => VAULT.getFunction(name)!.selector);
  // All of it is one transaction, so one of the roles stands for it.
  const { role, may } = ROLES.guardian;
  const has = await view(rpc, { to: manager, contract: MANAGER, method: "getTargetFunctionRole", args: [vault, selectors(may)[0]] });
  if (!has.ok || Number(has.value[0]) === role) return has.ok ? ok(undefined) : has;
  const who = { registrar: sender.address, governor: sender.address, guardian };
  const calls = Object.entries(ROLES).flatMap(([name, { role, may }]) => [
    call("setTargetFunctionRole", vault, selectors(may), role),
    call("grantRole", role, who[name as keyof typeof ROLES], 0),
  ]);
  return done(await sender.send(manager, call("multicall", calls)));
}

/** From now on the sender names validators, and changes who may do what, only after so many seconds of notice. */
export async function delayGovernance({ rpc, sender }: Chain, manager: Address, seconds: number): Step<void> {
  const has = await view(rpc, { to: manager, contract: MANAGER, method: "hasRole", args: [ADMIN, sender.address] });
  if (!has.ok || Number(has.value[1]) === seconds) return has.ok ? ok(undefined) : has;
  const calls = [ROLES.governor.role, ADMIN].map((role) => call("grantRole", role, sender.address, seconds));
  return done(await sender.send(manager, call("multicall", calls)));
}

/** What an order lacks that the AccessManager refused with these words; null: it lacks something else. */
export function missingNotice(detail: string): "notice" | "time" | null {
  if (detail.startsWith("AccessManagerNotReady(")) return "time";
  return /^AccessManager(NotScheduled|Expired)\(/.test(detail) ? "notice" : null;
}

/** An order to the vault that needs notice: gives it, or tells how long it runs still. */
export async function giveNotice(
  { rpc, sender }: Chain,
  { manager, vault, data }: { readonly manager: Address; readonly vault: Address; readonly data: string },
  missing: "notice" | "time",
): Step<never> {
  if (missing === "notice") {
    const given = await sender.send(manager, call("schedule", vault, data, 0));
    if (!given.ok) return given;
  }
  const ask = (method: string, ...args: readonly unknown[]) => view(rpc, { to: manager, contract: MANAGER, method, args });
  const operation = await ask("hashOperation", sender.address, vault, data);
  if (!operation.ok) return operation;
  const when = await ask("getSchedule", operation.value[0]);
  if (!when.ok) return when;
  return fail(
    "CHAIN_PENDING",
    `notice is given; it counts from ${new Date(Number(when.value[0]) * 1000).toISOString()} on, ask again then`,
  );
}

const call = (method: string, ...args: readonly unknown[]): string => MANAGER.encodeFunctionData(method, args);
const done = (step: Result<Receipt, ChainCode>): Result<void, ChainCode> => (step.ok ? ok(undefined) : step);
