import type { MotionAnswer, MotionRequest, PaymentRequest, VoteRequest } from "../queries.ts";
import { count, mirrors, object, text, truth } from "./shape.ts";

const ownerSignature = text({ pattern: "^0x[0-9a-f]{130}$" });
const numbers = object({ communityPercent: count, kPermille: count, withheldCharge: count, maxPrice: count });
const rules = object({ hash: text({ pattern: "^0x[0-9a-f]{64}$" }), since: count, numbers });

export const motionRequest = mirrors<MotionRequest>()(object({ home: count, rules, nonce: count, signature: ownerSignature }));
const to = text({ pattern: "^0x[0-9a-f]{40}$" });
const micro = { ...count, multipleOf: 100 };
export const paymentRequest = mirrors<PaymentRequest>()(object({ home: count, to, micro, nonce: count, signature: ownerSignature }));
export const voteRequest = mirrors<VoteRequest>()(object({ home: count, yes: truth, signature: ownerSignature }));
export const motionAnswer = mirrors<MotionAnswer>()(object({ motion: count }));
export const motionParams = object({ motion: text({ pattern: "^\\d{1,9}$" }) });
