/** What the chain's process is told on its command line, as JSON; its state file follows as an argument of its own. */
export interface ProcessOptions {
  readonly chainId: number;
  readonly port: number;
  readonly keptStates: number;
  readonly funded: readonly string[];
  /** Methods that only a test may ask for. */
  readonly isLaboratory: boolean;
}

/** What it says once, when it is up or can't be. */
export type ProcessWord =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "failed"; readonly code: LocalChainFault; readonly detail: string };

export type LocalChainFault = "LOCAL_CHAIN_PORT_TAKEN" | "LOCAL_CHAIN_STATE_BROKEN" | "LOCAL_CHAIN_FAILED";
