import { type HomeId, type MicroPerKwh, microPerKwh, sub, type Wh, wh } from "../../kernel/index.ts";
import type { Edge, Network } from "../types.ts";

/** The way from a seller to a buyer. */
export interface Path {
  readonly hops: readonly Hop[];
  readonly fee: MicroPerKwh;
  /** Energy gets lost on it. */
  readonly loses: boolean;
}

interface Hop {
  readonly node: number;
  readonly direction: "import" | "export";
}

export function pathOf({ nodes, homes }: Network, seller: HomeId, buyer: HomeId): Path {
  const up = ancestors(nodes, homes.get(seller) ?? 0);
  const down = ancestors(nodes, homes.get(buyer) ?? 0);
  const hops = [
    ...up.filter((node) => !down.includes(node)).map((node): Hop => ({ node, direction: "export" })),
    ...down.filter((node) => !up.includes(node)).map((node): Hop => ({ node, direction: "import" })),
  ];
  const edges = hops.map(({ node }) => nodes[node]!.edge!);
  return {
    hops,
    fee: edges.reduce((total, { fee }) => (total + fee) as MicroPerKwh, microPerKwh(0)),
    loses: edges.some(({ lossPpm }) => lossPpm > 0),
  };
}

/** A node and all above it but the root. */
function ancestors(nodes: Network["nodes"], from: number): readonly number[] {
  const all: number[] = [];
  for (let node = from; nodes[node]!.edge !== null; node = nodes[node]!.edge!.parent) all.push(node);
  return all;
}

/** What wires have left. Each way is booked for itself: two that run against each other don't make room, so what is promised fits whatever else happens. */
export class Wires {
  readonly #network: Network;
  readonly #edges: (Edge | null)[];

  constructor(network: Network) {
    this.#network = network;
    this.#edges = network.nodes.map(({ edge }) => edge);
  }

  room({ hops }: Path): number {
    return hops.reduce((least, { node, direction }) => Math.min(least, capacity(this.#edges[node]!, direction)), Number.MAX_SAFE_INTEGER);
  }

  book({ hops }: Path, energy: Wh): void {
    for (const { node, direction } of hops) {
      const edge = this.#edges[node]!;
      const left = sub(wh(capacity(edge, direction)), energy);
      this.#edges[node] = direction === "import" ? { ...edge, importCapacity: left } : { ...edge, exportCapacity: left };
    }
  }

  left(): Network {
    return { ...this.#network, nodes: this.#edges.map((edge) => ({ edge })) };
  }
}

const capacity = ({ importCapacity, exportCapacity }: Edge, direction: Hop["direction"]): number =>
  direction === "import" ? importCapacity : exportCapacity;
