export { type CertificateContext, certify, isCertified } from "./certificate.ts";
export { type EntrySet, entriesRoot, entrySet, oneReadingEach, withoutConflicts } from "./order-set.ts";
export { faulty, leaderOf, quorum, type Validators } from "./quorum.ts";
export { type Agreement, type AgreementEffect, type AgreementInput, agreement, step } from "./simplex.ts";
