export { hasRoomFor, VIEWS_AHEAD } from "./ballots.ts";
export { type CertificateContext, certify, isCertified } from "./certificate.ts";
export { contradiction, convicts, type EvidenceContext, signedIn, signerOfBoth } from "./evidence.ts";
export { type Agreement, type AgreementEffect, type AgreementInput, type AgreementTimer, agreement } from "./instance.ts";
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
export { step } from "./simplex.ts";
export { fallenStakes, lowerStakes, nextStakes } from "./stakes.ts";
