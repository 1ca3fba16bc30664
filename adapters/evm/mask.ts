/**
 * The address of a node as it may be shown and logged. Providers put their customers' keys into the path or the query, and passwords
 * stand before the host: all of that is left out.
 */
export function masked(rpc: string): string {
  if (!URL.canParse(rpc)) return "(no address)";
  const { protocol, host, username, password, pathname, search } = new URL(rpc);
  if (host === "") return `${protocol}***`;
  const isBare = username === "" && password === "";
  return `${protocol}//${isBare ? "" : "***@"}${host}${pathname === "/" || pathname === "" ? "" : "/***"}${search === "" ? "" : "?***"}`;
}

/** Whether an address has something in it that isn't everybody's business. */
export const hasSecret = (rpc: string): boolean => masked(rpc).includes("***");
