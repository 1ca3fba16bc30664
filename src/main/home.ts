import { existsSync } from "node:fs";
import { join } from "node:path";
import { openChain } from "../../adapters/evm/index.ts";
import { openGossip, type StreetGossip } from "../../adapters/libp2p/index.ts";
import { openDevice } from "../../adapters/modbus/index.ts";
import { openStore } from "../../adapters/store/index.ts";
import {
  type AgentKey,
  askHidden,
  createKeystore,
  loadCurve,
  openKeystore,
  peerSeed,
  readPassword,
  recoverWith,
  signerOf,
} from "../../adapters/system/index.ts";
import type { Result } from "../../engine/kernel/index.ts";
import type { HomeRequest, StreetCard } from "../api/index.ts";
import { homeOf, StoreMismatch, StreetNode, Trader } from "../node/index.ts";
import type { Chain, Clock, Log, Metrics, Registry, Store } from "../ports/index.ts";
import { domainOf, firstOf, rulesOf, streetName } from "./card.ts";
import type { HomeConfig } from "./config/index.ts";
import { cannotStart } from "./exit.ts";
import { claimFolder } from "./files.ts";

/** A home with keys, books and peers, before its clock runs. */
export interface ReadyHome {
  readonly name: string;
  /** Where peers reach it: a multiaddress with its name in it. */
  readonly address: string;
  begin(clock: Clock, peers: readonly string[]): Promise<RunningHome>;
  close(): Promise<void>;
}

export interface RunningHome {
  readonly node: StreetNode;
  stop(): Promise<void>;
}

