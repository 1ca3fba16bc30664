import { randomBytes } from "node:crypto";
import type { AbortOptions, ConnectionProtector, Logger, MessageStream, MultiaddrConnection } from "@libp2p/interface";
import { AbstractMultiaddrConnection, byteStream } from "@libp2p/utils";
import { xsalsa20 } from "@noble/ciphers/salsa.js";

const NONCE_BYTES = 24;
const BLOCK_BYTES = 64;
/** Blocks that one nonce is used for: the cipher's counter has 32 bits here, which are 256 GiB. */
const MOST_BLOCKS = 2 ** 32 - 1;

/** XSalsa20's key stream under a key of 32 bytes and a nonce of 24, from a block on. */
export class KeyStream {
  readonly #key: Uint8Array;
  readonly #nonce: Uint8Array;
  #block: number;
  /** Of the block, already used. */
  #used = 0;

  constructor(key: Uint8Array, nonce: Uint8Array, block = 0) {
    this.#key = key;
    this.#nonce = nonce;
    this.#block = block;
  }

  /** The bytes with the next part of the key stream over them. Throws when the stream is used up. */
  over(bytes: Uint8Array): Uint8Array {
    const end = this.#used + bytes.length;
    if (this.#block + Math.ceil(end / BLOCK_BYTES) > MOST_BLOCKS) throw new Error("a connection of 256 GiB needs a new nonce");
    const padded = new Uint8Array(end);
    padded.set(bytes, this.#used);
    const out = xsalsa20(this.#key, this.#nonce, padded, undefined, this.#block).subarray(this.#used);
    this.#block += Math.floor(end / BLOCK_BYTES);
    this.#used = end % BLOCK_BYTES;
    return out;
  }
}

/** A connection on which each side says its bytes under a key stream of its own; it is aborted when one is used up. */
export class ProtectedConnection extends AbstractMultiaddrConnection {
  readonly #under: MultiaddrConnection;
  readonly #said: KeyStream;
  readonly #heard: KeyStream;

  constructor(under: MultiaddrConnection, log: Logger, said: KeyStream, heard: KeyStream) {
    super({ remoteAddr: under.remoteAddr, direction: under.direction, log });
    this.#under = under;
    this.#said = said;
    this.#heard = heard;
    under.addEventListener("message", ({ data }) => this.#take(data.subarray()));
    under.addEventListener("drain", () => this.onMuxerDrain());
    under.addEventListener("close", ({ error, local }) => {
      if (error === undefined) this.onTransportClosed();
      else if (local === true) this.abort(error);
      else this.onRemoteReset();
    });
  }

  #take(bytes: Uint8Array): void {
    try {
      this.onData(this.#heard.over(bytes));
    } catch (error) {
      this.abort(error as Error);
    }
  }

  sendData(data: { readonly byteLength: number; subarray(): Uint8Array }): { sentBytes: number; canSendMore: boolean } {
    return { sentBytes: data.byteLength, canSendMore: this.#under.send(this.#said.over(data.subarray())) };
  }

  sendClose(options?: AbortOptions): Promise<void> {
    return this.#under.close(options);
  }

  sendReset(error: Error): void {
    this.#under.abort(error);
  }

  sendPause(): void {
    this.#under.pause();
  }

  sendResume(): void {
    this.#under.resume();
  }
}

/**
 * A street's private network: each side sends a nonce of 24 random bytes, then all else under XSalsa20 (key of 32 bytes), before any
 * handshake; who lacks the key understands nothing and says nothing that is understood. Source: libp2p's specification "Pre-shared
 * key based private networks", version 1. `@libp2p/pnet` does the same; it keeps the state of all streams in one memory of fixed size,
 * never gives any back, and ends the process when it is full: after some thousand connections, which anybody who reaches the port
 * can make.
 */
export const privateNetwork = (key: Uint8Array) => (): ConnectionProtector => ({
  async protect(connection, options = { signal: AbortSignal.timeout(HANDSHAKE_MS) }) {
    const bytes = byteStream(connection);
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
    const [theirs] = await Promise.all([bytes.read({ bytes: NONCE_BYTES, ...options }), bytes.write(nonce, options)]);
    // The upgrader gives a connection of a transport; the interface says less than that.
    const under = bytes.unwrap() as MessageStream as MultiaddrConnection;
    return new ProtectedConnection(under, connection.log, new KeyStream(key, nonce), new KeyStream(key, theirs.subarray()));
  },
});

const HANDSHAKE_MS = 1_000;
