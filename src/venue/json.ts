import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { type Address, type Digest, fail, fromHex, ok, type Result, toHex } from "../../engine/kernel/index.ts";
import type {
  SignedEvent,
  SignedRequest,
  SignedVenueOrder,
  VenueDigests,
  VenueEvent,
  VenueInput,
  VenueOutcome,
  VenueRequest,
} from "../../engine/messages/index.ts";
import { venueEvent, venueRequest } from "./schema.ts";

/** A request or an event as JSON: energy and prices named as they are signed, bytes as hex. */
export type Json = Readonly<Record<string, unknown>>;

export type JsonCode = "REQUEST_INVALID" | "EVENT_MALFORMED";

const ajv = new Ajv({ strict: false, discriminator: true });
const isRequest = ajv.compile<RequestJson>(venueRequest);
const isEvent = ajv.compile<EventJson>(venueEvent);

/** A request from outside; its digest is computed here. */
export function requestOf(json: unknown, digests: VenueDigests): Result<SignedRequest, JsonCode> {
  return isRequest(json) ? ok(requestIn(json, digests)) : fail("REQUEST_INVALID", troubleOf(isRequest));
}

/** An event from a log; a digest beside it that isn't its own is refused. */
export function eventOf(json: unknown, digests: VenueDigests): Result<SignedEvent, JsonCode> {
  if (!isEvent(json)) return fail("EVENT_MALFORMED", troubleOf(isEvent));
  const body: VenueEvent = {
    number: json.number,
    time: json.timeMs,
    previous: json.previous as Digest,
    input: inputIn(json.input, digests),
    outcome: outcomeIn(json.outcome),
  };
  const id = digests.event(body);
  return id === json.id
    ? ok({ body, id, signature: fromHex(json.signature) })
    : fail("EVENT_MALFORMED", "id is not the digest of this event");
}

/** An input from our own journal: the schema has held when it was written. */
export const inputOf = (json: unknown, digests: VenueDigests): VenueInput => inputIn(json as InputJson, digests);

export const eventJson = ({ body, id, signature }: SignedEvent): Json => ({
  number: body.number,
  timeMs: body.time,
  previous: body.previous,
  input: inputJson(body.input),
  outcome: outcomeJson(body.outcome),
  id,
  signature: toHex(signature),
});

export function requestJson({ body, signature }: SignedRequest): Json {
  const signed = { signature: toHex(signature) };
  if (body.kind === "cancel") return { ...body, ...signed };
  const { energy, limit, ...rest } = body;
  return { ...rest, energyWh: energy, limitMicroPerKwh: limit, ...signed };
}

export function inputJson(input: VenueInput): Json {
  switch (input.kind) {
    case "request":
      return { kind: input.kind, request: requestJson(input.request) };
    case "opening": {
      const { day, resting, homes } = input.opening;
      const rests = resting.map(({ order, agent, energy, limit }) => ({
        order: requestJson(order),
        agent,
        energyWh: energy,
        limitMicroPerKwh: limit,
      }));
      return { kind: input.kind, day, resting: rests, homes };
    }
    default:
      return input;
  }
}

const outcomeJson = ({ left, fills, ended, ...rest }: VenueOutcome): Json => ({
  ...rest,
  leftWh: left,
  fills: fills.map(({ order, energy, price }) => ({ order, energyWh: energy, priceMicroPerKwh: price })),
  ended: ended.map(({ order, energy }) => ({ order, energyWh: energy })),
});

type Hex = string;
interface RequestJson {
  readonly kind: VenueRequest["kind"];
  readonly signature: Hex;
  readonly energyWh?: number;
  readonly limitMicroPerKwh?: number;
}

interface EventJson {
  readonly number: number;
  readonly timeMs: number;
  readonly previous: Hex;
  readonly input: InputJson;
  readonly outcome: OutcomeJson;
  readonly id: Hex;
  readonly signature: Hex;
}

type InputJson =
  | { readonly kind: "request"; readonly request: RequestJson }
  | { readonly kind: "round" | "gate"; readonly interval: number }
  | { readonly kind: "opening"; readonly day: number; readonly resting: readonly RestingJson[]; readonly homes: readonly Json[] };

interface RestingJson {
  readonly order: RequestJson;
  readonly agent: Hex;
  readonly energyWh: number;
  readonly limitMicroPerKwh: number;
}

interface OutcomeJson {
  readonly refusal: string | null;
  readonly fate: string;
  readonly leftWh: number;
  readonly fills: readonly { readonly order: Hex; readonly energyWh: number; readonly priceMicroPerKwh: number }[];
  readonly ended: readonly { readonly order: Hex; readonly energyWh: number }[];
}

/** The schema has held: what is left is naming. */
function requestIn({ signature, energyWh, limitMicroPerKwh, ...rest }: RequestJson, digests: VenueDigests): SignedRequest {
  const terms = energyWh === undefined ? {} : { energy: energyWh, limit: limitMicroPerKwh };
  const body = { ...rest, ...terms } as unknown as VenueRequest;
  return { body, id: digests.request(body), signature: fromHex(signature) };
}

function inputIn(json: InputJson, digests: VenueDigests): VenueInput {
  switch (json.kind) {
    case "request":
      return { kind: json.kind, request: requestIn(json.request, digests) };
    case "opening": {
      const resting = json.resting.map(({ order, agent, energyWh, limitMicroPerKwh }) => ({
        order: requestIn(order, digests) as SignedVenueOrder,
        agent: agent as Address,
        energy: energyWh,
        limit: limitMicroPerKwh,
      }));
      return { kind: json.kind, opening: { day: json.day, resting, homes: json.homes } } as unknown as VenueInput;
    }
    default:
      return json as VenueInput;
  }
}

const outcomeIn = ({ leftWh, fills, ended, ...rest }: OutcomeJson): VenueOutcome =>
  ({
    ...rest,
    left: leftWh,
    fills: fills.map(({ order, energyWh, priceMicroPerKwh }) => ({ order, energy: energyWh, price: priceMicroPerKwh })),
    ended: ended.map(({ order, energyWh }) => ({ order, energy: energyWh })),
  }) as unknown as VenueOutcome;

/** The first thing that is wrong, and where. */
function troubleOf({ errors }: ValidateFunction): string {
  const [error] = (errors ?? []) as readonly ErrorObject[];
  if (error === undefined) return "it doesn't fit the schema";
  const extra = error.keyword === "additionalProperties" ? ` (${String(error.params.additionalProperty)})` : "";
  return `${error.instancePath === "" ? "it" : error.instancePath.slice(1).replaceAll("/", ".")} ${error.message ?? "is wrong"}${extra}`;
}
