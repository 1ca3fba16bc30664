import { openChain, openPurse, ownerDigests, permitDigest } from "../../../adapters/evm/index.ts";
import { loadCurve, signerOf } from "../../../adapters/system/index.ts";
import { type Address, type Digest, type HomeId, toHex } from "../../../engine/kernel/index.ts";
import type {
  DepositRequest,
  MoneyAnswer,
  RedirectionRequest,
  StreetCard,
  WithdrawalNowRequest,
  WithdrawalRequest,
} from "../../api/index.ts";
import type { Command } from "../../cli/index.ts";
import type { OwnerMoney, RegisteredHome, Standing } from "../../ports/index.ts";
import { amountText } from "../amount.ts";
import { domainOf, readCard } from "../card.ts";
import type { HomeConfig } from "../config/index.ts";
import { cannotStart } from "../exit.ts";
import { openOwnerKey, unwrap } from "../keys.ts";
import { ownHome, post, send } from "../owner-changes.ts";
import { homeConfig } from "./init.ts";
import { type Asked, atOnceText, balanceText, depositText, freeOf, redirectionText, withdrawalText } from "./money-words.ts";

/** Seconds that the operator has to carry what was signed. */
const CARRY_SECONDS = 600;
/** The operator asks for nothing: what it carries for a home in a day has its limits. */
const FEE_MICRO = 0;
/** And so many it has to have validators vouch and the chain pay. */
const NOW_SECONDS = { live: 60, replay: 10 } as const;
/** 2^30 - 1 ticks: what deposits fill a home up to. */
const MOST_MICRO = 107_374_182_300;

/** An owner, its home, and what both have. */
interface Owner {
  readonly config: HomeConfig;
  readonly card: StreetCard;
  readonly home: RegisteredHome;
  readonly money: OwnerMoney;
}

/** Pays from the owner's account into its home's escrow: a permit that the operator carries. */
export async function runDeposit(command: Extract<Command, { verb: "deposit" }>): Promise<number> {
  const owner = await meet(command.config);
  const { card, home, money, config } = owner;
  const { permits } = money;
  const micro = command.amount;
  if (permits === null)
    throw cannotStart("PERMITS_MISSING", `${card.rules.currency} takes no permits`, "pay with a wallet: approve the vault, then deposit");
  if (micro > money.account)
    throw cannotStart(
      "MONEY_SHORT",
      `the owner's account ${home.owner} holds ${amountText(money.account)} ${card.rules.currency}`,
      "name less",
    );
  if (money.escrow + micro > MOST_MICRO)
    throw cannotStart("MONEY_MUCH", `deposits fill a home up to ${amountText(MOST_MICRO)} ${card.rules.currency}`, "name less");
  if (tell(depositText(askedOf(owner, micro, home.owner)), command["dry-run"])) return 0;
  const deadline = nowOf(money) + CARRY_SECONDS;
  const permit = { owner: home.owner, spender: domainOf(card).vault, micro, nonce: permits.nonce, deadline };
  const signature = (await signerFor(config))(permitDigest(permits.domain, permit));
  const request: DepositRequest = { micro, deadline, signature };
  return done(await send<MoneyAnswer>(config, `/api/homes/${home.home}/deposit`, request));
}

/** Asks for the home's money: a signature that the operator carries, and pays when it is due. */
export async function runWithdraw(command: Extract<Command, { verb: "withdraw" }>): Promise<number> {
  const owner = await meet(command.config);
  if (command.redirect === true) return redirect(owner, command.to!, command["dry-run"]);
  const { card, home, money, config } = owner;
  const [micro, to] = [command.amount!, command.to ?? home.owner];
  if (money.withdrawal !== null)
    throw cannotStart(
      "WITHDRAWAL_PENDING",
      `${balanceText(askedOf(owner, 0, to)).at(0)}`,
      "ask again when it is paid, or send it elsewhere with --redirect",
    );
  if (micro > freeOf(money))
    throw cannotStart(
      "MONEY_SHORT",
      `${home.name} holds ${amountText(freeOf(money))} ${card.rules.currency} of its own in the vault`,
      "name less",
    );
  requireRecipient(to, card);
  const asked = askedOf(owner, micro, to);
  const words = command.now === true ? atOnceText(asked, secondsFor(card)) : withdrawalText(asked);
  if (tell(words, command["dry-run"])) return 0;
  const sign = await signerFor(config);
  if (command.now === true && (await payNow(owner, { micro, to, sign }))) return 0;
  return requestMoney(owner, { micro, to, sign });
}

