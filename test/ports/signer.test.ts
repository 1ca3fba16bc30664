import { describe, expect, test } from "@jest/globals";
import { agentKey, type Curve, loadCurve, nativeCurve, recoverWith, signerOf, wasmCurve } from "../../adapters/system/index.ts";
import { signerContract } from "./signer.contract.ts";

const signersOf = (curve: Curve) => ({
  signer: (secret: Uint8Array) => signerOf(agentKey(secret), curve),
  recover: recoverWith(curve),
});

const native = nativeCurve();

if (native.ok) signerContract("native", async () => signersOf(native.value));
else test.skip(`signer contract: native (${native.detail})`, () => {});

signerContract("wasm", async () => {
  const wasm = await wasmCurve();
  if (!wasm.ok) throw new Error(wasm.detail);
  return signersOf(wasm.value);
});

describe("which curve", () => {
  test("native where there is an addon, wasm elsewhere, nothing else", async () => {
    expect((await loadCurve()).name).toBe(native.ok ? "native" : "wasm");
  });

  test("a key that no number stands for is our own bug", () => {
    expect(() => agentKey(new Uint8Array(32))).toThrow("a secret is");
    expect(() => agentKey(new Uint8Array(32).fill(255))).toThrow("a secret is");
    expect(() => agentKey(new Uint8Array(31).fill(1))).toThrow("a secret is");
  });
});
