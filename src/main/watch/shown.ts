import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Digest, Interval } from "../../../engine/kernel/index.ts";
import type { IntervalRecord } from "../../../engine/settlement/index.ts";
import { readJson } from "../files.ts";
import { recordFrom } from "./record-text.ts";

const ASK_MS = 5_000;
/** More than any street's interval has. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Where what a proposal binds may be shown: the street's address, and a folder that anybody may lay files in. */
export interface Showing {
  /** null: nobody is asked. */
  readonly url: string | null;
  readonly folder: string | null;
}

/** What others show of one interval, as far as the result with this hash binds it: nobody is believed. */
export async function shownBy({ url, folder }: Showing, interval: Interval, head: Digest): Promise<IntervalRecord | null> {
  const asked = url === null ? null : recordFrom(await ask(new URL(`/api/records/${interval}`, url)), head);
  if (asked !== null || folder === null) return asked;
  for (const name of await readdir(folder).catch(() => [])) {
    const record = name.endsWith(".json") ? recordFrom(await readJson(join(folder, name)).catch(() => null), head) : null;
    if (record !== null) return record;
  }
  return null;
}

async function ask(url: URL): Promise<unknown> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
    const isTooLong = Number(answer.headers.get("content-length") ?? 0) > MOST_BYTES;
    return answer.ok && !isTooLong ? await answer.json() : null;
  } catch {
    return null;
  }
}
