/** The known name that was most likely meant, or null when none is near: its beginning, or at most a third of its letters differ. */
export function suggest(written: string, known: readonly string[]): string | null {
  const wanted = plain(written);
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const name of known) {
    const begun = wanted.length >= 3 && plain(name).startsWith(wanted);
    const distance = Math.min(begun ? 1 : Number.POSITIVE_INFINITY, edits(wanted, plain(name)));
    if (distance < least && distance <= Math.max(1, Math.floor(name.length / 3))) {
      best = name;
      least = distance;
    }
  }
  return best;
}

/** Case and the marks between words are what people get wrong first: they don't count. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[-_ .]/g, "")
    .slice(0, 64);

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function edits(a: string, b: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      current[j] = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) current[j] = Math.min(current[j]!, older[j - 2]! + 1);
    }
    older = previous;
    previous = current;
  }
  return previous[b.length]!;
}
