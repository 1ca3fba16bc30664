import { isQuorum } from "../../engine/agreement/index.ts";
import type { HomeId } from "../../engine/kernel/index.ts";
import { encodeWithdrawNow, type Signature, type SignedWithdrawNow } from "../../engine/messages/index.ts";
import { encodeCertificate } from "../../engine/settlement/index.ts";
import type { Clock, Gossip, PeerName, RecoverSigner } from "../ports/index.ts";
import type { Membership } from "./membership.ts";
import { decodePledgeAnswer, type PledgeRefusal } from "./pledge-answers.ts";

export interface PledgeCollectorModules {
  readonly gossip: Pick<Gossip, "request">;
  readonly clock: Pick<Clock, "after">;
  readonly membership: Pick<Membership, "periodValidators" | "periodKey">;
  readonly recover: RecoverSigner;
  readonly peersOf: (home: HomeId) => readonly PeerName[];
}

/** away: no answer in time; junk: an answer that is none, or another's signature. */
export type Unpledged = PledgeRefusal | { readonly why: "away" } | { readonly why: "junk" };

/** As the vault takes it, or why each validator that didn't sign did not, by rising id. */
export type Pledged =
  | { readonly certificate: Uint8Array }
  | { readonly certificate: null; readonly refusals: readonly (readonly [validator: HomeId, Unpledged])[] };

/** Validators look at the chain before they answer, real ms. */
const ANSWER_MS = 4_000;
const LATE = new Error("no pledge in time");
type Asked = { readonly signature: Signature } | Unpledged;

/** Asks all whom the vault would count, all at once, and goes on as soon as they are enough. */
export function collectPledges(modules: PledgeCollectorModules, wish: SignedWithdrawNow): Promise<Pledged> {
  const validators = modules.membership.periodValidators(wish.body.period);
  const signatures = new Map<HomeId, Signature>();
  const refusals: [HomeId, Unpledged][] = [];
  return new Promise((resolve) => {
    const take = (validator: HomeId, answer: Asked): void => {
      if ("signature" in answer) signatures.set(validator, answer.signature);
      else refusals.push([validator, answer]);
      const signed = [...signatures].map(([by, signature]) => ({ validator: by, signature }));
      if (isQuorum(validators, [...signatures.keys()])) resolve({ certificate: encodeCertificate(validators.ids, signed) });
      else if (signatures.size + refusals.length === validators.ids.length)
        resolve({ certificate: null, refusals: refusals.sort(([a], [b]) => a - b) });
    };
    for (const validator of validators.ids) void askHome(modules, wish, validator).then((answer) => take(validator, answer));
  });
}

/** Two peers speak for a home whose key changes: one of them has the key that counts. */
async function askHome(modules: PledgeCollectorModules, wish: SignedWithdrawNow, validator: HomeId): Promise<Asked> {
  const answers = await Promise.all(modules.peersOf(validator).map((peer) => askPeer(modules, wish, { validator, peer })));
  return answers.find((answer) => "signature" in answer) ?? answers.find(({ why }) => why !== "away") ?? { why: "away" };
}

async function askPeer(
  { gossip, clock, membership, recover }: PledgeCollectorModules,
  wish: SignedWithdrawNow,
  { validator, peer }: { readonly validator: HomeId; readonly peer: PeerName },
): Promise<{ readonly why?: never; readonly signature: Signature } | Unpledged> {
  const deadline = new AbortController();
  const cancel = clock.after(ANSWER_MS, () => deadline.abort(LATE));
  const bytes = await gossip.request(peer, "pledge", encodeWithdrawNow(wish), deadline.signal);
  cancel();
  if (!bytes.ok) return { why: "away" };
  const answer = decodePledgeAnswer(bytes.value);
  if (answer === null) return { why: "junk" };
  if (!("signature" in answer)) return answer;
  const isOwn = recover(wish.id, answer.signature) === membership.periodKey(validator, wish.body.period);
  return isOwn ? answer : { why: "junk" };
}
