import type { HouseholdKind } from "../../sim/synthetic/index.ts";
import { type ChainFile, challengeSecondsOf, type OutsideChain, outsideOf } from "./chain.ts";
import type { CrossCheck } from "./cross-check.ts";

/** A street on this machine; paths are absolute. */
export interface StreetConfig {
  /** Market rules file. */
  readonly rules: string;
  /** Data folder. */
  readonly data: string;
  /** Of a synthetic street. */
  readonly homes: number;
  /** At most so many homes certify: the first ones. */
  readonly validators: number;
  readonly seed: number;
  /** ISO UTC: when a synthetic street begins. */
  readonly start: string;
  /** Seconds of the street in one second. */
  readonly speed: number;
  /** null: as in the rules. */
  readonly intervalMinutes: number | null;
  readonly processes: number;
  /** null: the street starts a chain of its own. */
  readonly outside: OutsideChain | null;
  /** In which a new street's settlements can be challenged; 0: they can't. */
  readonly challengeSeconds: number;
  /** What runs the contracts; null: anvil, or @ethereumjs/vm where there is no anvil. */
  readonly evm: "anvil" | "ethereumjs" | null;
  readonly allowance: AllowanceConfig;
  readonly dashboard: { readonly host: string; readonly port: number };
  /** null: a synthetic street. */
  readonly readings: ReadingsConfig | null;
  /** null: as the seed makes them. */
  readonly homeList: readonly PlannedHome[] | null;
}

/** What the operator carries for each home in one day: so many errands of each kind, and so much gas in all. */
export interface AllowanceConfig {
  readonly deposits: number;
  readonly withdrawals: number;
  /** Of withdrawals that are due. */
  readonly payments: number;
  readonly keyChanges: number;
  readonly departures: number;
  /** Of the community's account as of its rules. */
  readonly motions: number;
  readonly votes: number;
  readonly gas: number;
}

export interface ReadingsConfig {
  readonly file: string;
  readonly from: string | null;
  readonly homes: readonly string[] | null;
  readonly split: boolean;
  readonly batteries: boolean;
}

export interface PlannedHome {
  readonly name: string;
  readonly kind: HouseholdKind;
  readonly kwp: number | null;
  readonly batteryKwh: number | null;
}

type Optional<T> = { readonly [Key in keyof T]?: Exclude<T[Key], null> };

/** The file's values, defaults filled in. */
export interface StreetFile
  extends Omit<StreetConfig, "intervalMinutes" | "outside" | "challengeSeconds" | "evm" | "readings" | "homeList"> {
  readonly intervalMinutes?: number;
  readonly chain: ChainFile & Optional<Pick<StreetConfig, "evm">>;
  readonly readings?: Optional<Pick<ReadingsConfig, "from" | "homes">> & Omit<ReadingsConfig, "from" | "homes">;
  readonly homeList?: readonly (Optional<Pick<PlannedHome, "kwp" | "batteryKwh">> & Pick<PlannedHome, "name" | "kind">)[];
}

export function streetOf(file: StreetFile, check: CrossCheck): StreetConfig {
  check.instant(["start"], file.start);
  if (file.readings?.from !== undefined) check.instant(["readings", "from"], file.readings.from);
  if (file.readings?.split === true && file.intervalMinutes === undefined)
    check.conflict(["readings", "split"], "needs intervalMinutes", "say with intervalMinutes into what length to split");
  if (file.readings !== undefined && file.homeList !== undefined)
    check.conflict(["homeList"], "doesn't go with readings", "keep one of them");
  refuseRepeatedNames(file, check);
  const { readings, homeList, chain, ...rest } = file;
  if (chain.rpc !== undefined && chain.evm !== undefined)
    check.conflict(["chain", "evm"], "is of a chain that the street starts, and chain.rpc of one outside", "leave one of the two out");
  return {
    ...rest,
    outside: outsideOf(chain, check),
    challengeSeconds: challengeSecondsOf(chain, check),
    rules: check.path(file.rules),
    data: check.path(file.data),
    homes: homeList?.length ?? file.homes,
    intervalMinutes: file.intervalMinutes ?? null,
    evm: chain.evm ?? null,
    readings:
      readings === undefined
        ? null
        : { ...readings, file: check.path(readings.file), from: readings.from ?? null, homes: readings.homes ?? null },
    homeList: homeList?.map((home) => ({ ...home, kwp: home.kwp ?? null, batteryKwh: home.batteryKwh ?? null })) ?? null,
  };
}

function refuseRepeatedNames(file: StreetFile, check: CrossCheck): void {
  const seen = new Set<string>();
  for (const [place, { name }] of (file.homeList ?? []).entries()) {
    if (seen.has(name)) check.conflict(["homeList", place, "name"], `"${name}" comes twice`, "give each home a name of its own");
    seen.add(name);
  }
}
