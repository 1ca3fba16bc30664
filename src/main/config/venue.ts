import { type Address, address, homeId } from "../../../engine/kernel/index.ts";
import type { VenueMember } from "../../../engine/venue/index.ts";
import type { CrossCheck } from "./cross-check.ts";
import type { HomeConfig } from "./home.ts";

/** A venue that one operator runs; paths are absolute. */
export interface VenueConfig {
  readonly name: string;
  /** Path of the market rules. */
  readonly market: string;
  readonly chainId: number;
  readonly vault: Address;
  readonly data: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly password: HomeConfig["password"];
  readonly members: readonly (VenueMember & { readonly name: string })[];
}

/** The file's values, defaults filled in. */
export interface VenueFile extends Pick<VenueConfig, "name" | "market" | "chainId" | "data" | "listen"> {
  readonly vault: string;
  readonly password: { readonly file?: string; readonly env?: string };
  readonly members: readonly { readonly home: number; readonly name: string; readonly agent: string }[];
}

export function venueOf(file: VenueFile, check: CrossCheck): VenueConfig {
  for (const key of ["home", "name", "agent"] as const) refuseTwins(file, key, check);
  const { file: path, env } = file.password;
  return {
    name: file.name,
    market: check.path(file.market),
    chainId: file.chainId,
    vault: address(file.vault),
    data: check.path(file.data),
    listen: file.listen,
    password: env === undefined ? { kind: "file", path: check.path(path ?? "") } : { kind: "env", name: env },
    members: file.members.map(({ home, name, agent }) => ({ home: homeId(home), name, agent: address(agent) })),
  };
}

function refuseTwins({ members }: VenueFile, key: "home" | "name" | "agent", check: CrossCheck): void {
  const seen = new Set<string>();
  for (const [place, member] of members.entries()) {
    const value = String(member[key]).toLowerCase();
    if (seen.has(value)) check.conflict(["members", place, key], `${value} is there twice`, "each member has its own");
    seen.add(value);
  }
}
