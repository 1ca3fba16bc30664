import { type Digest, equal, type HomeId, utf8 } from "../kernel/index.ts";
import { type Body, open } from "./body.ts";
import { structOf, text } from "./eip712.ts";
import { Writer } from "./protobuf.ts";
import type { MarketDomain } from "./rules.ts";
import { marketSignable } from "./typed-data.ts";
import type { Signed } from "./types.ts";

/**
 * A home says under its agent key which peer of the network speaks for it. Of several the one with the highest `seq` holds, so that
 * a home has one peer at a time: its budgets on the network are a peer's.
 */
export interface PeerStatement {
  readonly home: HomeId;
  /** A libp2p peer id as text, base58. */
  readonly peer: string;
  /** Below 2^32. */
  readonly seq: number;
}

export type SignedPeerStatement = Signed<PeerStatement>;

/** As an EIP-712 type, in the market's domain. */
export const PEER_TYPES = { PeerStatement: "PeerStatement(uint32 home,string peer,uint32 seq)" } as const;

export const MAX_PEER_STATEMENT_BYTES = 256;

const MAX_PEER_LENGTH = 128;
const BASE58 = /^[1-9A-HJ-NP-Za-km-z]+$/;

const hashStatement = structOf(PEER_TYPES.PeerStatement);

/** The digest that is signed; made once for a market, as the domain separator is the dear part. */
export function peerDigestOf(domain: MarketDomain): (statement: PeerStatement) => Digest {
  const inMarket = marketSignable(domain);
  return ({ home, peer, seq }) => inMarket(hashStatement([home, text(peer), seq]));
}

export const encodePeerStatement = ({ body, signature }: SignedPeerStatement): Uint8Array =>
  new Writer().uint(1, body.home).bytes(2, utf8(body.peer)).uint(3, body.seq).bytes(4, signature).finish();

/** Foreign bytes as a statement; null when they are none, or not in its one encoding. Whether it holds is another question. */
export function decodePeerStatement(bytes: Uint8Array, digestOf: (statement: PeerStatement) => Digest): SignedPeerStatement | null {
  if (bytes.length > MAX_PEER_STATEMENT_BYTES) return null;
  const statement = open(bytes, (fields) => {
    const body: PeerStatement = { home: fields.home(1), peer: peerIn(fields), seq: fields.uint32(3) };
    return { body, id: digestOf(body), signature: fields.signature(4) };
  });
  return statement !== null && equal(encodePeerStatement(statement), bytes) ? statement : null;
}

function peerIn(fields: Body): string {
  const bytes = fields.bytes(2);
  const peer = bytes.length <= MAX_PEER_LENGTH ? String.fromCharCode(...bytes) : "";
  return fields.one(BASE58.test(peer) ? peer : undefined);
}
