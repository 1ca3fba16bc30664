export interface Anchor {
  readonly streetMs: number;
  readonly wallMs: number;
  readonly speed: number;
}

/** Word between the street and the processes that it starts. */
export type ToChild =
  /** The street's time begins to run, and these are its homes' addresses, in the order of the registry. */
  { readonly kind: "go"; readonly anchor: Anchor; readonly peers: readonly string[] } | { readonly kind: "stop" };
export type FromChild =
  /** `ports` of simulated devices, `peers` as multiaddresses of homes, by name. */
  | { readonly kind: "ready"; readonly ports?: Readonly<Record<string, number>>; readonly peers?: Readonly<Record<string, string>> }
  | { readonly kind: "running" }
  | { readonly kind: "failed"; readonly message: string };

/** Runs as a child of the street: says when it is ready, begins on "go", ends on "stop", on SIGTERM, or when the street is gone. */
export function asChild(child: {
  readonly go: (anchor: Anchor, peers: readonly string[]) => Promise<void>;
  readonly stop: () => Promise<void>;
}): {
  readonly tell: (message: FromChild) => void;
  /** Never resolves: the process ends itself. */
  readonly ended: Promise<never>;
} {
  let stopping = false;
  const end = (): void => {
    if (stopping) return;
    stopping = true;
    void child.stop().finally(() => process.exit(0));
  };
  const tell = (message: FromChild): void => void (process.connected && process.send?.(message));
  process.on("message", (message: ToChild) => {
    if (message.kind === "stop") end();
    else
      child.go(message.anchor, message.peers).then(
        () => tell({ kind: "running" }),
        (error: unknown) => tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
      );
  });
  process.on("disconnect", end);
  process.on("SIGTERM", end);
  // Ctrl-C reaches the whole terminal; the street says when.
  process.on("SIGINT", () => undefined);
  return { tell, ended: new Promise(() => undefined) };
}
