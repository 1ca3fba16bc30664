import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { encodeBytes32String } from "ethers";
import fc from "fast-check";
import { addressOf, TestChain } from "../../support/test-chain.ts";
import { DELAY, FIRST_RULES, GRACE, rules, TestCommunity, type TestRules, VOTING } from "../../support/test-community.ts";
import { agentOf, OPERATOR, ownerOf, STRANGER, TestVault } from "../../support/test-vault.ts";

/** The first four certify, and stay. */
const HOMES = 7;
const VALIDATORS = 4;
const FIRST_NEXT = 48_096;

type Step =
  | { readonly kind: "move"; readonly home: number; readonly ahead: number }
  | { readonly kind: "vote"; readonly motion: number; readonly home: number; readonly yes: boolean }
  | { readonly kind: "execute"; readonly motion: number }
  | { readonly kind: "count"; readonly motion: number; readonly most: number }
  | { readonly kind: "join"; readonly ahead: number }
  | { readonly kind: "leave"; readonly home: number }
  | { readonly kind: "settle" }
  | { readonly kind: "pass"; readonly seconds: number };

interface ModelMotion {
  readonly rules: TestRules;
  readonly home: number;
  /** Who may vote, as sets and not as the contract counts. */
  readonly members: ReadonlySet<number>;
  readonly closesAt: number;
  readonly yes: Set<number>;
  readonly no: Set<number>;
  isExecuted: boolean;
}

interface Model {
  next: number;
  readonly homes: { readonly since: number; until: number }[];
  readonly motions: ModelMotion[];
  /** In the order of their decision. */
  readonly decided: TestRules[];
}

const home = fc.nat({ max: HOMES + 1 });
const motion = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.constant(1) }, fc.constant(2));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("move" as const), home, ahead: fc.constantFrom(0, 1, 90, 100, 3_000) }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("vote" as const), motion, home, yes: fc.constantFrom(true, true, true, false) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("execute" as const), motion }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("count" as const), motion, most: fc.nat({ max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("join" as const), ahead: fc.constantFrom(-48_000, 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), home: fc.integer({ min: VALIDATORS, max: HOMES + 1 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "settle" as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), seconds: fc.constantFrom(600, VOTING + 50, DELAY, GRACE) }) },
);
/** A motion that is voted on and waits; what else happens comes between. */
const life = fc
  .tuple(
    fc.array(step, { minLength: 2, maxLength: 8 }),
    fc.subarray(Array.from({ length: HOMES }, (_, home) => home)),
    fc.array(step, { maxLength: 4 }),
    fc.constantFrom(90, 3_000),
  )
  .map(([voting, yes, waiting, ahead]): readonly Step[] => [
    { kind: "move", home: 0, ahead },
    ...voting.slice(0, 3),
    ...yes.map((home): Step => ({ kind: "vote", motion: 0, home, yes: true })),
    ...voting.slice(3),
    { kind: "pass", seconds: VOTING },
    ...waiting,
    { kind: "pass", seconds: DELAY - 2_000 },
    { kind: "execute", motion: 0 },
    { kind: "pass", seconds: 2_000 },
    { kind: "execute", motion: 0 },
  ]);

let chain: TestChain;
let street: TestVault;
let community: TestCommunity;

beforeAll(async () => {
  chain = await TestChain.start(60);
  street = await TestVault.deploy(chain, { homes: HOMES, validators: VALIDATORS });
  community = await TestCommunity.deploy(street);
  expect(await street.settle(await street.batch([]))).toBe("ok");
  await chain.save();
});
afterAll(() => chain.stop());

const membersNow = ({ homes, next }: Model): ReadonlySet<number> =>
  new Set(homes.flatMap(({ since, until }, id) => (since <= next && next < until ? [id] : [])));

/** What the contract must say at this time. */
function expected(model: Model, step: Step, now: number): string {
  switch (step.kind) {
    case "move":
      return moving(model, step, now);
    case "vote":
      return voting(model, step, now);
    case "execute":
      return executing(model, step.motion, now);
    case "count":
      return step.motion < model.motions.length ? "ok" : `UnknownMotion(${step.motion})`;
    case "leave":
      return step.home < model.homes.length ? "ok" : `UnknownAccount(${step.home})`;
    default:
      return "ok";
  }
}

function tooEarly({ next, decided }: Model, since: number): string | null {
  const earliest = Math.max(next + 1, decided.at(-1)!.since);
  return since < earliest ? `TooEarly(${since}, ${earliest})` : null;
}

function moving(model: Model, { home, ahead }: Step & { kind: "move" }, now: number): string {
  if (!membersNow(model).has(home)) return `NotMember(${home})`;
  const last = model.motions.findLastIndex((each) => each.home === home);
  if (last >= 0 && now < model.motions[last]!.closesAt) return `MotionOpen(${last})`;
  return tooEarly(model, model.next + ahead) ?? "ok";
}

function voting({ motions }: Model, { motion, home }: Step & { kind: "vote" }, now: number): string {
  const each = motions[motion];
  if (each === undefined) return `UnknownMotion(${motion})`;
  if (now >= each.closesAt) return `VotingClosed(${each.closesAt})`;
  if (!each.members.has(home)) return `NotMember(${home})`;
  return each.yes.has(home) || each.no.has(home) ? `AlreadyVoted(${home})` : "ok";
}

