export {
  type AdmittedAgreement,
  type AgreementContext,
  type AgreementMessage,
  admitAgreement,
} from "./admit-agreement.ts";
export { type AdmittedCommit, admitCommit, type CommitContext, type CommitVerdict } from "./admit-commit.ts";
export { type AdmittedOrder, admitOrder, type OrderContext, type OrderVerdict, screenOrder } from "./admit-order.ts";
export { type AdmittedReading, admitReading, type ReadingContext, type ReadingVerdict, screenReading } from "./admit-reading.ts";
export { ADMISSION, type AdmissionCode } from "./codes.ts";
export { readingSignedIn, type Speakers } from "./registered.ts";
export { refuse, type Verdict } from "./verdict.ts";
