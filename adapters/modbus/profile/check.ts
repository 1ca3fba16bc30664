import { placesOf } from "../sunspec/index.ts";
import { referenceOf } from "./chains.ts";
import { spanOf } from "./plan.ts";
import {
  addressesOf,
  isAny,
  isRegister,
  isSunspec,
  leavesOf,
  listed,
  operandsOf,
  type Place,
  type Point,
  type Profile,
  type ProfileCommand,
  type RegisterPoint,
  type Step,
} from "./profile.ts";
import { boundsOf } from "./value.ts";

/** What is wrong with a profile that its schema can't see, and where. */
export interface ProfileProblem {
  readonly path: readonly (string | number)[];
  readonly what: string;
}

const KINDS = ["at", "sunspec", "sum", "product", "signByBit", "positive", "band"];
const LAST_ADDRESS = 65_535;
/** The schema holds texts to be one of these. */
const TEXTS = new Set(["text", "time-bytes", "time-words"]);

/** Everything in it refers to something that is there; each number has bounds; each command has a way back. */
export function checkProfile(profile: Profile): readonly ProfileProblem[] {
  return [
    ...Object.entries(profile.points).flatMap(([name, point]) => checkPoint(profile, name, point)),
    ...profile.match.flatMap((match, i) =>
      isRegister(match) ? checkRegister(profile, ["match", i], match) : checkReference(["match", i], match.sunspec),
    ),
    ...Object.entries(profile.commands).flatMap(([name, command]) => checkCommand(profile, ["commands", name], command)),
  ];
}

type Path = readonly (string | number)[];

function checkPoint(profile: Profile, name: string, point: Point): readonly ProfileProblem[] {
  const path = ["points", name];
  const found: ProfileProblem[] = [];
  for (const leaf of leavesOf(point)) {
    const kinds = KINDS.filter((kind) => kind in leaf);
    if (kinds.length !== 1)
      found.push({ path, what: `is one of ${KINDS.join(", ")} or any, and not ${kinds.length === 0 ? "none" : kinds.join(" and ")}` });
    for (const operand of operandsOf(leaf))
      if (profile.points[operand] === undefined) found.push({ path, what: `looks at "${operand}", which is no point of this profile` });
    if (isRegister(leaf)) found.push(...checkRegister(profile, path, leaf));
    else if (isSunspec(leaf)) found.push(...checkReference(path, leaf.sunspec));
    else if (leaf.band !== undefined && leaf.band.gives.length !== leaf.band.edges.length + 1)
      found.push({ path, what: "needs one band more than edges" });
  }
  if (leadsTo(profile, point, name, new Set())) found.push({ path, what: "is reckoned from itself" });
  const unit = point.unit ?? [...leavesOf(point)].find((leaf) => leaf.unit !== undefined)?.unit;
  if (unit !== undefined && boundsOf({ ...point, unit }, profile) === null)
    found.push({ path, what: `has no bounds: tell its own ("in"), or those of the unit ${unit} ("bounds")` });
  if (name === "pv.power" && (boundsOf({ ...point, unit: "W" }, profile)?.[0] ?? -1) < 0)
    found.push({ path, what: "may be below 0: panels give, and take nothing" });
  if (isAny(point) && point.any.length < 2) found.push({ path, what: "has one alternative, which is none" });
  return found;
}

function checkRegister(profile: Profile, path: Path, point: RegisterPoint): readonly ProfileProblem[] {
  const found: ProfileProblem[] = [];
  const { first, last } = spanOf(point);
  if (last > LAST_ADDRESS) found.push({ path, what: `reaches beyond the last register (${last})` });
  if (last - first >= profile.link.maxRegisters)
    found.push({ path, what: `reaches over ${last - first + 1} registers, and one request holds ${profile.link.maxRegisters}` });
  if (typeof point.at !== "number" && addressesOf(point).length !== addressesOf({ ...point, at: 0 }).length)
    found.push({ path, what: `lists ${point.at.length} registers for a ${point.type}` });
  if (point.type === "text" && point.size === undefined) found.push({ path, what: "needs the size of its text, in registers" });
  if (point.of !== undefined && profile.link.units[point.of] === undefined)
    found.push({ path, what: `is of "${point.of}", which has no unit id` });
  for (const names of [point.names, point.bits])
    if (names !== undefined && profile.names[names] === undefined)
      found.push({ path, what: `takes its names from "${names}", which isn't there` });
  if (point.gain === 0) found.push({ path, what: "has a gain of 0" });
  if (TEXTS.has(point.type) && (point.unit ?? point.gain) !== undefined)
    found.push({ path, what: "is no number, and has a unit or a gain" });
  return found;
}

function checkReference(path: Path, written: string | readonly string[]): readonly ProfileProblem[] {
  return listed(written).flatMap((each) => {
    const reference = referenceOf(each);
    if (reference === null) return [{ path, what: `"${each}" is no SunSpec point, such as 203:W` }];
    // Points of repeated groups are found by their last part.
    const name = reference.point.replace(/^.*_\d+_/, "");
    const isKnown = reference.point === name ? placesOf(reference.model).has(name) : placesOf(reference.model).size > 0;
    return isKnown ? [] : [{ path, what: `"${each}": the published models have no such point` }];
  });
}

function leadsTo(profile: Profile, point: Point, name: string, seen: Set<string>): boolean {
  for (const leaf of leavesOf(point)) {
    for (const operand of operandsOf(leaf)) {
      if (operand === name) return true;
      const next = profile.points[operand];
      if (next === undefined || seen.has(operand)) continue;
      seen.add(operand);
      if (leadsTo(profile, next, name, seen)) return true;
    }
  }
  return false;
}

function checkCommand(profile: Profile, path: Path, { lease, steps, verify, undo }: ProfileCommand): readonly ProfileProblem[] {
  const found: ProfileProblem[] = [];
  if (undo.length === 0 && lease.kind === "none")
    found.push({ path, what: "has no undo and no lease: the device would stay as it was told" });
  if (undo.length === 0 && lease.kind !== "silence" && lease.kind !== "none") found.push({ path, what: "has no undo" });
  if (steps.every(({ from }) => from === undefined) && steps.every(({ value }) => value === undefined))
    found.push({ path, what: "writes nothing" });
  for (const step of [...steps, ...undo]) found.push(...checkStep(profile, path, step));
  if (!verify.some((each) => "observe" in each)) found.push({ path, what: "can't be seen to work: observe the battery's power" });
  for (const each of verify) {
    if ("observe" in each && profile.points[each.observe] === undefined)
      found.push({ path, what: `observes "${each.observe}", which is no point` });
    if ("read" in each) found.push(...checkPlace(path, each.read));
  }
  if (lease.kind === "timer" || lease.kind === "heartbeat") found.push(...checkPlace(path, lease.write));
  return found;
}

function checkStep(profile: Profile, path: Path, step: Step): readonly ProfileProblem[] {
  const found: ProfileProblem[] = [...checkPlace(path, step.write)];
  if ((step.value === undefined) === (step.from === undefined))
    found.push({ path, what: `writes ${step.write} with neither or both of "value" and "from"` });
  if (step.from !== undefined && step.clamp === undefined) found.push({ path, what: `writes a power to ${step.write} without a clamp` });
  const names = [...(step.clamp ?? []), step.percentOf].filter((each) => typeof each === "string");
  for (const name of names) if (profile.points[name] === undefined) found.push({ path, what: `clamps by "${name}", which is no point` });
  return found;
}

const checkPlace = (path: Path, place: Place): readonly ProfileProblem[] => (typeof place === "string" ? checkReference(path, place) : []);
