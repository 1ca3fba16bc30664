import { communityDigests, openCommunity, openPurse } from "../../adapters/evm/index.ts";
import { loadCurve, signerOf } from "../../adapters/system/index.ts";
import { type Address, address, type Digest, type Interval, toHex } from "../../engine/kernel/index.ts";
import { deliveryStart, hashRules, intervalAt, type MarketRules, numbersOf, periodOf, withNumbers } from "../../engine/messages/index.ts";
import type { MotionAnswer, StreetCard } from "../api/index.ts";
import type { Command } from "../cli/index.ts";
import type { Community, DecidedRules, Motion, Payment, RegisteredHome, Registry } from "../ports/index.ts";
import { amountText } from "./amount.ts";
import { domainOf, readCard, rulesOf } from "./card.ts";
import { type HomeConfig, loadConfig, withInterval } from "./config/index.ts";
import { CannotStart, cannotStart } from "./exit.ts";
import { openOwnerKey, unwrap } from "./keys.ts";
import { ownHome, registryOf, send } from "./owner-changes.ts";
import { numbersText, refusalOf } from "./street-rules.ts";

type MotionCommand = Extract<Command, { verb: "motion" }>;

const DASHBOARD = "http://127.0.0.1:8080";

/** Lists what homes decide together, brings other rules to a vote, votes, or puts a motion into force whose time has come. */
export async function runMotion(command: MotionCommand): Promise<number> {
  const config = command.config === null ? null : await configOf(command.config);
  const base = command.street ?? (config?.street.kind === "url" ? config.street.url : DASHBOARD);
  const street: Street = { base, card: await readCard({ kind: "url", url: new URL("/api/street", base).href }) };
  switch (command.place) {
    case "new":
      return say(`motion ${await bring(street, config!, command)} is brought; each home votes once with "commonwatt motion vote"`);
    case "pay":
      return say(`motion ${await bringPayment(street, config!, command)} is brought; each home votes once with "commonwatt motion vote"`);
    case "vote":
      return say(await vote(street, config!, command));
    case "execute": {
      const { motion } = await post(street, `/api/motions/${command.motion}/execution`, {});
      return say(`motion ${motion} counts`);
    }
    default:
      return say(await list(street));
  }
}

interface Street {
  readonly base: string;
  readonly card: StreetCard;
}

async function configOf(path: string): Promise<HomeConfig> {
  const config = await loadConfig(path, "home");
  if (!config.ok) throw new CannotStart(config.problems, config.more);
  return config.value;
}

async function bring(street: Street, config: HomeConfig, { rules: path, from }: MotionCommand): Promise<number> {
  const loaded = await loadConfig(path!, "market");
  if (!loaded.ok) throw new CannotStart(loaded.problems, loaded.more);
  const first = rulesOf(street.card);
  const wanted = withInterval(loaded.value, first.intervalMinutes, first.periodIntervals);
  const numbers = numbersOf(wanted);
  refuseMore(first, wanted, path!);
  const owner = await ownerOf(config, street.card);
  const nonce = unwrap(await asking(street.card, (community) => community.nonceOf(owner.home.home)));
  const rules: DecidedRules = {
    hash: hashRules(wanted),
    since: edgeAt(first, from!),
    numbers,
  };
  const refusal = refusalOf(first, rules);
  if (refusal !== null) throw cannotStart("MOTION_RULES", refusal, "vote on numbers that this street can trade under");
  const signature = owner.sign(({ motion }) => motion({ home: owner.home.home, rules, nonce }));
  const { motion } = await post(street, "/api/motions", { home: owner.home.home, rules, nonce, signature });
  return motion;
}

/** Homes change to other rules while they run, each by itself: so nothing but the four numbers may differ from those the street began with. */
function refuseMore(first: MarketRules, wanted: MarketRules, file: string): void {
  const changed = withNumbers(first, numbersOf(wanted));
  if (hashRules(wanted) === hashRules(changed)) return;
  const names = [...new Set([...Object.keys(changed), ...Object.keys(wanted)])] as (keyof MarketRules)[];
  const others = names.filter(
    (name) => !Object.hasOwn(numbersOf(first), name) && JSON.stringify(wanted[name]) !== JSON.stringify(first[name]),
  );
  throw cannotStart(
    "MOTION_RULES",
    `${file} changes ${others.join(", ")}, and homes vote on communityPercent, kPermille, withheldCharge and maxPrice alone`,
    "leave all else as the street began with it, or begin a new street",
  );
}

/** Nobody but the homes together has the community's account paid out. */
async function bringPayment(street: Street, config: HomeConfig, { amount, to }: MotionCommand): Promise<number> {
  const owner = await ownerOf(config, street.card);
  const nonce = unwrap(await asking(street.card, (community) => community.nonceOf(owner.home.home)));
  const payment: Payment = { to: accountOf(to!, await registryOf(street.card)), micro: amount ?? 0 };
  const signature = owner.sign((digests) => digests.payment({ home: owner.home.home, payment, nonce }));
  const { motion } = await post(street, "/api/payments", { home: owner.home.home, ...payment, nonce, signature });
  return motion;
}

/** An account as it is written, or that of a home's owner. */
export function accountOf(to: string, { homes }: Pick<Registry, "homes">): Address {
  if (to.startsWith("0x")) return address(to);
  const home = homes.find(({ name }) => name === to);
  if (home === undefined)
    throw cannotStart("HOME_UNKNOWN", `${to} is no home of this street and no account`, "name a home, or 0x and 40 digits");
  return home.owner;
}

