import { type CaptureFile, type Comparison, compareCapture, type Profile, type Verdict } from "../../../adapters/modbus/index.ts";
import { cannotStart } from "../exit.ts";
import { captureFrom } from "./capture.ts";
import type { DeviceCommand } from "./command.ts";
import { allProfiles, candidatesFor, profileNamed } from "./profile.ts";

interface Tested {
  readonly profile: Profile;
  readonly comparisons: readonly Comparison[];
}

/** Holds a capture's registers, read by a profile, to what its source states. Exit 1: they differ, or nothing could be held. */
export async function runTest({ target, profile: named, json }: DeviceCommand): Promise<number> {
  const capture = await captureFrom(target);
  const tested = named === null ? await tellingMost(capture, target) : await held(capture, await profileNamed(named));
  process.stdout.write(
    json === true ? `${JSON.stringify({ profile: tested.profile.id, values: tested.comparisons })}\n` : `${lines(tested).join("\n")}\n`,
  );
  return tested.comparisons.some(({ verdict }) => FAULTS.has(verdict)) || tested.comparisons.length === 0 ? 1 : 0;
}

const FAULTS: ReadonlySet<Verdict> = new Set(["differs", "unnamed"]);

async function held(capture: CaptureFile, profile: Profile): Promise<Tested> {
  const comparisons = await compareCapture(capture, profile);
  if (!comparisons.ok)
    throw cannotStart(comparisons.code, comparisons.detail, "is it a capture of such a device? Choose another profile with --profile ID");
  return { profile, comparisons: comparisons.value };
}

/** Of the profiles for its maker the one that has a name, and registers, for most of what is stated; never the one that agrees most. */
async function tellingMost(capture: CaptureFile, target: string): Promise<Tested> {
  const found: Tested[] = [];
  for (const profile of candidatesFor(capture, await allProfiles())) {
    const comparisons = await compareCapture(capture, profile);
    if (comparisons.ok) found.push({ profile, comparisons: comparisons.value });
  }
  const known = ({ comparisons }: Tested): number =>
    comparisons.filter(({ verdict }) => verdict !== "unnamed" && verdict !== "not in the capture").length;
  const [first, ...others] = found;
  if (first === undefined) throw cannotStart("PROFILE_UNKNOWN", `no profile fits ${target}`, "choose one with --profile ID");
  return others.reduce((best, each) => (known(each) > known(best) ? each : best), first);
}

const ORDER: readonly Verdict[] = [
  "differs",
  "unnamed",
  "states 0 for not implemented",
  "states what can't be",
  "not in the capture",
  "unknown model",
];
const MEANINGS: Readonly<Record<Verdict, string>> = {
  agrees: "as its source states",
  differs: "differ from what the source states",
  unnamed: "the profile has no point for",
  "states 0 for not implemented": "the source states 0 for what the register calls not implemented",
  "states what can't be": "the source states a number beyond what can be for",
  "not in the capture": "the capture lacks their registers",
  "unknown model": "of SunSpec models that we have no definition of",
};

function lines({ profile, comparisons }: Tested): readonly string[] {
  if (comparisons.length === 0) return [`${profile.id}: its source states no values`];
  const agreed = comparisons.filter(({ verdict }) => verdict === "agrees").length;
  const rest = ORDER.flatMap((verdict) => {
    const of = comparisons.filter((each) => each.verdict === verdict);
    if (of.length === 0) return [];
    return [
      `${of.length} ${MEANINGS[verdict]}${verdict === "differs" ? ":" : `: ${of.map(({ key }) => key).join(", ")}`}`,
      ...(verdict === "differs" ? of.map(differing) : []),
    ];
  });
  return [`${profile.id}: ${agreed} of ${comparisons.length} values ${MEANINGS.agrees}`, ...rest];
}

const differing = ({ key, stated, ours, source }: Comparison): string =>
  `  ${key}: stated ${JSON.stringify(stated)}, the registers say ${JSON.stringify(ours)} (${source})`;