/** Sends what is asked for already to another account: a currency may refuse the one that was named. */
async function redirect(owner: Owner, to: Address, isDryRun: true | null): Promise<number> {
  const { card, home, money, config } = owner;
  requireRecipient(to, card);
  if (money.withdrawal === null)
    throw cannotStart(
      "WITHDRAWAL_MISSING",
      `${home.name} has asked for nothing`,
      "ask for money with --amount, and name the account with --to",
    );
  if (tell(redirectionText(askedOf(owner, money.withdrawal.micro, to)), isDryRun)) return 0;
  const deadline = nowOf(money) + CARRY_SECONDS;
  const digest = ownerDigests(domainOf(card)).redirect({ home: home.home, to, nonce: money.withdrawalNonce, deadline });
  const request: RedirectionRequest = { to, deadline, signature: (await signerFor(config))(digest) };
  return done(await send<MoneyAnswer>(config, `/api/homes/${home.home}/redirection`, request));
}

function requireRecipient(to: Address, card: StreetCard): void {
  if (to === domainOf(card).vault || /^0x0{40}$/.test(to))
    throw cannotStart("RECIPIENT_WRONG", "money can't go to nobody or back into the vault", "name another account with --to");
}

interface Wanted {
  readonly micro: number;
  readonly to: Address;
  readonly sign: (digest: Digest) => string;
}

/** Whether it was paid. If not, the same number is good for the usual request: the vault takes one of both. */
async function payNow({ config, card, home }: Owner, { micro, to, sign }: Wanted): Promise<boolean> {
  const { nonce, nextPeriod, now } = await standingOf(card, home.home);
  const wish = { micro, nonce, period: nextPeriod, deadline: now + secondsFor(card) };
  const signature = sign(ownerDigests(domainOf(card)).withdrawNow({ home: home.home, to, ...wish }));
  const request: WithdrawalNowRequest = { to, ...wish, signature };
  const said = await post<MoneyAnswer>(config, `/api/homes/${home.home}/withdrawal-now`, request);
  if (said.ok) process.stdout.write(`Paid: transaction ${said.value.transaction}\n`);
  else if (said.code === "NOT_AT_ONCE") process.stdout.write(`Not paid at once: ${said.detail}.\nIt is asked for instead.\n`);
  else throw cannotStart(said.code, `the street refused: ${said.detail}`, "look at commonwatt balance before you ask again");
  return said.ok;
}

async function requestMoney({ config, card, home, money }: Owner, { micro, to, sign }: Wanted): Promise<number> {
  const deadline = nowOf(money) + CARRY_SECONDS;
  const wish = { micro, feeMicro: FEE_MICRO, deadline };
  const signature = sign(ownerDigests(domainOf(card)).withdraw({ home: home.home, to, ...wish, nonce: money.withdrawalNonce }));
  const request: WithdrawalRequest = { to, ...wish, signature };
  return done(await send<MoneyAnswer>(config, `/api/homes/${home.home}/withdrawal`, request));
}

/** A chain that nobody uses makes no blocks, and the next one has the time of day. */
const nowOf = ({ now }: OwnerMoney): number => Math.max(now, Math.floor(Date.now() / 1000));

/** What validators vouch for is paid so soon or not at all; in a replay seconds of the street pass faster. */
const secondsFor = ({ clock }: StreetCard): number => ((clock?.speed ?? 1) === 1 ? NOW_SECONDS.live : NOW_SECONDS.replay);

async function standingOf(card: StreetCard, home: HomeId): Promise<Standing> {
  const { chainId, vault } = domainOf(card);
  const chain = openChain({ rpc: card.chain.rpc, chainId, vault });
  try {
    return unwrap(await chain.standing(home));
  } finally {
    await chain.close();
  }
}

export async function runBalance(command: Extract<Command, { verb: "balance" }>): Promise<number> {
  const owner = await meet(command.config);
  tell(balanceText(askedOf(owner, 0, owner.home.owner)), null);
  return 0;
}

/** Without the owner's password: whose the home is and what it holds is no secret. */
async function meet(path: string): Promise<Owner> {
  const config = await homeConfig(path);
  const card = await readCard(config.street);
  const home = await ownHome(config, card);
  const { chainId, vault } = domainOf(card);
  const purse = openPurse({ rpc: card.chain.rpc, chainId, vault });
  try {
    return { config, card, home, money: unwrap(await purse.look(home.home, home.owner)) };
  } finally {
    purse.close();
  }
}

async function signerFor(config: HomeConfig): Promise<Wanted["sign"]> {
  const signer = signerOf(await openOwnerKey(config), await loadCurve());
  return (digest) => toHex(signer.sign(digest));
}

const askedOf = ({ card, home, money }: Owner, micro: number, to: Address): Asked => ({
  home: home.name,
  owner: home.owner,
  currency: card.rules.currency,
  money,
  micro,
  to,
});

/** Whether that was all. */
function tell(lines: readonly string[], isDryRun: true | null): boolean {
  process.stdout.write(`${[...lines, ...(isDryRun === true ? ["Nothing was signed or sent (--dry-run)."] : [])].join("\n")}\n`);
  return isDryRun === true;
}

function done({ transaction }: MoneyAnswer): number {
  process.stdout.write(
    transaction === null ? "The operator had carried it already.\n" : `The operator has carried it: transaction ${transaction}\n`,
  );
  return 0;
}
