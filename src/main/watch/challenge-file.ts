import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv } from "ajv";
import { type Address, type Digest, fromHex, toHex } from "../../../engine/kernel/index.ts";
import type { PeriodResult } from "../../../engine/messages/index.ts";
import type { Fraud } from "../../../engine/settlement/index.ts";
import type { ChallengeRequest } from "../../api/index.ts";
import { challengeRequest } from "../../api/schema/index.ts";
import type { Challenge, OpenProposal } from "../../ports/index.ts";
import { CannotStart } from "../exit.ts";
import { replaceFile } from "../files.ts";

/** A challenge that anybody can send: it names nobody, and proves what it says by itself. */
export interface ChallengeFile extends ChallengeRequest {
  readonly what: string;
  readonly chainId: number;
  readonly vault: string;
  /** Of the proposal (EIP-712). */
  readonly digest: string;
  readonly fault: Fraud;
  /** Instant on the chain's clock after which the vault refuses it, ISO UTC. */
  readonly until: string;
}

interface Place {
  readonly chainId: number;
  readonly vault: Address;
}

export const requestOf = ({ period, kind, proof }: Challenge): ChallengeRequest => ({ period, kind, proof: toHex(proof) });

export const challengeOf = ({ period, kind, proof }: ChallengeRequest): Challenge => ({
  period: period as PeriodResult,
  kind,
  proof: fromHex(proof),
});

/** Writes it into a folder, the same again under the same name; the file's name. */
export async function keepChallenge(
  folder: string,
  { chainId, vault }: Place,
  { challenge, proposal, fault }: { readonly challenge: Challenge; readonly proposal: OpenProposal; readonly fault: Fraud },
): Promise<string> {
  const { digest, finalizableAt, period } = proposal;
  const path = join(folder, `challenge-${period}-${digest.slice(2, 10)}.json`);
  const file: ChallengeFile = {
    what: `proof that the settlement of period ${period} that was proposed is wrong: commonwatt challenge FILE sends it`,
    chainId,
    vault,
    digest,
    fault,
    until: new Date(finalizableAt * 1000).toISOString(),
    ...requestOf(challenge),
  };
  await replaceFile(path, `${JSON.stringify(file, null, 2)}\n`);
  return path;
}

const isRequest = new Ajv({ strict: false }).compile<ChallengeRequest>(challengeRequest);

export async function readChallenge(path: string): Promise<ChallengeRequest & Place & { readonly digest: Digest; readonly until: string }> {
  const file = (await readFile(path, "utf8")
    .then(JSON.parse)
    .catch(() => null)) as ChallengeFile | null;
  const { period, kind, proof, chainId, vault, digest, until } = file ?? {};
  const request = { period, kind, proof };
  const isPlace = Number.isSafeInteger(chainId) && /^0x[0-9a-f]{40}$/.test(String(vault)) && /^0x[0-9a-f]{64}$/.test(String(digest));
  if (!isRequest(request) || !isPlace || Number.isNaN(Date.parse(String(until))))
    throw new CannotStart([
      {
        code: "CHALLENGE_FILE",
        file: path,
        what: "it isn't a challenge as commonwatt watch or a home writes it",
        wayOut: "take the file as it was written, unchanged, or let commonwatt watch write it again",
      },
    ]);
  return { ...request, chainId: chainId!, vault: vault as Address, digest: digest as Digest, until: until! };
}
