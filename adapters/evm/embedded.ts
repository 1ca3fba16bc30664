import type { Result } from "../../engine/kernel/index.ts";
import { ok } from "../../engine/kernel/index.ts";
import { type Anvil, type AnvilCode, type AnvilOptions, startAnvil } from "./anvil.ts";
import { type LocalChainCode, startLocalChain } from "./local-chain/start.ts";

/** What runs the embedded chain's contracts. */
export type EmbeddedEvm = "anvil" | "ethereumjs";
export type EmbeddedCode = AnvilCode | LocalChainCode;

export interface EmbeddedOptions extends AnvilOptions {
  /** null: anvil, or @ethereumjs/vm on a machine that anvil isn't made for. */
  readonly evm: EmbeddedEvm | null;
}

export interface EmbeddedChain extends Anvil {
  readonly evm: EmbeddedEvm;
}

/** Starts the embedded chain. Whoever names a binary means it: then a missing one is no reason to take the other. */
export async function startEmbedded({ evm, ...options }: EmbeddedOptions): Promise<Result<EmbeddedChain, EmbeddedCode>> {
  if (evm === "ethereumjs") return named("ethereumjs", await startLocalChain(options));
  const anvil = await startAnvil(options);
  const isMissing = !anvil.ok && anvil.code === "ANVIL_MISSING" && options.binary === undefined;
  return evm === null && isMissing ? named("ethereumjs", await startLocalChain(options)) : named("anvil", anvil);
}

const named = <Code extends EmbeddedCode>(evm: EmbeddedEvm, started: Result<Anvil, Code>): Result<EmbeddedChain, Code> =>
  started.ok ? ok({ ...started.value, evm }) : started;
