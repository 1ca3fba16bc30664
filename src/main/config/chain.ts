import { hasSecret, masked } from "../../../adapters/evm/index.ts";
import type { CrossCheck } from "./cross-check.ts";

/** A chain that runs whether or not the street does, through nodes that stand in for each other. */
export interface OutsideChain {
  /** The most trusted first. */
  readonly rpc: readonly string[];
  readonly id: number;
  /** The node that homes are told which name none of their own: everybody sees it. */
  readonly homesRpc: string;
  /** Milliseconds for a connection, and for an answer. */
  readonly connectMs: number;
  readonly answerMs: number;
  /** Wei per gas that no transaction ever costs more than. */
  readonly feeCap: bigint;
}

/** The file's values, defaults filled in. */
export interface ChainFile {
  readonly rpc?: string | readonly string[];
  readonly id?: number;
  readonly homesRpc?: string;
  readonly connectMs: number;
  readonly answerMs: number;
  readonly feeCapGwei: number;
  readonly challengeSeconds?: number;
}

const GWEI = 1_000_000_000n;
/** On a chain with somebody else's coin on it. */
const OUTSIDE_CHALLENGE_SECONDS = 6 * 3_600;
/** Homes look each 5 s, and a challenge wants to be mined. */
const LEAST_CHALLENGE_SECONDS = 10;

/** Seconds in which a new street's settlements can be challenged. */
export function challengeSecondsOf({ rpc, challengeSeconds }: ChainFile, check: CrossCheck): number {
  if (challengeSeconds !== undefined && challengeSeconds > 0 && challengeSeconds < LEAST_CHALLENGE_SECONDS)
    check.conflict(
      ["chain", "challengeSeconds"],
      `${challengeSeconds} s are over before a home can look and answer`,
      `give at least ${LEAST_CHALLENGE_SECONDS}, or 0 for a street whose settlements nobody can challenge`,
    );
  return challengeSeconds ?? (rpc === undefined ? 0 : OUTSIDE_CHALLENGE_SECONDS);
}

/** null: the street starts a chain of its own. */
export function outsideOf(file: ChainFile, check: CrossCheck): OutsideChain | null {
  if (file.rpc === undefined) {
    if (file.id !== undefined) check.conflict(["chain", "id"], "needs chain.rpc", "say with chain.rpc where the chain's node is");
    return null;
  }
  const rpc = nodesOf(file.rpc, ["chain", "rpc"], check);
  if (file.id === undefined) check.conflict(["chain", "rpc"], "needs chain.id", "say with chain.id which chain it is, as 1 or 11155111");
  const homesRpc = file.homesRpc ?? rpc[0] ?? "";
  if (hasSecret(homesRpc) && isNode(homesRpc))
    check.conflict(
      ["chain", file.homesRpc === undefined ? "rpc" : "homesRpc"],
      `${masked(homesRpc)} has a key or a password in it, and homes are told it`,
      "name a node for homes with chain.homesRpc that needs none",
    );
  if (file.homesRpc !== undefined) nodesOf(file.homesRpc, ["chain", "homesRpc"], check);
  const { connectMs, answerMs, feeCapGwei } = file;
  return { rpc, id: file.id ?? 0, homesRpc, connectMs, answerMs, feeCap: BigInt(feeCapGwei) * GWEI };
}

/** The addresses of nodes, one or several. What isn't one is never shown: there may be a key in it. */
export function nodesOf(written: string | readonly string[], path: readonly string[], check: CrossCheck): readonly string[] {
  const nodes = typeof written === "string" ? [written] : written;
  for (const [place, node] of nodes.entries())
    if (!isNode(node))
      check.conflict(
        typeof written === "string" ? path : [...path, place],
        "is no http or https address of a node",
        "write https://host:port",
      );
  return nodes;
}

const isNode = (written: string): boolean => URL.canParse(written) && /^https?:$/.test(new URL(written).protocol);
