import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar, type YAMLError } from "yaml";
import type { ConfigProblem } from "./problems.ts";

/** A key's way from the top: ["trading", "sellAbovePerKwh"], list places as numbers. */
export type Path = readonly (string | number)[];
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A YAML file with the place of each key. */
export interface Source {
  readonly value: unknown;
  /** Of the key where there is one, else of the nearest thing around it. */
  positionOf(path: Path): Position;
  /** A scalar as it was written, so that decimals never pass through floating point; null for anything else. */
  written(path: Path): string | null;
}

export interface ReadYaml {
  /** null: nothing to look into. */
  readonly source: Source | null;
  readonly problems: readonly ConfigProblem[];
}

/** YAML 1.2, one document, no key twice, no foreign tags. */
export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { version: "1.2", stringKeys: true, prettyErrors: false, lineCounter: lines });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems = [...document.errors, ...document.warnings].map((error) => explain(error, at(error.pos[0]), text));
  if (problems.some((problem) => problem.code !== "CONFIG_KEY_TWICE")) return { source: null, problems };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    return {
      source: null,
      problems: [{ code: "CONFIG_EMPTY", what: "there is nothing in it", wayOut: "start from an example in config/" }],
    };
  return plain(document.contents, () => document.toJS({ maxAliasCount: 100 }), at, problems);
}

function plain(root: Node, toJs: () => unknown, at: (offset: number) => Position, problems: readonly ConfigProblem[]): ReadYaml {
  try {
    const value: unknown = toJs();
    return { source: { value, positionOf: (path) => at(offsetOf(root, path)), written: (path) => writtenAt(root, path) }, problems };
  } catch (error) {
    // Aliases without anchor, or so many that they would fill the memory.
    const what = String((error as { readonly message?: unknown }).message ?? error);
    return {
      source: null,
      problems: [...problems, { code: "CONFIG_SYNTAX", line: 1, what, wayOut: "write the values out instead of using aliases" }],
    };
  }
}

const SENTENCES: Readonly<Record<string, readonly [string, string]>> = {
  TAB_AS_INDENT: ["a tab as indent", "use two spaces for each level"],
  MULTIPLE_DOCS: ["a second document starts here", "keep one document in the file"],
  BAD_INDENT: ["the indent doesn't fit", "use two spaces for each level, the same for all keys of a group"],
  TAG_RESOLVE_FAILED: ["an unknown tag", "write the plain value"],
  NON_STRING_KEY: ["a key that is no text", "write the key as plain text"],
};

function explain(error: YAMLError, position: Position, text: string): ConfigProblem {
  if (error.code === "DUPLICATE_KEY") {
    const key = /^[^\s:]*/.exec(text.slice(error.pos[0], error.pos[0] + 60))?.[0] ?? "";
    return { code: "CONFIG_KEY_TWICE", ...position, key, what: "this key comes twice", wayOut: "keep one of them" };
  }
  const [what, wayOut] = SENTENCES[error.code] ?? [error.message, "see the examples in config/"];
  return { code: "CONFIG_SYNTAX", ...position, what, wayOut };
}

function offsetOf(root: Node, path: Path): number {
  let node: unknown = root;
  let offset = root.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step);
      if (pair === undefined) return offset;
      offset = (pair.key as Scalar).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    }
  }
  return offset;
}

function writtenAt(root: Node, path: Path): string | null {
  let node: unknown = root;
  for (const step of path) {
    if (isMap(node)) node = node.get(step, true);
    else if (isSeq(node)) node = node.get(step, true);
    else return null;
  }
  return isScalar(node) ? (node.source ?? null) : null;
}
