import { hash } from "node:crypto";
import type { Startable } from "@libp2p/interface";
import { type MulticastDNSComponents, mdns } from "@libp2p/mdns";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { PeerName } from "../../src/ports/index.ts";

export type OnFound = (peer: PeerName, addresses: readonly Multiaddr[]) => void;

/** What one announcement may name. */
const MAX_ADDRESSES = 8;

/**
 * Asks on the local network who else is of this street, and tells of each announcement. What is said there is a hint and no more:
 * anybody can say anything, so it doesn't go into libp2p's peer store, which would keep it.
 */
export function discovery(street: string, everyMs: number, onFound: OnFound): (components: MulticastDNSComponents) => Startable {
  return (components) => {
    const service = mdns({ serviceTag: serviceTag(street), interval: everyMs })(components);
    service.addEventListener("peer", ({ detail }) => {
      const addresses = detail.multiaddrs.filter((address) => !isOwnMachine(address)).slice(0, MAX_ADDRESSES);
      if (addresses.length > 0) onFound(detail.id.toString(), addresses);
    });
    const run = service as unknown as Startable;
    return { start: () => run.start(), stop: () => run.stop() };
  };
}

/** The street under a name that tells nobody else which it is; a label of DNS holds 63 bytes. */
const serviceTag = (street: string): string => `_commonwatt-${hash("sha256", street, "hex").slice(0, 16)}._udp.local`;

/** An address that means another machine to whoever hears it. */
const isOwnMachine = (address: Multiaddr): boolean =>
  address.getComponents().some(({ name, value }) => (name === "ip4" && value?.startsWith("127.")) || (name === "ip6" && value === "::1"));
