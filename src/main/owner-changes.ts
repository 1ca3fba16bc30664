import { existsSync, linkSync, renameSync } from "node:fs";
import { join } from "node:path";
import { openChain, ownerDigests } from "../../adapters/evm/index.ts";
import { type AgentKey, loadCurve, openKeystore, signerOf, systemClock } from "../../adapters/system/index.ts";
import { type Digest, fail, type Interval, ok, type Result, toHex } from "../../engine/kernel/index.ts";
import { deliveryStart, gateClosure, type MarketRules } from "../../engine/messages/index.ts";
import type { ChangeAnswer, StreetCard } from "../api/index.ts";
import type { Clock, RegisteredHome } from "../ports/index.ts";
import { domainOf, rulesOf } from "./card.ts";
import type { HomeConfig } from "./config/index.ts";
import { cannotStart } from "./exit.ts";
import { agentFile, earlierAgentFile, openOrCreate, openOwnerKey, ownerOf, passwordOf, unwrap } from "./keys.ts";
import { nextEdge } from "./membership-changes.ts";

const ASK_MS = 60_000;
/** Made before the chain hears of it, taken up when its time has come. */
const nextAgentFile = (folder: string): string => join(folder, "agent-next.json");

/** Gives the home another key from the next settlement period on. Asked again before then, it hands in the same key again. */
export async function rotateKey(config: HomeConfig, card: StreetCard): Promise<number> {
  const { home, since, sign } = await openOwner(config, card);
  const { key } = await openOrCreate(nextAgentFile(config.data), await passwordOf(config));
  // Registered and not taken up yet: the change that was asked for before.
  const registered = home.keys.find(({ agent }) => agent === key.address)?.since;
  if (registered !== undefined) return say(config, `has asked for its new key already; it counts from ${instantOf(card, registered)} on`);
  const signature = toHex(sign(({ rotateAgent }) => rotateAgent({ home: home.home, agent: key.address, since })));
  const { from } = await send<ChangeAnswer>(config, `/api/homes/${home.home}/agent`, { agent: key.address, since, signature });
  return say(config, `signs with its new key from ${from} on; until then leave both key files where they are`);
}

/** Takes the home out of the street from the next settlement period on; its money stays its own. */
export async function leaveStreet(config: HomeConfig, card: StreetCard): Promise<number> {
  const { home, since, sign } = await openOwner(config, card);
  if (home.until !== null) return say(config, `leaves ${card.name} already: it trades until ${instantOf(card, home.until)}`);
  const signature = toHex(sign(({ leave }) => leave({ home: home.home, until: since })));
  const { from } = await send<ChangeAnswer>(config, `/api/homes/${home.home}/leave`, { until: since, signature });
  return say(config, `trades in ${card.name} until ${from}; its owner may withdraw what it holds`);
}

/** When a key that waits in the folder takes the other's place: half an interval before the gate of its first interval. null: none waits. */
export async function nextKeyAt(config: HomeConfig, card: StreetCard): Promise<number | null> {
  if (!existsSync(nextAgentFile(config.data))) return null;
  const key = unwrap(await openKeystore(nextAgentFile(config.data), await passwordOf(config)));
  const { homes } = await registryOf(card);
  const registered = homes.flatMap(({ keys }) => keys).find(({ agent }) => agent === key.address);
  if (registered === undefined) return null;
  const rules = rulesOf(card);
  return (gateClosure(rules, registered.since) - rules.intervalMinutes * 30) * 1000;
}

/** The key that waits becomes the home's; the one before is kept beside it. At every moment there is one that is the home's. */
export function takeUpNextKey({ data }: HomeConfig, now: Date): void {
  linkSync(agentFile(data), earlierAgentFile(data, now));
  renameSync(nextAgentFile(data), agentFile(data));
}

interface Owner {
  readonly home: RegisteredHome;
  readonly since: Interval;
  readonly sign: (what: (digests: ReturnType<typeof ownerDigests>) => Digest) => Uint8Array;
}

async function openOwner(config: HomeConfig, card: StreetCard): Promise<Owner> {
  const home = await ownHome(config, card);
  const owner = await openOwnerKey(config);
  return { home, since: nextEdge(rulesOf(card), clockOf(card)), sign: await signing(owner, card) };
}

/** The home as the registry has it, if it belongs to whom the owner's key file names. */
export async function ownHome(config: Pick<HomeConfig, "name" | "owner">, card: StreetCard): Promise<RegisteredHome> {
  const owner = await ownerOf(config);
  const home = (await registryOf(card)).homes.find(({ name }) => name === config.name);
  if (home === undefined)
    throw cannotStart("HOME_UNREGISTERED", `${config.name} is not registered in ${card.name}`, "start it once so that it joins");
  if (home.owner !== owner)
    throw cannotStart(
      "OWNER_KEY_WRONG",
      `${config.owner.file} is ${owner}; ${config.name} belongs to ${home.owner}`,
      "put the owner's key file there",
    );
  return home;
}

async function signing(owner: AgentKey, card: StreetCard): Promise<Owner["sign"]> {
  const signer = signerOf(owner, await loadCurve());
  const digests = ownerDigests(domainOf(card));
  return (what) => signer.sign(what(digests));
}

export async function registryOf(card: StreetCard) {
  const { chainId, vault } = domainOf(card);
  const chain = openChain({ rpc: card.chain.rpc, chainId, vault });
  try {
    return unwrap(await chain.registry());
  } finally {
    await chain.close();
  }
}

/** The street carries it to the chain: a household has no coin. */
export async function send<Answer>(config: Pick<HomeConfig, "street" | "name">, path: string, body: object): Promise<Answer> {
  const said = await post<Answer>(config, path, body);
  if (!said.ok) throw cannotStart(said.code, `the street refused: ${said.detail}`, "try again later");
  return said.value;
}

/** As the street answers; who doesn't answer at all ends the program. */
export async function post<Answer>(
  { street, name }: Pick<HomeConfig, "street" | "name">,
  path: string,
  body: object,
): Promise<Result<Answer>> {
  if (street.kind !== "url")
    throw cannotStart(
      "STREET_UNREACHABLE",
      `${name} has the street's card from a file, and nobody to ask`,
      'set "street" to the street\'s address',
    );
  const url = new URL(path, street.url);
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(ASK_MS) }).catch(
    String,
  );
  if (typeof answer === "string")
    throw cannotStart("STREET_UNREACHABLE", `${url.href} does not answer (${answer})`, "start the street, or correct its address");
  const said = (await answer.json().catch(() => ({}))) as Answer & { code?: string; message?: string };
  return answer.ok ? ok(said) : fail(said.code ?? "CHANGE_REFUSED", String(said.message ?? answer.status));
}

const clockOf = (card: StreetCard): Clock => systemClock(card.clock ?? undefined);
const instantOf = (card: StreetCard, interval: Interval): string =>
  new Date(deliveryStart(rulesOf(card) as MarketRules, interval) * 1000).toISOString();

function say({ name }: HomeConfig, what: string): number {
  process.stdout.write(`${name} ${what}\n`);
  return 0;
}
