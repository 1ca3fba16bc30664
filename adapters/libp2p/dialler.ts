import type { PeerId } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { Log, PeerName } from "../../src/ports/index.ts";
import type { GossipLimits } from "./limits.ts";
import { dialAddress } from "./names.ts";
import type { Node } from "./node.ts";

/** Somebody to keep a connection with. */
export interface PeerAddresses {
  readonly name: PeerName;
  readonly addresses: readonly string[];
}

interface Target {
  readonly name: PeerName;
  /** The name, read once and not at each tick. */
  readonly id: PeerId;
  readonly addresses: Multiaddr[];
  failures: number;
  dueAt: number;
  dialling: boolean;
}

/** Somebody that the local network told of. */
interface Found extends Target {
  heardAt: number;
}

const TICK_MS = 250;

/** Dials the peers of our list and dials again for as long as they are in it: each failure doubles the pause, up to a limit. */
export class Dialler {
  private targets = new Map<PeerName, Target>();
  private timer: NodeJS.Timeout | undefined;
  private readonly node: Node;
  private readonly found = new Map<PeerName, Found>();
  private readonly limits: Pick<GossipLimits, "redial" | "discovery">;
  private readonly modules: { readonly log: Log; readonly now: () => number };

  constructor(node: Node, limits: Pick<GossipLimits, "redial" | "discovery">, modules: { readonly log: Log; readonly now: () => number }) {
    this.node = node;
    this.limits = limits;
    this.modules = modules;
  }

  setPeers(peers: readonly PeerAddresses[]): void {
    const own = this.node.peerId.toString();
    const targets = peers.filter((peer) => peer.name !== own).flatMap((peer) => this.target(peer) ?? []);
    this.targets = new Map(targets.map((target) => [target.name, target]));
    if (this.timer !== undefined) this.tick();
  }

  /** Both sides hear of each other at once; the one with the higher name gives the other time to dial. */
  propose(name: PeerName, addresses: readonly Multiaddr[]): void {
    const now = this.modules.now();
    const known = this.found.get(name);
    const heard = addresses.map((address) => dialAddress(name, address.toString())).filter((address) => address !== undefined);
    if (known !== undefined) Object.assign(known, { addresses: heard, heardAt: now });
    else if (this.found.size < this.limits.discovery.peers) {
      const wait = this.limits.discovery.firstMs * (this.node.peerId.toString() < name ? 1 : 3);
      this.found.set(name, {
        name,
        id: peerIdFromString(name),
        addresses: heard,
        failures: 0,
        dueAt: now + wait,
        dialling: false,
        heardAt: now,
      });
    }
  }

  start(): void {
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
    this.node.addEventListener("peer:disconnect", this.onDisconnect);
    this.tick();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.node.removeEventListener("peer:disconnect", this.onDisconnect);
    this.targets.clear();
    this.found.clear();
  }

  /** null: nowhere to dial. */
  private target(peer: PeerAddresses): Target | null {
    const parsed = peer.addresses.map((address) => dialAddress(peer.name, address));
    const addresses = parsed.filter((address) => address !== undefined);
    if (addresses.length < peer.addresses.length) this.modules.log.warn("gossip.address-malformed", { peer: peer.name });
    if (addresses.length === 0) return null;
    const known = this.targets.get(peer.name);
    return { name: peer.name, id: peerIdFromString(peer.name), addresses, failures: 0, dueAt: 0, dialling: known?.dialling ?? false };
  }

  private readonly onDisconnect = (event: CustomEvent<{ toString(): string }>): void => {
    const name = event.detail.toString();
    for (const target of [this.targets.get(name), this.found.get(name)])
      if (target !== undefined) target.dueAt = this.modules.now() + this.pause(target.failures);
  };

  private tick(): void {
    const now = this.modules.now();
    for (const { name, heardAt } of this.found.values()) if (now - heardAt > this.limits.discovery.ageMs) this.found.delete(name);
    const strangers = [...this.found.values()].filter(({ name }) => !this.targets.has(name));
    for (const target of [...this.targets.values(), ...strangers]) {
      if (target.dialling || target.dueAt > now || this.isConnected(target.id)) continue;
      void this.dial(target);
    }
  }

  private async dial(target: Target): Promise<void> {
    target.dialling = true;
    try {
      const heard = this.found.get(target.name)?.addresses ?? [];
      const addresses = target.addresses === heard ? heard : [...target.addresses, ...heard];
      await this.node.dial(addresses, { signal: AbortSignal.timeout(this.limits.redial.timeoutMs) });
      target.failures = 0;
      this.modules.log.debug("gossip.dialled", { peer: target.name });
    } catch (error) {
      target.failures++;
      this.modules.log.debug("gossip.dial-failed", { peer: target.name, failures: target.failures, cause: String(error) });
    }
    target.dueAt = this.modules.now() + this.pause(target.failures);
    // The list may have been replaced while we dialled.
    const current = this.targets.get(target.name);
    if (current !== undefined) current.dialling = false;
    target.dialling = false;
  }

  /** Spread by a quarter either way: peers that lost each other at the same time shouldn't dial at the same time. */
  private pause(failures: number): number {
    const { firstMs, maxMs } = this.limits.redial;
    const pause = Math.min(maxMs, firstMs * 2 ** Math.min(failures, 16));
    return pause * (0.75 + Math.random() / 2);
  }

  private isConnected(id: PeerId): boolean {
    return this.node.getConnections(id).some((connection) => connection.status === "open");
  }
}
