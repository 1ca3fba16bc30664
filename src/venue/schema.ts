/** JSON Schemas of what homes ask of a venue and of its events; fields have the names that are signed (EIP-712). */
const uint32 = { type: "integer", minimum: 0, maximum: 4_294_967_295 } as const;
const whole = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const home = { type: "integer", minimum: 0, maximum: 65_535 } as const;
const digest = { type: "string", pattern: "^0x[0-9a-f]{64}$" } as const;
const address = { type: "string", pattern: "^0x[0-9a-f]{40}$" } as const;
const signature = { type: "string", pattern: "^0x[0-9a-f]{130}$" } as const;
const side = { type: "string", enum: ["buy", "sell"] } as const;
const force = { type: "string", enum: ["good-till-gate", "immediate-or-cancel", "fill-or-kill"] } as const;

/** All fields are needed, and no other is there. */
const exactly = <Fields extends object>(properties: Fields) =>
  ({ type: "object", additionalProperties: false, required: Object.keys(properties), properties }) as const;
const listOf = (items: object) => ({ type: "array", items }) as const;
const kind = (name: string) => ({ type: "string", const: name }) as const;

const terms = { energyWh: uint32, limitMicroPerKwh: uint32 };
const order = exactly({ kind: kind("order"), home, interval: uint32, side, force, ...terms, seq: uint32, signature });

export const venueRequest = {
  type: "object",
  required: ["kind"],
  discriminator: { propertyName: "kind" },
  oneOf: [
    order,
    exactly({ kind: kind("amend"), home, order: digest, ...terms, seq: uint32, signature }),
    exactly({ kind: kind("cancel"), home, order: digest, seq: uint32, signature }),
  ],
} as const;

const opening = exactly({
  kind: kind("opening"),
  day: uint32,
  resting: listOf(exactly({ order, agent: address, ...terms })),
  homes: listOf(exactly({ home, agent: address, nextSeq: uint32 })),
});

const input = {
  type: "object",
  required: ["kind"],
  discriminator: { propertyName: "kind" },
  oneOf: [
    exactly({ kind: kind("request"), request: venueRequest }),
    exactly({ kind: kind("round"), interval: uint32 }),
    exactly({ kind: kind("gate"), interval: uint32 }),
    opening,
  ],
} as const;

const outcome = exactly({
  refusal: { type: ["string", "null"], maxLength: 64 },
  fate: { type: "string", enum: ["none", "rests", "filled", "lapsed", "killed", "self-trade"] },
  leftWh: uint32,
  fills: listOf(exactly({ order: digest, energyWh: uint32, priceMicroPerKwh: uint32 })),
  ended: listOf(exactly({ order: digest, energyWh: uint32 })),
});

export const venueEvent = exactly({ number: whole, timeMs: whole, previous: digest, input, outcome, id: digest, signature });
