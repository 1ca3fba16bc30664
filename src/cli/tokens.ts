export type Token =
  /** `name` as written, with its dashes; `value` undefined: none was given. */
  { readonly kind: "flag"; readonly name: string; readonly value: string | undefined } | { readonly kind: "word"; readonly word: string };

/**
 * Parts a command line into flags with their values, and words. `takesValue` says whether a flag does; undefined: nobody
 * knows it, and what follows is taken for its value, so that one slip gives one complaint.
 */
export function tokensOf(argv: readonly string[], takesValue: (name: string) => boolean | undefined): readonly Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === "--") return [...tokens, ...argv.slice(i + 1).map((word): Token => ({ kind: "word", word }))];
    if (!arg.startsWith("-") || arg === "-") {
      tokens.push({ kind: "word", word: arg });
      continue;
    }
    const equals = arg.indexOf("=");
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const next = argv[i + 1];
    const follows = equals < 0 && takesValue(name) !== false && next !== undefined && isValue(next, takesValue(name) === true);
    tokens.push({ kind: "flag", name, value: equals >= 0 ? arg.slice(equals + 1) : follows ? next : undefined });
    if (follows) i++;
  }
  return tokens;
}

/** "-5" is a wrong value of a known flag rather than another flag. */
const isValue = (next: string, known: boolean): boolean => (known ? !next.startsWith("--") : !next.startsWith("-"));
