import { address, fail, fromHex, type HomeId, ok, period, type Result } from "../../../engine/kernel/index.ts";
import type { Digests, SignedWithdrawNow, WithdrawNow } from "../../../engine/messages/index.ts";
import type { WithdrawalNowRequest } from "../../api/index.ts";
import { collectPledges, type Neighbourhood, type Pledged, type StreetNode, type Unpledged } from "../../node/index.ts";
import type { Chain, Clock, Gossip, MoneyErrand, RecoverSigner, RegisteredHome, Registry } from "../../ports/index.ts";
import { amountText } from "../amount.ts";

export interface VoucherModules {
  readonly chain: Pick<Chain, "standing">;
  readonly digests: Pick<Digests, "withdrawNow">;
  readonly recover: RecoverSigner;
  readonly registry: () => Registry;
  readonly collect: (wish: SignedWithdrawNow) => Promise<Pledged>;
}

/** Micro-currency in one tick of the vault. */
const TICK_MICRO = 100;
/** So many homes are named that say the same. */
const NAMED = 3;

type Vouch = (
  home: Pick<RegisteredHome, "home" | "owner">,
  request: WithdrawalNowRequest,
) => Promise<Result<MoneyErrand, "NOT_AT_ONCE" | "CHANGE_REFUSED" | "CHAIN_AWAY">>;

/** Of a node that follows the street. */
export function voucherOf({
  node: { membership, digests },
  neighbourhood,
  ...modules
}: Pick<VoucherModules, "chain" | "recover"> & {
  readonly node: StreetNode;
  readonly neighbourhood: Neighbourhood;
  readonly gossip: Gossip;
  readonly clock: Clock;
}): Vouch {
  const asking = { ...modules, membership, peersOf: (home: HomeId) => neighbourhood.peersOf(home) };
  const collect: VoucherModules["collect"] = (wish) => collectPledges(asking, wish);
  return (home, request) => vouch({ ...modules, digests, registry: () => membership.registry, collect }, home, request);
}

/** Has the street's validators vouch for a home's money, so that the vault pays it at once; or says why they don't. */
export async function vouch(
  { chain, digests, recover, registry, collect }: VoucherModules,
  { home, owner }: Pick<RegisteredHome, "home" | "owner">,
  request: WithdrawalNowRequest,
): ReturnType<Vouch> {
  const body = wishOf(home, request);
  const wish = { body, id: digests.withdrawNow(body), signature: fromHex(request.signature) };
  if (recover(wish.id, wish.signature) !== owner) return fail("CHANGE_REFUSED", "it isn't signed with the key of the home's owner");
  const standing = await chain.standing(home);
  if (!standing.ok) return fail("CHAIN_AWAY", standing.detail);
  if (!standing.value.isOpen)
    return fail("NOT_AT_ONCE", "the vault pays nothing at once before it has settled a period, nor while one is being settled");
  const pledged = await collect(wish);
  if (pledged.certificate === null) return fail("NOT_AT_ONCE", refusalsText(pledged.refusals, registry()));
  const { micro, deadline } = request;
  const { to, period: settles } = body;
  const { certificate } = pledged;
  return ok({ kind: "withdraw-now", home, to, micro, period: settles, deadline, signature: wish.signature, certificate });
}

const wishOf = (home: HomeId, request: WithdrawalNowRequest): WithdrawNow => ({
  home,
  to: address(request.to),
  ticks: request.micro / TICK_MICRO,
  nonce: request.nonce,
  period: period(request.period),
  deadline: request.deadline,
});

/** Who says what, those who say the same together. */
export function refusalsText(refusals: Extract<Pledged, { readonly refusals: unknown }>["refusals"], { homes }: Registry): string {
  const bySaying = new Map<string, string[]>();
  for (const [validator, refusal] of refusals) {
    const name = homes.find(({ home }) => home === validator)?.name ?? `home ${validator}`;
    const saying = sayingOf(refusal);
    bySaying.set(saying, [...(bySaying.get(saying) ?? []), name]);
  }
  return [...bySaying].map(([saying, names]) => `${namesText(names)}: ${saying}`).join("; ");
}

const namesText = (names: readonly string[]): string =>
  names.length <= NAMED ? names.join(", ") : `${names.slice(0, NAMED).join(", ")} and ${names.length - NAMED} more`;

function sayingOf(refusal: Unpledged): string {
  switch (refusal.why) {
    case "unsigned":
      return "it isn't signed with the key of the home's owner";
    case "short":
      return `the home can spare no more than ${amountText(refusal.most * TICK_MICRO)}, whatever it trades and uses until then`;
    case "pledged":
      return `another payment at once, good until ${instant(refusal.until)}, is not over for good yet`;
    case "period":
      return `the vault settles period ${refusal.next} next`;
    case "deadline":
      return `the deadline has passed or lies too far ahead; the chain's clock says ${instant(refusal.now)}`;
    case "nonce":
      return "another withdrawal was signed before and taken";
    case "paused":
      return "signs nothing until it is level with its neighbours";
    case "behind":
      return "its books or its chain aren't level with the vault";
    case "busy":
      return "has too many questions at once";
    case "away":
      return "doesn't answer";
    case "junk":
      return "answers with what is no signature of its own";
  }
}

/** A neighbour's number may be no time. */
const instant = (seconds: number): string =>
  seconds < 1e11 ? new Date(seconds * 1000).toISOString().replace(".000Z", "Z") : `${seconds} s`;