function executing(model: Model, motion: number, now: number): string {
  const each = model.motions[motion];
  if (each === undefined) return `UnknownMotion(${motion})`;
  if (each.isExecuted) return "AlreadyExecuted()";
  if (now < each.closesAt) return `VotingOpen(${each.closesAt})`;
  // More than half of all who might have voted.
  if (2 * each.yes.size <= each.members.size) return `NotCarried(${each.yes.size}, ${Math.floor(each.members.size / 2) + 1})`;
  if (now < each.closesAt + DELAY) return `TimelockRunning(${each.closesAt + DELAY})`;
  if (now >= each.closesAt + DELAY + GRACE) return `MotionLapsed(${each.closesAt + DELAY + GRACE})`;
  return tooEarly(model, each.rules.since) ?? "ok";
}

/** Does the step; `at` is when the contract did it. */
async function run(model: Model, step: Step): Promise<string> {
  switch (step.kind) {
    case "move":
      return community.move(step.home, rules(model.motions.length + 1, model.next + step.ahead));
    case "vote":
      return community.vote(step.motion, step.home, step.yes);
    case "execute":
      return community.execute(step.motion);
    case "count":
      return community.send(STRANGER, "count", step.motion, step.most);
    case "join":
      return join(model, step.ahead);
    case "leave":
      return street.send(OPERATOR, "leaveStreet", step.home, model.next + 1).then((said) => (said.startsWith("AlreadyLeft") ? "ok" : said));
    case "settle":
      return street.settle(await street.batch([]));
    case "pass":
      await chain.pass(step.seconds);
      return "ok";
  }
}

function join({ homes, next }: Model, ahead: number): Promise<string> {
  const id = homes.length;
  const [owner, agent] = [ownerOf(id), agentOf(id)].map(addressOf);
  return street.send(OPERATOR, "register", owner, agent, encodeBytes32String("home"), next + ahead);
}

async function follow(model: Model, step: Step): Promise<void> {
  if (step.kind === "vote") model.motions[step.motion]![step.yes ? "yes" : "no"].add(step.home);
  if (step.kind === "settle") model.next += 96;
  if (step.kind === "join") model.homes.push({ since: model.next + step.ahead, until: Number.POSITIVE_INFINITY });
  if (step.kind === "leave") model.homes[step.home]!.until = Math.min(model.homes[step.home]!.until, model.next + 1);
  if (step.kind === "execute") {
    const each = model.motions[step.motion]!;
    each.isExecuted = true;
    model.decided.push(each.rules);
  }
  if (step.kind !== "move") return;
  const { closesAt } = (await community.view("motionOf", model.motions.length)) as { closesAt: bigint };
  model.motions.push({
    rules: rules(model.motions.length + 1, model.next + step.ahead),
    home: step.home,
    members: membersNow(model),
    closesAt: Number(closesAt),
    yes: new Set(),
    no: new Set(),
    isExecuted: false,
  });
}

/** Seconds within which a step's block may come. */
const SLACK = 30;

test("whatever homes, neighbours and time do, the contract does what sets and clocks say, and what is settled keeps its rules", async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(life, async (steps) => {
      await chain.restore();
      const homes = Array.from({ length: HOMES }, (_, since) => ({ since, until: Number.POSITIVE_INFINITY }));
      const model: Model = { next: FIRST_NEXT, homes, motions: [], decided: [FIRST_RULES] };
      const settled: [interval: number, hash: string][] = [];
      for (const step of steps) {
        const before = await chain.now();
        const said = await run(model, step);
        expect([expected(model, step, before), expected(model, step, before + SLACK)]).toContain(said);
        const name = `${step.kind} ${said.replace(/\(.*/, "")}`;
        seen.set(name, (seen.get(name) ?? 0) + 1);
        if (said === "ok") await follow(model, step);
        settled.push([model.next, (await community.hashesAt(model.next))[0]!]);
      }
      // What was settled next at any time has the rules that it had then.
      expect(await community.hashesAt(...settled.map(([interval]) => interval))).toEqual(settled.map(([, hash]) => hash));
      for (const [at, each] of model.motions.entries())
        expect(await community.motion(at)).toMatchObject({ yes: each.yes.size, no: each.no.size, isExecuted: each.isExecuted });
      const latest = (interval: number): string => model.decided.findLast(({ since }) => since <= interval)!.hash;
      const probes = model.decided.flatMap(({ since }) => [since - 1, since]).filter((interval) => interval >= FIRST_RULES.since);
      expect(await community.hashesAt(...probes)).toEqual(probes.map(latest));
    }),
    { numRuns: 50 },
  );
  // The generator must reach what the law is about.
  for (const name of ["execute ok", "execute NotCarried", "execute TimelockRunning", "vote AlreadyVoted", "vote NotMember", "vote ok"])
    expect([name, (seen.get(name) ?? 0) > 0]).toEqual([name, true]);
}, 180_000);
