import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { DeviceCode, MeterOrigin } from "../../src/ports/index.ts";
import type { Link } from "./link.ts";
import { NAMEPLATE, type Quantity, type Role, type Spot, spotsOf, TELEMETRY } from "./points.ts";
import { rawRegisters } from "./raw.ts";
import { type Answers, MANNERS, type Manner, planRequests, type Reader, type Request, readAll } from "./requests.ts";
import { type Block, BlockReader, isAbsence, type ReadRegisters, type Value, walkChain } from "./sunspec/index.ts";

interface Survey {
  readonly chain: readonly Block[];
  readonly spots: ReadonlyMap<Quantity, Spot>;
  readonly manner: Manner;
  readonly requests: readonly Request[];
}

export interface UnitReading {
  /** Counters keep their 0. */
  readonly values: ReadonlyMap<Quantity, Value>;
  /** Where counters start again that have such an end, in the unit of their value. */
  readonly wraps: ReadonlyMap<Quantity, number>;
  /** Who said it, and the registers. */
  readonly origin: Omit<MeterOrigin, "source">;
}

/** What is printed on a unit; "?": it doesn't say. */
type Identity = Pick<MeterOrigin, "manufacturer" | "model" | "serial">;

interface Asked {
  readonly answers: Answers;
  /** In which manner the device gave them. */
  readonly manner: Manner;
}

/** One unit id of a device. Its chain is walked once, and again after it answered with other models than before. */
export class Unit {
  readonly id: number;
  private readonly link: Pick<Link, "read">;
  private readonly roles: readonly Role[];
  private known: Survey | null = null;
  private identity: Identity | null = null;
  /** Registers that the device gives in one answer, as far as it has shown. */
  private atOnce: number | undefined;

  constructor(link: Pick<Link, "read">, id: number, roles: readonly Role[]) {
    this.link = link;
    this.id = id;
    this.roles = roles;
  }

  /** What the roles of this unit say now. */
  async read(signal: AbortSignal): Promise<Result<UnitReading, DeviceCode>> {
    const survey = await this.survey(signal);
    if (!survey.ok) return survey;
    const { spots, manner } = survey.value;
    const read = await this.ask([...spots.values()], signal, survey.value);
    if (!read.ok) {
      if (read.code === "DEVICE_MALFORMED") this.known = null;
      return read;
    }
    const { answers } = read.value;
    if (read.value.manner !== manner) this.known = { ...survey.value, ...planned([...spots.values()], read.value.manner) };
    const values = new Map([...spots].map(([quantity, spot]) => [quantity, answers.value([spot], true)]));
    const wraps = new Map([...spots].flatMap(([quantity, spot]) => wrapOf(quantity, answers.wrapsAt(spot))));
    const raw = answers.registers.flatMap(({ address, words }) => rawRegisters(this.id, address, words));
    return ok({ values, wraps, origin: { ...(this.identity ?? NOBODY), raw } });
  }

  /** The first of each nameplate point that isn't empty: some devices fill what they don't know with 0. */
  async nameplate(signal: AbortSignal): Promise<Result<Readonly<Record<keyof typeof NAMEPLATE, Value>>, DeviceCode>> {
    const survey = await this.survey(signal);
    if (!survey.ok) return survey;
    const entries = Object.entries(NAMEPLATE).map(([name, candidates]) => [name, spotsOf(candidates, survey.value.chain)] as const);
    const asked = await this.ask(
      entries.flatMap(([, spots]) => spots),
      signal,
    );
    if (!asked.ok) return asked;
    const { answers } = asked.value;
    return ok(Object.fromEntries(entries.map(([name, spots]) => [name, firstOf(answers, spots)])) as Record<keyof typeof NAMEPLATE, Value>);
  }

  /** The first block of one of these models; null when the unit has none. */
  async block(models: readonly number[], signal: AbortSignal): Promise<Result<Block | null, DeviceCode>> {
    const survey = await this.survey(signal);
    return survey.ok ? ok(survey.value.chain.find(({ id }) => models.includes(id)) ?? null) : survey;
  }

  /** Asks in one manner after the other until the device answers; only what isn't there, or is too much, is asked for otherwise. */
  private async ask(spots: readonly Spot[], signal: AbortSignal, plan = planned(spots, "apart")): Promise<Result<Asked, DeviceCode>> {
    const reader = this.reader(signal);
    const answers = await readAll(reader, plan.requests);
    this.atOnce = reader.blocks.atOnce;
    if (answers.ok) return ok({ answers: answers.value, manner: plan.manner });
    const next = MANNERS[MANNERS.indexOf(plan.manner) + 1];
    return next === undefined || !isAbsence(answers) ? answers : this.ask(spots, signal, planned(spots, next));
  }

  private reader(signal: AbortSignal): Reader {
    const registers: ReadRegisters = (address, count) => this.link.read(this.id, address, count, signal);
    return { unit: this.id, registers, blocks: new BlockReader(registers, this.atOnce) };
  }

  private async survey(signal: AbortSignal): Promise<Result<Survey, DeviceCode>> {
    if (this.known !== null) return ok(this.known);
    const chain = await walkChain(this.reader(signal).registers);
    if (!chain.ok) return chain;
    const { blocks } = chain.value;
    const identity = await this.identify(blocks, signal);
    if (!identity.ok) return identity;
    this.identity ??= identity.value;
    const [now, before] = [nameOf(identity.value), nameOf(this.identity)];
    if (now !== before) return fail("DEVICE_IMPLAUSIBLE", `unit ${this.id} is ${now}, was ${before}: restart to accept another device`);
    const spots = new Map<Quantity, Spot>();
    for (const role of this.roles) {
      for (const [quantity, candidates] of Object.entries(TELEMETRY[role])) {
        const [spot] = spotsOf(candidates, blocks);
        if (spot !== undefined) spots.set(quantity as Quantity, spot);
      }
    }
    this.known = { chain: blocks, spots, ...planned([...spots.values()], "together") };
    return ok(this.known);
  }

  private async identify(chain: readonly Block[], signal: AbortSignal): Promise<Result<Identity, DeviceCode>> {
    const spots = [NAMEPLATE.manufacturer, NAMEPLATE.model, NAMEPLATE.serial].map((candidates) => spotsOf(candidates, chain));
    const asked = await this.ask(spots.flat(), signal);
    if (!asked.ok) return asked;
    const [manufacturer = "?", model = "?", serial = "?"] = spots.map((each) => String(asked.value.answers.value(each) ?? "?"));
    return ok({ manufacturer, model, serial });
  }
}

const NOBODY: Identity = { manufacturer: "?", model: "?", serial: "?" };
const nameOf = ({ manufacturer, model, serial }: Identity): string => `${manufacturer} ${model} ${serial}`;

const planned = (spots: readonly Spot[], manner: Manner): Pick<Survey, "manner" | "requests"> => ({
  manner,
  requests: planRequests(spots, manner),
});

const wrapOf = (quantity: Quantity, at: number | null): readonly (readonly [Quantity, number])[] => (at === null ? [] : [[quantity, at]]);

const firstOf = (answers: Answers, spots: readonly Spot[]): Value =>
  spots.map((spot) => answers.value([spot])).find((value) => value !== null && value !== 0) ?? null;