interface Surroundings {
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Opens one home: the same for a home of the street's own processes and for one that joins on its own. */
export async function openHome(config: HomeConfig, card: StreetCard, { log, metrics }: Surroundings): Promise<ReadyHome> {
  const password = await passwordOf(config);
  claimFolder(config.data, 'name another folder under "data" in the home\'s configuration');
  const { key, store } = await openMemory(config.data, password);
  const { chainId, vault } = domainOf(card);
  store.setMeta("card", JSON.stringify({ ...card, clock: null }));
  const chain = openChain({ rpc: card.chain.rpc, chainId, vault });
  const registry = await joinedRegistry(config, card, key, { chain, store, log });
  store.setMeta("self", String(homeOf(registry, key.address)));
  const gossip = unwrap(
    await openGossip({
      secret: peerSeed(key),
      listen: config.listen,
      street: streetName(card),
      peers: [],
      log,
      metrics,
    }),
  );
  const close = async (): Promise<void> => {
    await gossip.close();
    await chain.close();
    store.close();
  };
  return {
    name: config.name,
    address: gossip.addresses()[0] ?? "",
    begin: (clock, peers) => {
      gossip.setPeers(peersBefore(peers, gossip.self));
      const neighbours = peers.map(peerIn).filter((peer) => peer !== gossip.self);
      return begin(config, card, { log, metrics, key, store, chain, gossip, neighbours, registry, clock, close });
    },
    close,
  };
}

interface Opened extends Surroundings {
  readonly key: AgentKey;
  readonly store: Store;
  readonly chain: Chain;
  readonly gossip: StreetGossip;
  readonly neighbours: readonly string[];
  readonly registry: Registry;
  readonly clock: Clock;
  readonly close: () => Promise<void>;
}

async function begin(config: HomeConfig, card: StreetCard, opened: Opened): Promise<RunningHome> {
  const { log, metrics, clock, registry } = opened;
  const rules = rulesOf(card);
  const curve = await loadCurve();
  const node = nodeOf(
    { ...opened, rules, domain: domainOf(card), first: firstOf(card), signer: signerOf(opened.key, curve), recover: recoverWith(curve) },
    registry,
  );
  const device = openDevice({
    ...config.device,
    units: { inverter: config.device.units.inverter, meter: config.device.units.meter, battery: config.device.units.storage },
    clock,
    random: Math.random,
  });
  const { sellAbove, buyBelow, keepForBackupPercent } = config.trading;
  const preferences = {
    sellAbove: sellAbove ?? rules.residual.exportPrice,
    buyBelow: buyBelow ?? rules.residual.importPrice,
    backupPercent: keepForBackupPercent,
  };
  const trader = new Trader({ rules, preferences, clock, device, node, log, metrics });
  node.onCertified(({ evaluation: { clearing, result }, sinceGateMs }) => {
    const price = clearing.kind === "trade" ? clearing.price : null;
    log.info("interval.certified", {
      interval: result.interval,
      price,
      sinceGateMs: sinceGateMs === null ? null : Math.round(sinceGateMs),
    });
  });
  await node.start();
  trader.start();
  return {
    node,
    stop: async () => {
      await trader.stop();
      node.stop();
      await opened.close();
    },
  };
}

function nodeOf(modules: ConstructorParameters<typeof StreetNode>[0], registry: Registry): StreetNode {
  try {
    return new StreetNode(modules, registry);
  } catch (error) {
    if (!(error instanceof StoreMismatch)) throw error;
    throw cannotStart(
      "STORE_MISMATCH",
      error.message,
      "the data folder belongs to another street or was damaged: move it away; the home catches up from its neighbours",
    );
  }
}

const passwordWorld = {
  env: process.env,
  ask: (question: string) => askHidden(question, { input: process.stdin, output: process.stderr }),
};

/** The password of a key file, from where the configuration says it is. */
export async function passwordOf({ password }: Pick<HomeConfig, "password">): Promise<string> {
  return unwrap(await readPassword(password.kind === "file" ? { file: password.path } : { env: password.name }, passwordWorld));
}

/**
 * A home's memory and the key that it signs with, made when they are missing. The memory is made first: a key that is there
 * without one may have signed what nobody remembers.
 */
export async function openMemory(folder: string, password: string): Promise<{ readonly key: AgentKey; readonly store: Store }> {
  const path = join(folder, "agent.json");
  const store = unwrap(openStore(folder, { isComplete: !existsSync(path) }));
  return { key: (await openOrCreate(path, password)).key, store };
}

/** A key of a home, made when it is missing. The owner's key belongs on another machine: it alone may withdraw. */
export async function openOrCreate(path: string, password: string): Promise<{ readonly key: AgentKey; readonly isNew: boolean }> {
  const opened = await openKeystore(path, password);
  if (opened.ok || opened.code !== "KEY_MISSING") return { key: unwrap(opened), isNew: false };
  return { key: unwrap(await createKeystore(path, password)), isNew: true };
}

/** The home with its place in the registry; with an invitation it asks for one. Without the chain it goes by what it last knew. */
async function joinedRegistry(
  config: HomeConfig,
  card: StreetCard,
  key: AgentKey,
  { chain, store, log }: { chain: Chain; store: Store; log: Log },
): Promise<Registry> {
  const registry = await readRegistry(chain, store);
  if (registry !== null && homeOf(registry, key.address) !== null) return registry;
  if (config.invitation === null || config.street.kind !== "url")
    throw cannotStart(
      "HOME_UNREGISTERED",
      `${config.name} is not registered in ${card.name}: its agent address is ${key.address}`,
      "ask the operator for an invitation, and set \"invitation\" and the street's address in the home's configuration",
    );
  const owner = (await openOrCreate(join(config.data, "owner.json"), await passwordOf(config))).key;
  log.info("home.registering", { agent: key.address, owner: owner.address });
  await askToJoin(new URL("/api/homes", config.street.url), {
    name: config.name,
    agent: key.address,
    owner: owner.address,
    invitation: config.invitation,
  });
  const after = await readRegistry(chain, store);
  if (after === null || homeOf(after, key.address) === null)
    throw cannotStart(
      "HOME_UNREGISTERED",
      `${card.name} took the invitation, but the registry does not know ${config.name} yet`,
      "start the home again",
    );
  return after;
}

async function readRegistry(chain: Chain, store: Store): Promise<Registry | null> {
  const registry = await chain.registry();
  if (registry.ok) {
    store.setMeta("registry", JSON.stringify(registry.value));
    return registry.value;
  }
  if (registry.code === "CHAIN_WRONG")
    throw cannotStart(registry.code, registry.detail, "the street's card names another chain or vault; get a fresh card");
  const known = store.getMeta("registry");
  return known === null ? null : (JSON.parse(known) as Registry);
}

async function askToJoin(url: URL, request: HomeRequest): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(20_000),
  }).catch((error: unknown) => String(error));
  if (typeof answer === "string")
    throw cannotStart("STREET_UNREACHABLE", `${url.href} does not answer (${answer})`, "start the street, or correct its address");
  if (answer.ok) return;
  const { code, message } = (await answer.json().catch(() => ({}))) as { code?: string; message?: string };
  throw cannotStart(code ?? "REGISTRATION_REFUSED", `the street refused to register ${request.name}: ${message ?? answer.status}`);
}

/** The later home dials the earlier ones, so that two never dial each other at once. A home that is not listed dials all. */
function peersBefore(addresses: readonly string[], self: string): { readonly name: string; readonly addresses: string[] }[] {
  const peers = addresses.map((address) => ({ name: peerIn(address), addresses: [address] }));
  const own = peers.findIndex((peer) => peer.name === self);
  return own < 0 ? peers : peers.slice(0, own);
}

/** A peer's name is the last part of its multiaddress. */
const peerIn = (address: string): string => address.slice(address.lastIndexOf("/") + 1);

/** A refusal by an adapter while opening is the end of the start: its sentence names the place and the way out. */
export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw cannotStart(result.code, result.detail);
  return result.value;
}
