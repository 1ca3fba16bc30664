import { agentKey, loadCurve, recoverWith, signerOf } from "../../../adapters/system/index.ts";
import type { StreetKeys } from "../../sim/index.ts";

/** Real signatures for a simulated street, each home's key made from its number. */
export async function realKeys(): Promise<StreetKeys> {
  const curve = await loadCurve();
  const signers = new Map<number, ReturnType<typeof signerOf>>();
  const signer = (number: number): ReturnType<typeof signerOf> => {
    const known = signers.get(number) ?? signerOf(agentKey(keyBytes(number)), curve);
    signers.set(number, known);
    return known;
  };
  return { signer, recover: recoverWith(curve) };
}

function keyBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(28, number + 1);
  return bytes;
}
