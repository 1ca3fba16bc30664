import type { MessageStream } from "@libp2p/interface";
import { type NoiseComponents, noise } from "@libp2p/noise";
import { assert } from "../../engine/kernel/index.ts";

type Noise = ReturnType<ReturnType<typeof noise>>;
type Bytes = { readonly length: number; get(index: number): number };

/** What a secured stream of noise 17.0.3 has but its published types don't name. */
interface Framed extends MessageStream {
  readonly decoder?: { lengthDecoder: (bytes: Bytes) => number };
}

/** Thrown again and again: to note where an error comes from costs more than to decrypt a vote. */
const TOO_SHORT = new RangeError("less than a frame's length");

/** noise that doesn't make an error with its stack for each frame that is read to its end, which is how it finds that end. */
export const quietNoise =
  () =>
  (components: NoiseComponents): Noise => {
    const encrypter = noise()(components);
    for (const side of ["secureInbound", "secureOutbound"] as const) {
      const secure = encrypter[side].bind(encrypter);
      encrypter[side] = async (connection, options) => {
        const secured = await secure(connection, options);
        const { decoder } = secured.connection as Framed;
        assert(typeof decoder?.lengthDecoder === "function", "noise has the inside of version 17.0.3");
        decoder.lengthDecoder = frameLength;
        return secured;
      };
    }
    return encrypter;
  };

/** Two bytes, the higher first. */
export function frameLength(bytes: Bytes): number {
  if (bytes.length < 2) throw TOO_SHORT;
  return (bytes.get(0) << 8) | bytes.get(1);
}
