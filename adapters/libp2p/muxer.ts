import type { StreamMuxer, StreamMuxerFactory } from "@libp2p/interface";
import { yamux } from "@libp2p/yamux";
import { assert } from "../../engine/kernel/index.ts";

/** What yamux 8.0.3 has but its published types don't name. */
interface Frames extends StreamMuxer {
  _newStream(...details: readonly unknown[]): Windowed;
}

interface Windowed {
  readonly state: number;
  readonly recvWindow: number;
  readonly recvWindowCapacity: number;
  sendWindowUpdate(): void;
}

/** yamux's state of a stream that both sides know; in any other an update also carries a flag, or is held back. */
const ESTABLISHED = 3;

/**
 * yamux that tells the sender of free room once half of a stream's window is used, as the other implementations do. This one does
 * it after each frame, which doubles the packets of gossip: each is encrypted, written, read and decrypted like a message.
 */
export const sparingYamux = () => (): StreamMuxerFactory => {
  const factory = yamux()() as StreamMuxerFactory;
  const create = factory.createStreamMuxer.bind(factory);
  factory.createStreamMuxer = (connection) => spare(create(connection) as Frames);
  return factory;
};

function spare(muxer: Frames): StreamMuxer {
  assert(typeof muxer._newStream === "function", "yamux has the inside of version 8.0.3");
  const create = muxer._newStream.bind(muxer);
  muxer._newStream = (...details) => {
    const stream = create(...details);
    const update = stream.sendWindowUpdate.bind(stream);
    stream.sendWindowUpdate = () => {
      const hasRoom = stream.state === ESTABLISHED && 2 * stream.recvWindowCapacity >= stream.recvWindow;
      if (!hasRoom) update();
    };
    return stream;
  };
  return muxer;
}
