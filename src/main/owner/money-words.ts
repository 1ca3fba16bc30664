import type { Address } from "../../../engine/kernel/index.ts";
import type { OwnerMoney } from "../../ports/index.ts";
import { amountText } from "../amount.ts";

/** What an owner wants of a home's money, and what there is. */
export interface Asked {
  readonly home: string;
  readonly owner: Address;
  readonly currency: string;
  readonly money: OwnerMoney;
  readonly micro: number;
  /** Who gets it. */
  readonly to: Address;
}

export function depositText({ home, owner, currency, money, micro }: Asked): readonly string[] {
  const repaid = Math.min(money.debt, money.escrow + micro);
  const debt = repaid === 0 ? "" : `, as ${amountText(repaid)} pay what it owes the utility`;
  return [
    `${amountText(micro)} ${currency} go from the owner's account ${owner}, which holds ${amountText(money.account)}, to ${home} in the vault,`,
    `which then holds ${amountText(money.escrow + micro - repaid)}${debt}. They count as soon as the chain has them. The operator pays the chain's fee.`,
  ];
}

/** What an owner may ask for. */
export const freeOf = ({ escrow, debt }: OwnerMoney): number => Math.max(0, escrow - debt);

export function withdrawalText({ home, currency, money, micro, to, owner }: Asked): readonly string[] {
  return [
    `${amountText(micro)} ${currency} of the ${amountText(freeOf(money))} that ${home} holds in the vault go to ${whose(to, owner)}.`,
    `From now on they count as spent; ${amountText(freeOf(money) - micro)} stay. ${dueText(money, money.now)}`,
    "The operator hands it in, pays it out and pays the chain's fees. What the home owes its neighbours by then goes first: should the rest not do, less is paid.",
  ];
}

/** `micro` is what is asked for already. */
export function redirectionText({ home, currency, money, micro, to, owner }: Asked): readonly string[] {
  const from = money.withdrawal === null ? [] : [`not to ${whose(money.withdrawal.to, owner)}.`];
  return [
    `The ${amountText(micro)} ${currency} that ${home} has asked for go to ${whose(to, owner)},`,
    ...from,
    "When and how much of it is paid stays as it was.",
  ];
}

export function atOnceText(asked: Asked, seconds: number): readonly string[] {
  const { home, currency, money, micro, to, owner } = asked;
  return [
    `${amountText(micro)} ${currency} of the ${amountText(freeOf(money))} that ${home} holds in the vault go to ${whose(to, owner)} at once,`,
    `if the street's validators vouch within ${seconds} seconds that what stays covers all that ${home} may owe by then, whatever it trades and uses.`,
    `If they don't, the money is asked for instead. ${dueText(money, money.now)}`,
    "The operator hands it in, pays it out and pays the chain's fees.",
  ];
}

export function balanceText({ home, owner, currency, money }: Asked): readonly string[] {
  const { escrow, withdrawal, account } = money;
  const asked =
    withdrawal === null
      ? "nothing of it is asked for."
      : `${amountText(withdrawal.micro)} of it are asked for by ${whose(withdrawal.to, owner)}. ${dueText(money, withdrawal.requestedAt)}`;
  return [
    `${home} holds ${amountText(escrow)} ${currency} in the vault; ${asked}`,
    ...owing(money, currency),
    `Its owner's account ${owner} holds ${amountText(account)} ${currency}.`,
  ];
}

const owing = ({ debt }: OwnerMoney, currency: string): readonly string[] =>
  debt === 0
    ? []
    : [
        `It owes the utility ${amountText(debt)} ${currency}: it used more than its money in the vault paid for. That goes first from all that is paid in (commonwatt deposit) or earned.`,
      ];

const whose = (account: Address, owner: Address): string => (account === owner ? `its owner's account ${owner}` : `the account ${account}`);

/** When the vault pays what was asked for at a moment. */
function dueText({ settledUntil, escapeSeconds, now }: OwnerMoney, requestedAt: number): string {
  if (settledUntil >= requestedAt || now >= requestedAt + escapeSeconds) return "They are due now: the operator pays them in a moment.";
  const settled = settledUntil === 0 ? "nothing yet" : `what was until ${instant(settledUntil)}`;
  return (
    `They are paid once the street has settled what is until ${instant(requestedAt)} (it has settled ${settled}), ` +
    `and at the latest from ${instant(requestedAt + escapeSeconds)} on, whatever the others do.`
  );
}

const instant = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
