import { period } from "../../../engine/kernel/index.ts";
import type { ApiError } from "../errors.ts";
import type {
  AgentRequest,
  ChangeAnswer,
  DepositRequest,
  HealthFacts,
  HomeAnswer,
  HomeRequest,
  LeaveRequest,
  MoneyAnswer,
  RedirectionRequest,
  StreetCard,
  WithdrawalNowRequest,
  WithdrawalRequest,
} from "../queries.ts";
import type { IntervalView } from "../state.ts";
import type { EvidenceView } from "../state-evidence.ts";
import { count, described, instant, list, mirrors, nullable, number, object, oneOf, text, truth, withOptional } from "./shape.ts";
import { certificate, clearing, settlement, signedKind } from "./street-state.ts";

const address = text({ pattern: "^0x[0-9a-fA-F]{40}$" });
const hash = text({ pattern: "^0x[0-9a-fA-F]{64}$" });

/** What a request may bring and what an answer holds, besides the street itself. */
export const errorAnswer = described(mirrors<ApiError>()(object({ code: text(), message: text() })), "code is public and never renamed");

/** The start of a delivery interval, always to the minute. */
export const intervalParams = object({ interval: text({ pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:00Z$" }) });

export const intervalView = mirrors<IntervalView>()(
  object({ interval: instant, clearing: nullable(clearing), certificate: nullable(certificate), settlement: nullable(settlement) }),
);

/** Bytes, as small hex digits. */
const hex = text({ pattern: "^0x([0-9a-f]{2})*$" });
const signedMessage = object({
  digest: described(hash, "EIP-712, in the domain that the street's card tells"),
  signature: hex,
  message: described(hex, "as peers send it: config/schema/commonwatt.proto"),
});

export const evidenceView = mirrors<EvidenceView>()(
  object({
    id: hash,
    home: count,
    name: text(),
    kind: signedKind,
    interval: instant,
    heardAt: described(nullable(instant), "null: before this program started"),
    keys: described(list(address), "that ever signed for the home"),
    first: signedMessage,
    second: signedMessage,
  }),
);

/** What `GET /api/evidence` answers. */
export const evidenceAnswer = list(evidenceView);

export interface HealthAnswer extends Omit<HealthFacts, "healthy"> {
  readonly status: "ok" | "degraded";
  readonly version: string;
}

export const healthAnswer = mirrors<HealthAnswer>()(
  object({
    status: oneOf("ok", "degraded"),
    version: text(),
    problems: list(text()),
    startedAt: instant,
    lastReadingAt: nullable(instant),
    lastCertificateAt: nullable(instant),
    lastBatchAt: nullable(instant),
    homesOnline: count,
    homes: count,
  }),
);

/** As the rules' file has it: a name is shown on every neighbour's page. */
const nodeName = text({ pattern: "^[a-z0-9][a-z0-9-]{0,39}$" });
const MOST_NODES = 1024;

const node = object({
  id: nodeName,
  parent: nullable(text()),
  importCapacity: nullable(number),
  exportCapacity: nullable(number),
  fee: number,
  lossPpm: number,
});

/** Numbers and names of these are checked by the engine's door. */
const choices = {
  network: object({ nodes: list(node, MOST_NODES), homes: list(object({ home: number, node: text() }), MOST_NODES) }),
  mechanism: oneOf(
    "k-double-auction",
    "pay-as-bid",
    "mcafee",
    "vcg",
    "huang",
    "muda",
    "mid-market-rate",
    "supply-demand-ratio",
    "bill-sharing",
  ),
  rationing: oneOf("pro-rata", "price-time", "max-min"),
  surplusTo: oneOf("supplier", "grid", "community"),
  communityPercent: number,
  orders: oneOf("sealed", "open"),
  withheldCharge: number,
};

const said = object({
  market: text(),
  currency: text(),
  intervalMinutes: count,
  gateLeadSeconds: count,
  openIntervals: count,
  periodIntervals: count,
  tick: count,
  maxPrice: count,
  maxOrderWh: count,
  maxOrdersPerHome: count,
  kPermille: count,
  residual: object({ importPrice: count, exportPrice: count }),
});

const rules = withOptional(said, choices);

const sequencer = object({ operator: address, trading: oneOf("continuous", "rounds"), roundSeconds: count });

/** Rules of a market that a venue runs. */
export const venueRules = withOptional(said, { ...choices, sequencer });

export const streetCard = mirrors<StreetCard>()(
  withOptional(
    object({
      name: text(),
      rules,
      rulesHash: hash,
      chain: withOptional(object({ id: count, rpc: text(), vault: address }), { community: address }),
      peers: list(text()),
      firstInterval: count,
      clock: nullable(object({ streetMs: number, wallMs: number, speed: number })),
    }),
    { isPrivate: truth, observers: list(text()) },
  ),
);

export const homeRequest = mirrors<HomeRequest>()(
  object({
    // Nothing that can't be seen: a name is shown on every neighbour's page.
    name: text({ minLength: 1, maxLength: 64, pattern: "^[^\\p{C}\\p{Zl}\\p{Zp}]+$" }),
    agent: address,
    owner: address,
    invitation: text({ minLength: 1, maxLength: 512 }),
  }),
);

export const homeAnswer = mirrors<HomeAnswer>()(
  withOptional(object({ home: count }), { networkKey: text({ pattern: "^[\\w-]{43}$" }), from: text() }),
);

const ownerSignature = text({ pattern: "^0x[0-9a-f]{130}$" });
const change = object({ home: count, from: text() });
export const agentRequest = mirrors<AgentRequest>()(object({ agent: address, since: count, signature: ownerSignature }));
export const leaveRequest = mirrors<LeaveRequest>()(object({ until: count, signature: ownerSignature }));
export const changeAnswer = mirrors<ChangeAnswer>()(change);
const micro = described({ ...count, minimum: 100, multipleOf: 100 }, "micro-currency, in hundreds");
const depositFields = { micro, deadline: count, signature: ownerSignature };
export const depositRequest = mirrors<DepositRequest>()(object(depositFields));
const feeMicro = { ...count, multipleOf: 100 };
export const withdrawalRequest = mirrors<WithdrawalRequest>()(object({ ...depositFields, to: address, feeMicro }));
export const redirectionRequest = mirrors<RedirectionRequest>()(object({ to: address, deadline: count, signature: ownerSignature }));
export const withdrawalNowRequest = mirrors<WithdrawalNowRequest>()(
  object({
    ...depositFields,
    to: address,
    nonce: count,
    period: described({ ...count, maximum: period.max }, "that the vault settles next"),
  }),
);
export const moneyAnswer = mirrors<MoneyAnswer>()(object({ home: count, transaction: nullable(hash) }));
export const homeParams = object({ home: text({ pattern: "^\\d{1,5}$" }) });

export const liveMessage = described(
  object({ kind: oneOf("state", "beat") }),
  'Each message is JSON: {"kind":"state","state":StreetState} at the start and after changes, {"kind":"beat"} when there is nothing to tell.',
);

export const metricsText = described(text(), "Prometheus text format");
export const openapiAnswer = { ...object({ openapi: text() }), additionalProperties: true, description: "this document" };
