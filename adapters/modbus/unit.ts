import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { DeviceCode } from "../../src/ports/index.ts";
import type { Link } from "./link.ts";
import { NAMEPLATE, type Quantity, type Role, type Spot, spotsOf, TELEMETRY } from "./points.ts";
import { type Answers, planRequests, type Request, readAll } from "./requests.ts";
import { type Block, type Value, walkChain } from "./sunspec/index.ts";

interface Survey {
  readonly chain: readonly Block[];
  readonly spots: ReadonlyMap<Quantity, Spot>;
  readonly requests: readonly Request[];
}

export interface UnitReading {
  /** Counters keep their 0. */
  readonly values: ReadonlyMap<Quantity, Value>;
  /** Where counters start again that have such an end, in the unit of their value. */
  readonly wraps: ReadonlyMap<Quantity, number>;
}

type Failure = Result<never, DeviceCode> & { readonly ok: false };

/** One unit id of a device. Its chain is walked once, and again after it answered with other models than before. */
export class Unit {
  readonly id: number;
  private readonly link: Link;
  private readonly roles: readonly Role[];
  private known: Survey | null = null;
  private identity: string | null = null;

  constructor(link: Link, id: number, roles: readonly Role[]) {
    this.link = link;
    this.id = id;
    this.roles = roles;
  }

  /** What the roles of this unit say now. */
  async read(signal: AbortSignal): Promise<Result<UnitReading, DeviceCode>> {
    const survey = await this.survey(signal);
    if (!survey.ok) return survey;
    const { spots, requests } = survey.value;
    const answers = await readAll(this.link, this.id, requests, signal);
    const read = answers.ok || answers.code !== "DEVICE_EXCEPTION" ? answers : await this.readApart(survey.value, answers, signal);
    if (!read.ok) {
      if (read.code === "DEVICE_MALFORMED") this.known = null;
      return read;
    }
    const values = new Map([...spots].map(([quantity, spot]) => [quantity, read.value.value([spot], true)]));
    const wraps = new Map([...spots].flatMap(([quantity, spot]) => wrapOf(quantity, read.value.wrapsAt(spot))));
    return ok({ values, wraps });
  }

  /** The first of each nameplate point that isn't empty: some devices fill what they don't know with 0. */
  async nameplate(signal: AbortSignal): Promise<Result<Readonly<Record<keyof typeof NAMEPLATE, Value>>, DeviceCode>> {
    const survey = await this.survey(signal);
    if (!survey.ok) return survey;
    const entries = Object.entries(NAMEPLATE).map(([name, candidates]) => [name, spotsOf(candidates, survey.value.chain)] as const);
    const requests = planRequests(
      entries.flatMap(([, spots]) => spots),
      true,
    );
    const answers = await readAll(this.link, this.id, requests, signal);
    if (!answers.ok) return answers;
    return ok(
      Object.fromEntries(entries.map(([name, spots]) => [name, firstOf(answers.value, spots)])) as Record<keyof typeof NAMEPLATE, Value>,
    );
  }

  /** The first block of one of these models; null when the unit has none. */
  async block(models: readonly number[], signal: AbortSignal): Promise<Result<Block | null, DeviceCode>> {
    const survey = await this.survey(signal);
    return survey.ok ? ok(survey.value.chain.find(({ id }) => models.includes(id)) ?? null) : survey;
  }

  /** Between two blocks there may be a hole that no request may touch; where that helps, each block is read for itself from then on. */
  private async readApart(survey: Survey, failed: Failure, signal: AbortSignal): Promise<Result<Answers, DeviceCode>> {
    const requests = planRequests([...survey.spots.values()], true);
    if (requests.length === survey.requests.length) return failed;
    const answers = await readAll(this.link, this.id, requests, signal);
    if (answers.ok) this.known = { ...survey, requests };
    return answers;
  }

  private async survey(signal: AbortSignal): Promise<Result<Survey, DeviceCode>> {
    if (this.known !== null) return ok(this.known);
    const chain = await walkChain((address, count) => this.link.read(this.id, address, count, signal));
    if (!chain.ok) return chain;
    const { blocks } = chain.value;
    const identity = await this.identify(blocks, signal);
    if (!identity.ok) return identity;
    this.identity ??= identity.value;
    if (this.identity !== identity.value) {
      return fail("DEVICE_IMPLAUSIBLE", `unit ${this.id} is ${identity.value}, was ${this.identity}: restart to accept another device`);
    }
    const spots = new Map<Quantity, Spot>();
    for (const role of this.roles) {
      for (const [quantity, candidates] of Object.entries(TELEMETRY[role])) {
        const [spot] = spotsOf(candidates, blocks);
        if (spot !== undefined) spots.set(quantity as Quantity, spot);
      }
    }
    this.known = { chain: blocks, spots, requests: planRequests([...spots.values()], false) };
    return ok(this.known);
  }

  private async identify(chain: readonly Block[], signal: AbortSignal): Promise<Result<string, DeviceCode>> {
    const spots = [NAMEPLATE.manufacturer, NAMEPLATE.model, NAMEPLATE.serial].map((candidates) => spotsOf(candidates, chain));
    const answers = await readAll(this.link, this.id, planRequests(spots.flat(), true), signal);
    return answers.ok ? ok(spots.map((each) => answers.value.value(each) ?? "?").join(" ")) : answers;
  }
}

const wrapOf = (quantity: Quantity, at: number | null): readonly (readonly [Quantity, number])[] => (at === null ? [] : [[quantity, at]]);

const firstOf = (answers: Answers, spots: readonly Spot[]): Value =>
  spots.map((spot) => answers.value([spot])).find((value) => value !== null && value !== 0) ?? null;
