import { amountText } from "./amount.ts";

/** Of the vault, in micro-currency. */
const TICK = 100;

const ticks = (text: string | undefined): string => amountText(Number(text) * TICK);
const instant = (seconds: string | undefined): string => new Date(Number(seconds) * 1000).toISOString();
const STALE_PERMIT = "the owner's account doesn't allow it: the permit was used already, is too old, or is signed by somebody else";

/** What the errors of vault, currency and community mean to an owner. */
export const WORDS: Readonly<Record<string, (fields: Readonly<Record<string, string>>) => string>> = {
  BadSignature: () => "it isn't signed by the home's owner, or was carried before",
  TooEarly: ({ earliest }) => `it would count too early; the first interval that it may count from is ${earliest}`,
  AlreadyLeft: ({ until }) => `the home has left: it trades no more from interval ${until} on`,
  AgentTaken: ({ agent }) => `the key ${agent} signs or has signed for a home already; a key signs for one home, once`,
  OwnerIsAgent: () => "the owner's key can't sign for its home as well",
  Expired: ({ deadline }) => `it was to be carried until ${instant(deadline)}: sign it again`,
  NotOwner: () => "only the home's owner pays with a permit",
  InsufficientBalance: ({ have, want }) => `the home holds ${ticks(have)} beyond what it owes and ${ticks(want)} was asked for`,
  WithdrawalPending: () => "what was asked for earlier isn't paid yet: ask again after it is",
  NoWithdrawal: () => "nothing is asked for: ask first, then say where it goes instead",
  PaymentTooLarge: ({ most }) => `a payment takes at most half of what the community holds: ${ticks(most)}`,
  NothingWaits: () => "no payment of the community waits that could go to somebody else",
  NotPayee: () => "the community's account of this street is paid out by somebody else than its homes",
  ProposalOpen: () => "the vault settles a period just now",
  WrongPeriod: ({ expected }) => `the vault settles period ${expected} next: sign it again`,
  FeeTooHigh: ({ feeTicks, ticks: of }) => `the fee of ${ticks(feeTicks)} is more than the ${ticks(of)} that are asked for`,
  BadRecipient: () => "money can't go to nobody or back into the vault: name another account",
  LaneOverflow: () => "the home would hold more than a home can: 214748.3647",
  ERC20InsufficientAllowance: () => STALE_PERMIT,
  ERC20InsufficientBalance: ({ balance, needed }) =>
    `the owner's account holds ${amountText(Number(balance))} and ${amountText(Number(needed))} is needed`,
  TransferMismatch: () => "this currency charges for transfers and can't be used",
  VaultPaused: ({ until }) => `the vault is paused until ${instant(until)}`,
};

/** A refusal as the chain's adapter tells it, "InsufficientBalance(have=1, want=2)", in words; what isn't known stays as it is. */
export function refusalText(detail: string): string {
  const match = /^(\w+)\((.*)\)$/.exec(detail);
  const words = match === null || !Object.hasOwn(WORDS, match[1]!) ? undefined : WORDS[match[1]!];
  if (match === null || words === undefined) return detail;
  const fields = match[2]!.split(", ").map((field) => field.split("=") as [string, string]);
  return words(Object.fromEntries(fields));
}