/** A period has the rules of its first interval, so rules begin with one. */
function edgeAt(rules: MarketRules, from: string): Interval {
  const seconds = Date.parse(from) / 1000;
  const interval = intervalAt(rules, seconds);
  const first = (periodOf(rules, interval) * rules.periodIntervals) as Interval;
  if (deliveryStart(rules, first) === seconds) return first;
  const next = new Date(deliveryStart(rules, (first + rules.periodIntervals) as Interval) * 1000).toISOString();
  throw cannotStart(
    "MOTION_FROM",
    `no settlement period begins at ${from}`,
    `rules count for whole periods; the next one begins at ${next}`,
  );
}

async function vote(street: Street, config: HomeConfig, { motion, no }: MotionCommand): Promise<string> {
  const { home, sign } = await ownerOf(config, street.card);
  const yes = no !== true;
  const signature = sign((digests) => digests.vote({ motion: motion!, home: home.home, yes }));
  await post(street, `/api/motions/${motion}/votes`, { home: home.home, yes, signature });
  return `${config.name} has voted on motion ${motion}`;
}

interface Owner {
  readonly home: RegisteredHome;
  readonly sign: (what: (digests: ReturnType<typeof communityDigests>) => Digest) => string;
}

async function ownerOf(config: HomeConfig, card: StreetCard): Promise<Owner> {
  const home = await ownHome(config, card);
  const signer = signerOf(await openOwnerKey(config), await loadCurve());
  const digests = communityDigests({ chainId: domainOf(card).chainId, community: communityOf(card) });
  return { home, sign: (what) => toHex(signer.sign(what(digests))) };
}

function communityOf({ name, chain }: StreetCard): Address {
  if (chain.community === undefined)
    throw cannotStart("COMMUNITY_MISSING", `${name} was made before homes could decide on its rules`, "begin a new street");
  return address(chain.community);
}

async function asking<T>(card: StreetCard, ask: (community: Community) => Promise<T>): Promise<T> {
  const { chainId, vault } = domainOf(card);
  const community = openCommunity({ rpc: card.chain.rpc, chainId, vault, community: communityOf(card) });
  try {
    return await ask(community);
  } finally {
    await community.close();
  }
}

/** A line for each motion, and what counts and will count. */
async function list({ card }: Street): Promise<string> {
  const rules = unwrap(await asking(card, (community) => community.rules()));
  const { now, motions } = unwrap(await asking(card, (community) => community.motions()));
  const registry = await registryOf(card);
  return [
    ...(await fundText(card)),
    ...rules.map((each) => `rules ${rulesText(card, each)}`),
    ...(motions.length === 0 ? ["no motion was ever brought"] : motions.map((each) => motionText(each, { card, registry, now }))),
  ].join("\n");
}

function rulesText(card: StreetCard, { hash, since, numbers }: DecidedRules): string {
  const from = new Date(deliveryStart(rulesOf(card), since) * 1000).toISOString();
  return `${hash} from ${from} on: ${numbersText(numbers)}`;
}

interface Seen {
  readonly card: StreetCard;
  readonly registry: Registry;
  /** Unix seconds on the chain's clock. */
  readonly now: number;
}

function motionText(motion: Motion, seen: Seen): string {
  const { yes, no, home } = motion;
  const members = membersOf(motion, seen.registry);
  const mover = seen.registry.homes.find((each) => each.home === home)?.name ?? `home ${home}`;
  const counts = `${yes} yes and ${no} no of ${members} homes`;
  return `motion ${motion.motion} of ${mover}: ${wantsText(motion, seen.card)}; ${counts}; ${standing(motion, members, seen.now)}`;
}

function wantsText({ wants }: Motion, card: StreetCard): string {
  if ("rules" in wants) return rulesText(card, wants.rules);
  const { to, micro } = wants.payment;
  return micro === 0
    ? `what the community has waiting goes to ${to} instead`
    : `the community pays ${amountText(micro)} ${card.rules.currency} to ${to}`;
}

/** What the community holds; nothing of a street from before there was a way out of its account. */
async function fundText(card: StreetCard): Promise<readonly string[]> {
  const { chainId, vault } = domainOf(card);
  const purse = openPurse({ rpc: card.chain.rpc, chainId, vault });
  const accounts = await purse.wide();
  purse.close();
  const fund = accounts.ok ? accounts.value.find(({ account }) => account === "community") : undefined;
  if (fund === undefined) return [];
  const { held, withdrawal } = fund;
  const asked = withdrawal === null ? "" : `; ${amountText(withdrawal.micro)} of it are on their way to ${withdrawal.to}`;
  return [`the community holds ${amountText(held)} ${card.rules.currency}${asked}`];
}

/** Who may vote, as the contract counts. */
export const membersOf = ({ homes, interval }: Pick<Motion, "homes" | "interval">, registry: Pick<Registry, "homes">): number =>
  registry.homes.filter((each) => each.home < homes && each.since <= interval && (each.until === null || interval < each.until)).length;

/** How a motion stands at an instant in Unix seconds. */
export function standing(
  motion: Pick<Motion, "yes" | "closesAt" | "executableAt" | "lapsesAt" | "isExecuted">,
  members: number,
  now: number,
): string {
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
  if (motion.isExecuted) return "executed";
  if (now < motion.closesAt) return `homes vote until ${at(motion.closesAt)}`;
  if (2 * motion.yes <= members) return "not carried";
  if (now < motion.executableAt) return `carried; can be executed from ${at(motion.executableAt)} on`;
  return now < motion.lapsesAt ? `carried; can be executed until ${at(motion.lapsesAt)}` : "carried and never executed: gone";
}

const post = ({ base, card }: Street, path: string, body: object): Promise<MotionAnswer> =>
  send<MotionAnswer>({ street: { kind: "url", url: base }, name: card.name }, path, body);

function say(what: string): number {
  process.stdout.write(`${what}\n`);
  return 0;
}
