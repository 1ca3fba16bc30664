import { type Address, compare, type Digest, type HomeId } from "../kernel/index.ts";
import type { Certificate, Digests, Signature, SignedVote } from "../messages/index.ts";
import { isQuorum, type Validators } from "./quorum.ts";

/** Votes of one kind, view and value as a certificate, or null while they are too few. */
export function certify(validators: Validators, votes: readonly SignedVote[]): Certificate | null {
  const [first] = votes;
  const voters = votes.map((vote) => vote.body.validator);
  if (first === undefined || !isQuorum(validators, voters)) return null;
  const { kind, interval, view, value } = first.body;
  const signatures = votes
    .map(({ body, signature }) => ({ validator: body.validator, signature }))
    .sort((a, b) => compare(a.validator, b.validator));
  return { kind, interval, view, value, signatures };
}

export interface CertificateContext {
  readonly validators: Validators;
  readonly digests: Digests;
  readonly agentOf: (home: HomeId) => Address | undefined;
  readonly recover: (digest: Digest, signature: Signature) => Address | null;
}

/** A certificate from a stranger: a quorum, each once, each truly signed. */
export function isCertified(certificate: Certificate, { validators, digests, agentOf, recover }: CertificateContext): boolean {
  const { kind, interval, view, value, signatures } = certificate;
  const signers = signatures.map(({ validator }) => validator);
  if (signers.some((validator, i) => i > 0 && validator <= signers[i - 1]!) || !isQuorum(validators, signers)) return false;
  return signatures.every(({ validator, signature }) => {
    if (!validators.ids.includes(validator)) return false;
    const signer = recover(digests.vote({ kind, interval, view, value, validator }), signature);
    return signer !== null && signer === agentOf(validator);
  });
}
