import type { Profile } from "../../../adapters/modbus/profile/index.ts";
import { ok } from "../../../engine/kernel/index.ts";
import type { MarketRules } from "../../../engine/messages/index.ts";
import type { Checked } from "../../ports/index.ts";
import { CrossCheck } from "./cross-check.ts";
import { profileOf } from "./device.ts";
import { type HomeConfig, type HomeFile, homeOf } from "./home.ts";
import { type MarketFile, marketOf } from "./market.ts";
import type { ConfigCode, ConfigProblem } from "./problems.ts";
import { type ConfigKind, holdAgainstSchema } from "./schema.ts";
import { type StreetConfig, type StreetFile, streetOf } from "./street.ts";
import { readText, WAYS_OUT } from "./text.ts";
import { type VenueConfig, type VenueFile, venueOf } from "./venue.ts";
import { readYaml, type Source } from "./yaml.ts";

export interface Configs {
  readonly market: MarketRules;
  readonly street: StreetConfig;
  readonly home: HomeConfig;
  readonly venue: VenueConfig;
  readonly device: Profile;
}

/** Reads a YAML file of a kind and refuses it with all its problems at once. */
export async function loadConfig<Kind extends ConfigKind>(path: string, kind: Kind): Promise<Checked<Configs[Kind], ConfigCode>> {
  const text = await readText(path);
  if (!text.ok)
    return failure(path, [
      { code: text.code, what: text.detail, ...(WAYS_OUT[text.code] === undefined ? {} : { wayOut: WAYS_OUT[text.code] }) },
    ]);
  return parseConfig(text.value, path, kind);
}

/** The same for a text; `path` is what problems name and what relative paths count from. */
export function parseConfig<Kind extends ConfigKind>(text: string, path: string, kind: Kind): Checked<Configs[Kind], ConfigCode> {
  const { source, problems } = readYaml(text);
  if (source === null) return failure(path, problems);
  const misfits = [...problems, ...holdAgainstSchema(kind, source)];
  if (misfits.length > 0) return failure(path, misfits);
  const check = new CrossCheck(source, path);
  const config = BUILD[kind](source, check);
  return config === null || check.problems.length > 0 ? failure(path, check.problems) : ok(config);
}

const BUILD: { readonly [Kind in ConfigKind]: (source: Source, check: CrossCheck) => Configs[Kind] | null } = {
  market: (source, check) => marketOf(source.value as MarketFile, check),
  street: (source, check) => streetOf(source.value as StreetFile, check),
  home: (source, check) => homeOf(source.value as HomeFile, check),
  venue: (source, check) => venueOf(source.value as VenueFile, check),
  device: (source, check) => profileOf(source.value as Profile, check),
};

const SHOWN = 40;

function failure(file: string, found: readonly ConfigProblem[]): Extract<Checked<never, ConfigCode>, { ok: false }> {
  const sorted = [...found].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const first = sorted[0]!;
  const detail = `${file}: ${first.key === undefined ? "" : `${first.key}: `}${first.what}${sorted.length > 1 ? ` (and ${sorted.length - 1} more)` : ""}`;
  return {
    ok: false,
    code: first.code,
    detail,
    problems: sorted.slice(0, SHOWN).map((problem) => ({ ...problem, file })),
    more: Math.max(0, sorted.length - SHOWN),
  };
}
