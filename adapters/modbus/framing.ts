import { type Ask, checkFrame, checkSerialFrame, checksum, type FrameCheck } from "./frame.ts";

/** How requests and answers (unit, function, data) are wrapped on one connection. */
export interface Framing {
  /** The bytes that carry the next request. */
  wrap(request: Buffer): Buffer;
  /** Are these bytes the answer to the request that was wrapped last? */
  check(received: Buffer, ask: Ask): FrameCheck;
  /** Unit, function and data of a whole answer. */
  unwrap(received: Buffer): Buffer;
}

const TRANSACTIONS = 0x1_0000;
const MBAP = 6;
const CRC = 2;

/** Modbus TCP: each request has a number, which its answer repeats. */
export function tcpFraming(): Framing {
  let transaction = 0;
  return {
    wrap(request) {
      transaction = (transaction + 1) % TRANSACTIONS;
      const header = Buffer.alloc(MBAP);
      header.writeUInt16BE(transaction, 0);
      header.writeUInt16BE(request.length, 4);
      return Buffer.concat([header, request]);
    },
    check: (received, ask) => checkFrame(received, ask, transaction),
    unwrap: (received) => received.subarray(MBAP),
  };
}

/** Modbus RTU. `echo`: the line gives back what is sent on it, before any answer. */
export function rtuFraming(echo: boolean): Framing {
  let sent: Buffer = Buffer.alloc(0);
  const skip = () => (echo ? sent.length : 0);
  return {
    wrap(request) {
      sent = withChecksum(request);
      return sent;
    },
    check(received, ask) {
      const gone = skip();
      const head = received.subarray(0, gone);
      if (!head.equals(sent.subarray(0, head.length)))
        return { kind: "bad", why: "the line doesn't give back what we send, as `echo` says" };
      const check = checkSerialFrame(received.subarray(gone), ask);
      const isEcho = check.kind === "bad" && received.equals(sent.subarray(0, received.length));
      return isEcho ? { kind: "bad", why: "the line gives back what we send: set `echo`" } : check;
    },
    unwrap: (received) => received.subarray(skip(), -CRC),
  };
}

export function withChecksum(frame: Uint8Array): Buffer {
  const tail = Buffer.alloc(CRC);
  tail.writeUInt16LE(checksum(frame));
  return Buffer.concat([frame, tail]);
}
