import { openChain } from "../../adapters/evm/index.ts";
import { openGossip, type StreetGossip } from "../../adapters/libp2p/index.ts";
import { type AgentKey, loadCurve, peerSeed, recoverWith, signerOf } from "../../adapters/system/index.ts";
import { homeId } from "../../engine/kernel/index.ts";
import { intervalSeconds, meterDigestOf } from "../../engine/messages/index.ts";
import type { StreetCard } from "../api/index.ts";
import {
  type Hub,
  homeOf,
  isLinked,
  isNeighbour,
  Links,
  MeterLog,
  MeterWatch,
  Neighbourhood,
  StoreMismatch,
  StreetNode,
  Trader,
} from "../node/index.ts";
import type { Chain, Clock, Log, Metrics, Registry, Store } from "../ports/index.ts";
import { domainOf, firstOf, placeOf, rulesOf, streetName } from "./card.ts";
import type { HomeConfig } from "./config/index.ts";
import { cannotStart } from "./exit.ts";
import { claimFolder } from "./files.ts";
import { join } from "./join.ts";
import { earlierKeys, openMemory, passwordOf, unwrap } from "./keys.ts";
import { openMeters } from "./meters.ts";
import { RulesWatch, requireStreetRules } from "./street-rules.ts";
import { watchOfHome } from "./watch/watching.ts";

export { openMemory, openOrCreate, passwordOf, unwrap } from "./keys.ts";

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
  /** The owner says that there is nothing newer than the home's store. */
  readonly isDeclaredNewest: boolean;
}

