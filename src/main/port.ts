import { type CannotStart, cannotStart } from "./exit.ts";

/** Who wants to listen, and how another port or address is chosen. */
export interface Listener {
  readonly who: string;
  readonly otherPort: string;
  readonly otherAddress: string;
}

/** Why it can't listen there. */
export function portRefusal(
  { who, otherPort, otherAddress }: Listener,
  { host, port }: { readonly host: string; readonly port: number },
  error: unknown,
): CannotStart {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return cannotStart("PORT_TAKEN", `port ${port} on ${host} is taken`, `stop the other program, or ${otherPort}`);
  return cannotStart("PORT_REFUSED", `${who} can't listen on ${host}:${port} (${code ?? String(error)})`, otherAddress);
}
