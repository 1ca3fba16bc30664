import { type Address, compare, type Digest, type HomeId } from "../kernel/index.ts";
import type { Certificate, Digests, Signature, SignedVote } from "../messages/index.ts";
import { quorum, type Validators } from "./quorum.ts";

/** Votes of one kind, view and value as a certificate, or null while they are too few. */
export function certify(validators: Validators, votes: readonly SignedVote[]): Certificate | null {
  const [first] = votes;
  if (first === undefined || votes.length < quorum(validators)) return null;
  const { kind, interval, view, value } = first.body;
  const signatures = votes
    .map(({ body, signature }) => ({ validator: body.validator, signature }))
    .sort((a, b) => compare(a.validator, b.validator))
    .slice(0, quorum(validators));
  return { kind, interval, view, value, signatures };
}

export interface CertificateContext {
  readonly validators: Validators;
  readonly digests: Digests;
  readonly agentOf: (home: HomeId) => Address | undefined;
  readonly recover: (digest: Digest, signature: Signature) => Address | null;
}

/** A certificate from a stranger: more than two thirds, each once, each truly signed. */
export function isCertified(certificate: Certificate, { validators, digests, agentOf, recover }: CertificateContext): boolean {
  const { kind, interval, view, value, signatures } = certificate;
  if (signatures.length < quorum(validators) || signatures.length > validators.ids.length) return false;
  if (signatures.some(({ validator }, i) => i > 0 && validator <= signatures[i - 1]!.validator)) return false;
  return signatures.every(({ validator, signature }) => {
    if (!validators.ids.includes(validator)) return false;
    const signer = recover(digests.vote({ kind, interval, view, value, validator }), signature);
    return signer !== null && signer === agentOf(validator);
  });
}
