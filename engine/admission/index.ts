export {
  type AdmittedAgreement,
  type AgreementContext,
  type AgreementMessage,
  admitAgreement,
} from "./admit-agreement.ts";
export { type AdmittedOrder, admitOrder, type OrderContext, type OrderVerdict, screenOrder } from "./admit-order.ts";
export { type AdmittedReading, admitReading, type ReadingContext, type ReadingVerdict, screenReading } from "./admit-reading.ts";
export { ADMISSION, type AdmissionCode } from "./codes.ts";
export type { Members, Registered } from "./registered.ts";
export type { Verdict } from "./verdict.ts";
