import { type EndpointOptions, endpoint, type Rpc } from "./endpoint.ts";
import { Endpoints } from "./endpoints.ts";

export type { Answer, Rpc, RpcCode } from "./endpoint.ts";

export interface RpcOptions extends EndpointOptions {
  /** The address of a node, or of several, the most trusted first: http or https. */
  readonly rpc: string | readonly string[];
  /** With several nodes, one that serves another chain is never asked again. */
  readonly chainId?: number;
  /** Told in words, once each time that something changes with one of several nodes; addresses are masked. */
  readonly tell?: (node: string, what: string) => void;
}

/** The chain's node, or several that stand in for each other. Makes no contact before the first question. */
export function connect({ rpc, ...options }: RpcOptions): Rpc {
  const [first = "", ...others] = typeof rpc === "string" ? [rpc] : [...new Set(rpc)];
  return others.length === 0 ? endpoint(first, options) : new Endpoints([first, ...others], options);
}
