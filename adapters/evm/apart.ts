/** What one of several nodes says of its chain. */
export interface Sight {
  /** Number of its last block. */
  readonly head: number;
  /** Number of the last block that it holds for final; -1: it doesn't say. */
  readonly final: number;
  /** The hash of a block of its chain; null: it doesn't know. */
  hashAt(block: number): Promise<string | null>;
}

/** A node that is so many blocks behind another one can't be believed. */
export const LAG_BLOCKS = 8;

interface Finding {
  readonly at: number;
  /** In words; null: nothing is wrong with it. */
  readonly what: string | null;
}

/** Which of several nodes lag behind, or hold another block for final than most do; of two, the one that is listed first is believed. */
export async function apart(sights: readonly (Sight | null)[]): Promise<readonly Finding[]> {
  const seen = sights.flatMap((sight, at) => (sight === null ? [] : [{ at, sight }]));
  const head = Math.max(...seen.map(({ sight }) => sight.head));
  const liars = await liarsAmong(seen);
  return seen.map(({ at, sight }) => {
    const behind = head - sight.head;
    const lie = liars.get(at);
    if (lie !== undefined) return { at, what: lie };
    return { at, what: behind > LAG_BLOCKS ? `it is ${behind} blocks behind another node: it is asked last` : null };
  });
}

async function liarsAmong(seen: readonly { readonly at: number; readonly sight: Sight }[]): Promise<ReadonlyMap<number, string>> {
  const sure = seen.filter(({ sight }) => sight.final >= 0);
  const height = Math.min(...sure.map(({ sight }) => sight.final));
  const hashes = await Promise.all(sure.map(async ({ at, sight }) => ({ at, hash: await sight.hashAt(height) })));
  const told = hashes.filter(({ hash }) => hash !== null);
  const votes = (hash: string | null): number => told.filter((each) => each.hash === hash).length;
  // Of equal numbers the first stays in front.
  const believed = told.toSorted((a, b) => votes(b.hash) - votes(a.hash))[0]?.hash;
  const liars = told.filter(({ hash }) => hash !== believed);
  return new Map(liars.map(({ at, hash }) => [at, `its final block ${height} is ${hash}, and others have ${believed}: it is asked last`]));
}
