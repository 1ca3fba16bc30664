export { type CertificateContext, certify, isCertified } from "./certificate.ts";
export { contradiction, convicts, type EvidenceContext, signedIn } from "./evidence.ts";
export {
  type EntrySet,
  entriesRoot,
  entrySet,
  type NamedSet,
  nextMembers,
  oneReadingEach,
  shownOf,
  withheldId,
  withoutConflicts,
} from "./order-set.ts";
export { faulty, isQuorum, leaderOf, leadersOf, quorum, type Validators, validatorsOf } from "./quorum.ts";
export { type Agreement, type AgreementEffect, type AgreementInput, agreement, step } from "./simplex.ts";
