import { join } from "node:path";
import type { MicroPerKwh } from "../../../engine/kernel/index.ts";
import { nodesOf } from "./chain.ts";
import type { CrossCheck } from "./cross-check.ts";
import { type DeviceFile, deviceOf, type HomeDevice } from "./home-device.ts";

/** One home that joins a street; paths are absolute. */
export interface HomeConfig {
  readonly name: string;
  readonly data: string;
  readonly street: { readonly kind: "file"; readonly path: string } | { readonly kind: "url"; readonly url: string };
  readonly invitation: string | null;
  /** Nodes of the chain that this home asks, the most trusted first; null: the one that the street's card names. */
  readonly chainRpc: readonly string[] | null;
  readonly listen: readonly string[];
  /** Whether neighbours are looked for on the local network. */
  readonly discover: boolean;
  readonly password: PasswordPlace;
  /** The key that withdraws, rotates and leaves; it may lie on another disk, and need not be there while the home runs. */
  readonly owner: { readonly file: string; readonly password: PasswordPlace };
  readonly device: HomeDevice;
  readonly trading: TradingConfig;
}

/** Where a password is; never the password itself. */
export type PasswordPlace =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "prompt" };

export interface PasswordFile {
  readonly file?: string;
  readonly env?: string;
  readonly prompt?: true;
}

export interface TradingConfig {
  /** null: what the utility pays. */
  readonly sellAbove: MicroPerKwh | null;
  /** null: what the utility charges. */
  readonly buyBelow: MicroPerKwh | null;
  readonly keepForBackupPercent: number;
}

/** The file's values, defaults filled in; prices stand in the source as they were written. */
export interface HomeFile extends Pick<HomeConfig, "name" | "listen" | "discover"> {
  readonly device: DeviceFile;
  readonly data: string;
  readonly street: string;
  readonly invitation?: string;
  readonly chain?: { readonly rpc: string | readonly string[] };
  readonly password: PasswordFile;
  readonly owner?: { readonly file?: string; readonly password?: PasswordFile };
  readonly trading: { readonly sellAbovePerKwh?: unknown; readonly buyBelowPerKwh?: unknown; readonly keepForBackupPercent: number };
}

export function homeOf(file: HomeFile, check: CrossCheck): HomeConfig {
  for (const [place, address] of file.listen.entries())
    if (Number(address.split("/").at(-1)) > 65_535)
      check.conflict(["listen", place], "the port is beyond 65535", "choose another port; 0 takes any free one");
  const data = check.path(file.data);
  return {
    name: file.name,
    data,
    street: /^[a-z]+:\/\//i.test(file.street)
      ? { kind: "url", url: urlOf(file.street, check) }
      : { kind: "file", path: check.path(file.street) },
    invitation: file.invitation ?? null,
    chainRpc: file.chain === undefined ? null : nodesOf(file.chain.rpc, ["chain", "rpc"], check),
    listen: file.listen,
    discover: file.discover,
    password: placeOf(file.password, check),
    owner: {
      file: file.owner?.file === undefined ? join(data, "owner.json") : check.path(file.owner.file),
      password: placeOf(file.owner?.password ?? file.password, check),
    },
    device: deviceOf(file.device, check),
    trading: tradingOf(file.trading, check),
  };
}

/** The schema lets exactly one of them through. */
function placeOf({ file, env, prompt }: PasswordFile, check: CrossCheck): PasswordPlace {
  if (prompt === true) return { kind: "prompt" };
  return env === undefined ? { kind: "file", path: check.path(file ?? "") } : { kind: "env", name: env };
}

function urlOf(written: string, check: CrossCheck): string {
  if (!(URL.canParse(written) && /^https?:$/.test(new URL(written).protocol)))
    check.conflict(["street"], "is no http or https address", "give the address of the street's card, or a path");
  return written;
}

function tradingOf(file: HomeFile["trading"], check: CrossCheck): TradingConfig {
  const sellAbove = file.sellAbovePerKwh === undefined ? null : check.price(["trading", "sellAbovePerKwh"], "");
  const buyBelow = file.buyBelowPerKwh === undefined ? null : check.price(["trading", "buyBelowPerKwh"], "");
  return { sellAbove, buyBelow, keepForBackupPercent: file.keepForBackupPercent };
}
