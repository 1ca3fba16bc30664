import { ADMISSION, type AdmissionCode } from "./codes.ts";

/** What admission says to one message. A conflict is what a home signed twice; both messages are evidence and worth keeping. */
export type Verdict<Admitted, Conflict = never> =
  | { readonly kind: "accept"; readonly message: Admitted }
  | { readonly kind: "ignore" | "reject"; readonly code: AdmissionCode; readonly conflict: readonly [Conflict, Conflict] | null };

/** One reason to turn a message away; null lets it pass on. */
export type Check<Message, Context> = (message: Message, context: Context) => AdmissionCode | null;

export function firstRefusal<Message, Context>(
  checks: readonly Check<Message, Context>[],
  message: Message,
  context: Context,
): AdmissionCode | null {
  for (const check of checks) {
    const code = check(message, context);
    if (code !== null) return code;
  }
  return null;
}

export const refuse = (code: AdmissionCode) => ({ kind: ADMISSION[code], code, conflict: null }) as const;

export const conflictOf = <T>(code: AdmissionCode, held: T, other: T) =>
  ({ kind: ADMISSION[code], code, conflict: [held, other] }) as const;
