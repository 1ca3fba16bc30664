import { createRequire } from "node:module";
import { assert, fail, ok, type Result } from "../../engine/kernel/index.ts";

/**
 * libsecp256k1 by whichever way this machine has it: as a native addon, or as wasm where no addon was built (a Raspberry
 * Pi). Never the pure JavaScript that `require("secp256k1")` falls back to: it is 30 times slower and nobody would notice why.
 */
export interface Curve {
  readonly name: "native" | "wasm";
  /** r | s (64 bytes, low s) and the parity of the point; deterministic (RFC 6979). */
  sign(digest: Uint8Array, secret: Uint8Array): { readonly rs: Uint8Array; readonly parity: number };
  /** The public key, 65 bytes; null when there is none. */
  recover(digest: Uint8Array, rs: Uint8Array, parity: 0 | 1): Uint8Array | null;
}

/** secp256k1/lib: what we use of it; the package has no types. */
interface NativeAddon {
  ecdsaSign(digest: Uint8Array, secret: Uint8Array): { signature: Uint8Array; recid: number };
  ecdsaRecover(rs: Uint8Array, recid: number, digest: Uint8Array, compressed: boolean): Uint8Array;
}

export type CurveCode = "CURVE_UNAVAILABLE";

export function nativeCurve(): Result<Curve, CurveCode> {
  try {
    return ok(fromAddon(createRequire(import.meta.url)("secp256k1/bindings.js")));
  } catch (error) {
    return fail("CURVE_UNAVAILABLE", `no native secp256k1 on ${process.platform}-${process.arch}: ${firstLine(error)}`);
  }
}

function fromAddon(addon: NativeAddon): Curve {
  return {
    name: "native",
    sign: (digest, secret) => {
      const { signature, recid } = addon.ecdsaSign(digest, secret);
      return { rs: signature, parity: recid };
    },
    recover: (digest, rs, parity) => orNull(() => addon.ecdsaRecover(rs, parity, digest, false)),
  };
}

export async function wasmCurve(): Promise<Result<Curve, CurveCode>> {
  try {
    const wasm = await import("tiny-secp256k1");
    return ok({
      name: "wasm",
      sign: (digest, secret) => {
        const { signature, recoveryId } = wasm.signRecoverable(digest, secret);
        return { rs: signature, parity: recoveryId };
      },
      recover: (digest, rs, parity) => orNull(() => wasm.recover(digest, rs, parity, false)),
    });
  } catch (error) {
    return fail("CURVE_UNAVAILABLE", `no wasm secp256k1: ${firstLine(error)}`);
  }
}

/** The native one, else wasm; stops the process when neither loads, for the installation is broken. */
export async function loadCurve(): Promise<Curve> {
  const native = nativeCurve();
  if (native.ok) return native.value;
  const wasm = await wasmCurve();
  assert(wasm.ok, `secp256k1 can't be loaded: ${native.detail}; ${wasm.ok ? "" : wasm.detail}; run npm ci`);
  return wasm.value;
}

/** Both libraries throw on what is no signature. */
function orNull(recover: () => Uint8Array | null): Uint8Array | null {
  try {
    return recover();
  } catch {
    return null;
  }
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split("\n")[0]!;