/** Opens one home: the same for a home of the street's own processes and for one that joins on its own. */
export async function openHome(config: HomeConfig, card: StreetCard, surroundings: Surroundings): Promise<ReadyHome> {
  const { log, metrics } = surroundings;
  const password = await passwordOf(config);
  claimFolder(config.data, 'name another folder under "data" in the home\'s configuration');
  const { key, store } = await openMemory(config.data, password);
  const earlier = await earlierKeys(config.data, password, log);
  store.setMeta("card", JSON.stringify({ ...card, clock: null }));
  const chain = openChain({
    rpc: config.chainRpc ?? card.chain.rpc,
    ...placeOf(card),
    tell: (node, what) => log.warn("chain.node", { node, what }),
  });
  await requireStreetRules(card, log, config.chainRpc ?? card.chain.rpc);
  const { registry, networkKey } = await join(config, card, key, { chain, store, log });
  store.setMeta("self", String(homeOf(registry, key.address)));
  const gossip = unwrap(
    await openGossip({
      secret: peerSeed(key),
      listen: config.listen,
      street: streetName(card),
      peers: [],
      ...(networkKey === null ? {} : { networkKey }),
      discover: config.discover && config.listen.some((address) => !isLoopback(address)),
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
    begin: (clock, peers) => begin(config, card, { ...surroundings, key, earlier, store, chain, gossip, peers, registry, clock, close }),
    close,
  };
}

interface Opened extends Surroundings {
  readonly key: AgentKey;
  readonly earlier: readonly AgentKey[];
  readonly store: Store;
  readonly chain: Chain;
  readonly gossip: StreetGossip;
  /** Addresses, by home id. */
  readonly peers: readonly string[];
  readonly registry: Registry;
  readonly clock: Clock;
  readonly close: () => Promise<void>;
}

async function begin(config: HomeConfig, card: StreetCard, opened: Opened): Promise<RunningHome> {
  const { log, metrics, clock, registry } = opened;
  const rules = rulesOf(card);
  const curve = await loadCurve();
  const neighbours = (): readonly string[] => opened.peers.filter((_peer, home) => isNeighbour(node.hub, homeId(home))).map(peerIn);
  const modules = {
    ...opened,
    neighbours,
    rules,
    domain: domainOf(card),
    first: firstOf(card),
    signer: signerOf(opened.key, curve),
    earlier: opened.earlier.map((key) => signerOf(key, curve)),
    recover: recoverWith(curve),
  };
  const links = new Links({ ...modules, peersOf: (home) => neighbourhood.peersOf(home) });
  const homeOf = (peer: string) => neighbourhood.peers.homeOf(peer);
  const { proposed, close: closeWatch } = watchOfHome({ ...modules, card, config, node: () => node });
  const node: StreetNode = nodeOf({ ...modules, homeOf, lost: links.lost }, registry, (evaluation) => proposed.certified(evaluation));
  const { device, source, closeProxy } = await openMeters(config, { clock, log, intervalSeconds: intervalSeconds(rules) });
  const meterWatch = new MeterWatch({ clock, source, log });
  const meterLog = new MeterLog({ store: opened.store, signer: modules.signer, digestOf: meterDigestOf(modules.domain), source });
  const neighbourhood = new Neighbourhood(node, { ...modules, observers: card.observers ?? [], meter: () => meterWatch.state });
  const { sellAbove, buyBelow, keepForBackupPercent } = config.trading;
  const preferences = {
    sellAbove: sellAbove ?? rules.residual.exportPrice,
    buyBelow: buyBelow ?? rules.residual.importPrice,
    backupPercent: keepForBackupPercent,
  };
  const trader = new Trader({ rules, preferences, clock, device, node, meterLog, meterWatch, log, metrics });
  const watch = new RulesWatch(card, log);
  node.onCertified(({ evaluation }) => proposed.certified(evaluation));
  node.onCertified(({ evaluation: { clearing, result }, sinceGateMs }) => {
    watch.look(node.membership);
    const price = clearing.kind === "trade" ? clearing.price : null;
    log.info("interval.certified", {
      interval: result.interval,
      price,
      sinceGateMs: sinceGateMs === null ? null : Math.round(sinceGateMs),
    });
  });
  keepLinks(node, opened);
  neighbourhood.start();
  await node.start();
  trader.start();
  proposed.start();
  return {
    node,
    stop: async () => {
      await closeProxy();
      await trader.stop();
      neighbourhood.stop();
      node.stop();
      await closeWatch();
      await opened.close();
    },
  };
}

function nodeOf(...parts: ConstructorParameters<typeof StreetNode>): StreetNode {
  try {
    return new StreetNode(...parts);
  } catch (error) {
    if (!(error instanceof StoreMismatch)) throw error;
    throw cannotStart(
      "STORE_MISMATCH",
      error.message,
      "the data folder belongs to another street or was damaged: move it away; the home catches up from its neighbours",
    );
  }
}

/** Dials, and dials others when another set of members is in force. */
function keepLinks(node: StreetNode, { gossip, peers, clock }: Pick<Opened, "gossip" | "peers" | "clock">): void {
  let dialledFor: string | null = null;
  const dial = (): void => {
    if (dialledFor !== node.membership.digest) gossip.setPeers(dialledBy(node.hub, peers));
    dialledFor = node.membership.digest;
  };
  // Once the next interval has begun, which may be another epoch's.
  node.onCertified(() => void clock.after(0, dial));
  dial();
}

/** The later home dials the earlier ones that it is linked with, so that two never dial each other at once. */
function dialledBy(hub: Hub, addresses: readonly string[]): { readonly name: string; readonly addresses: string[] }[] {
  const earlier = addresses.slice(0, hub.self ?? addresses.length);
  return earlier.flatMap((address, home) => (isLinked(hub, homeId(home)) ? [{ name: peerIn(address), addresses: [address] }] : []));
}

/** A peer's name is the last part of its multiaddress. */
const peerIn = (address: string): string => address.slice(address.lastIndexOf("/") + 1);

/** An address that no other machine can reach. */
const isLoopback = (address: string): boolean => /^\/(ip4\/127\.|ip6\/::1\/|dns[46]\/localhost\/)/.test(address);
