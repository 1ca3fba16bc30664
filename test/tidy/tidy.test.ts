import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** What git keeps, without what was just deleted; without git, what is there. */
function trackedFiles(): readonly string[] {
  try {
    const listed = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).split("\0");
    return listed.filter((file) => file !== "" && existsSync(join(ROOT, file)));
  } catch {
    const aside = /(^|\/)(node_modules|dist|data|\.git)(\/|$)/;
    const all = readdirSync(ROOT, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return all.map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length)).filter((file) => !aside.test(file));
  }
}

const FILES = trackedFiles();
const isCode = (file: string): boolean => /\.(ts|tsx|mjs|cjs|js|sol)$/.test(file);
/** Made by the compiler of the contracts. */
const isGenerated = (file: string): boolean => file.startsWith("contracts/abi/");
const CODE = FILES.filter((file) => isCode(file) && !isGenerated(file));
const TYPED = CODE.filter((file) => /\.tsx?$/.test(file));
const PRODUCT = CODE.filter((file) => !/^(test|contracts\/test|bench)\//.test(file));
const OURSELVES = "test/tidy/tidy.test.ts";

const sources = new Map<string, ts.SourceFile>();
function parsed(file: string): ts.SourceFile {
  const known = sources.get(file) ?? ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  sources.set(file, known);
  return known;
}

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

const lineOf = (file: string, node: ts.Node): number => parsed(file).getLineAndCharacterOfPosition(node.getStart()).line + 1;
const lines = (text: string): number => text.trimEnd().split("\n").length;

/** Files where a rule is broken, with where. */
const offences = (files: readonly string[], find: (file: string) => readonly string[]): readonly string[] =>
  files.flatMap((file) => find(file).map((what) => `${file}: ${what}`));

const matches = (pattern: RegExp) => (file: string) =>
  read(file)
    .split("\n")
    .flatMap((line, at) => (pattern.test(line) ? [`${at + 1}: ${line.trim().slice(0, 80)}`] : []));

describe("size", () => {
  test("a product file has at most 300 lines, a test at most 600", () => {
    expect(
      offences(CODE, (file) => {
        const most = PRODUCT.includes(file) ? 300 : 600;
        return lines(read(file)) > most ? [`${lines(read(file))} lines`] : [];
      }),
    ).toEqual([]);
  });

  /** What was longer when the rule came: may shrink, and leaves the list then. */
  const LONG: Readonly<Record<string, number>> = {};

  test("a function of the product has at most 60 lines", () => {
    const long = PRODUCT.filter((file) => /\.tsx?$/.test(file)).flatMap((file) =>
      [...nodesOf(parsed(file))].filter(ts.isFunctionLike).flatMap((node) => {
        const size = lines(node.getText());
        return size > 60 ? [[`${file}:${node.name?.getText() ?? lineOf(file, node)}`, size] as const] : [];
      }),
    );
    expect(Object.fromEntries(long)).toEqual(LONG);
  });
});

describe("names", () => {
  test("files and folders are kebab-case", () => {
    const conventional = /^(README|CHANGELOG|CONTRIBUTING|SECURITY|LICENSE|NOTICE|Dockerfile)/;
    const isPlain = (part: string): boolean =>
      /^\.?[a-z0-9]+([.-][a-z0-9]+)*$/.test(part) || conventional.test(part) || part.endsWith(".sol");
    expect(FILES.filter((file) => file.split("/").some((part) => !isPlain(part)))).toEqual([]);
  });

  test("every folder that a README lists exists, and every link leads somewhere", () => {
    const readmes = FILES.filter((file) => file.endsWith("README.md"));
    expect(
      offences(readmes, (file) => {
        const listed = [...read(file).matchAll(/^\| *`([a-z0-9-]+(?:\/[a-z0-9-]+)*)\/`/gm)].map((match) => match[1]!);
        const linked = [...read(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
        return [...listed, ...linked].filter((path) => !existsSync(join(ROOT, dirname(file), path)));
      }),
    ).toEqual([]);
  });
});

describe("words that have no place", () => {
  const written = CODE.filter((file) => file !== OURSELVES);

  test.each([
    ["export *", /^\s*export \*/],
    ["notes to ourselves: open an issue", /\b(TODO|FIXME|XXX)\b/],
    ["@ts-ignore", /@ts-(ignore|nocheck)/],
    ["tests that run alone", /\b(test|it|describe)\.only\(|\bfdescribe\(|\bfit\(/],
    ["tests that never run", /^\s*(test|it|describe)\.(skip|todo)\(|\bxit\(|\bxdescribe\(/],
  ])("%s", (_name, pattern) => {
    expect(offences(written, matches(pattern))).toEqual([]);
  });

  test("any", () => {
    const isAny = (node: ts.Node): boolean => node.kind === ts.SyntaxKind.AnyKeyword;
    expect(offences(TYPED, (file) => [...nodesOf(parsed(file))].filter(isAny).map((node) => `${lineOf(file, node)}`))).toEqual([]);
  });

  test("a machine's own paths and a registry's host", () => {
    const text = FILES.filter((file) => file !== OURSELVES && !/\.(png|gz|ico|svg|woff2?|jar)$/.test(file));
    expect(
      offences(text, matches(/(^|["'`(\s=])\/(work|tmp|root|Users|home\/\w+)\/|registry\.(npm|yarn)|npmmirror|artifactory|jfrog/)),
    ).toEqual([]);
    expect(read("package-lock.json")).not.toMatch(/"resolved": "(?!https:\/\/registry\.npmjs\.org\/)/);
  });
});

describe("the engine is pure", () => {
  const ENGINE = TYPED.filter((file) => file.startsWith("engine/"));
  const BANNED = new Set([
    "Date",
    "Intl",
    "localeCompare",
    "toLocaleString",
    "console",
    "setTimeout",
    "setInterval",
    "performance",
    "process",
    "globalThis",
    "fetch",
    "WeakRef",
    "Promise",
  ]);
  const HASHES = "engine/kernel/keccak.ts";

  test("no clock, no chance, no locale, no output", () => {
    expect(
      offences(ENGINE, (file) =>
        [...nodesOf(parsed(file))]
          .filter(
            (node) =>
              ts.isIdentifier(node) && (BANNED.has(node.text) || (node.text === "random" && node.parent.getText() === "Math.random")),
          )
          .map((node) => `${lineOf(file, node)}: ${node.getText()}`),
      ),
    ).toEqual([]);
  });

  test("nothing waits, but for the hash at the start", () => {
    const waits = (node: ts.Node): boolean =>
      [ts.SyntaxKind.AwaitExpression, ts.SyntaxKind.AsyncKeyword, ts.SyntaxKind.AwaitKeyword].includes(node.kind);
    expect(
      offences(
        ENGINE.filter((file) => file !== HASHES),
        (file) => [...nodesOf(parsed(file))].filter(waits).map((node) => `${lineOf(file, node)}`),
      ),
    ).toEqual([]);
  });

  test("whole numbers only", () => {
    const isFraction = (node: ts.Node): boolean => ts.isNumericLiteral(node) && /^[\d_]*\.\d|^\d[\d_]*e-/i.test(node.getText());
    expect(
      offences(ENGINE, (file) => [...nodesOf(parsed(file))].filter(isFraction).map((node) => `${lineOf(file, node)}: ${node.getText()}`)),
    ).toEqual([]);
  });

  test("agent, node, ports and sim take time and chance from ports", () => {
    const files = TYPED.filter((file) => /^src\/(agent|node|ports|sim)\//.test(file));
    const foreign = new Set(["setTimeout", "setInterval", "setImmediate", "console", "process", "performance"]);
    expect(
      offences(files, (file) =>
        [...nodesOf(parsed(file))]
          .filter((node) => (ts.isIdentifier(node) && foreign.has(node.text)) || ["Math.random", "Date.now"].includes(node.getText()))
          .map((node) => `${lineOf(file, node)}: ${node.getText()}`),
      ),
    ).toEqual([]);
  });
});

describe("public codes", () => {
  const READMES = FILES.filter((file) => file.endsWith("README.md"))
    .map(read)
    .join("\n");
  /** Other people's words. */
  const FOREIGN = /^(FST|ERR|HPE|Z)_|_SF$/;
  /** Turns the words of its library into ours. */
  const TRANSLATES = "src/main/config/yaml.ts";

  test("each has its line in a README", () => {
    const product = PRODUCT.filter(
      (file) => /^(engine|src|adapters)\/.*\.ts$/.test(file) && !file.startsWith("src/web/") && file !== TRANSLATES,
    );
    const code = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/;
    const unknown = product.flatMap((file) =>
      [...nodesOf(parsed(file))]
        .flatMap((node) =>
          ts.isStringLiteral(node) || (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name))
            ? [ts.isStringLiteral(node) ? node.text : node.name.getText()]
            : [],
        )
        .filter((word) => code.test(word) && !FOREIGN.test(word) && !READMES.includes(`\`${word}\``))
        .map((word) => `${word} (${file})`),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });
});

describe("package.json", () => {
  interface Package {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
    readonly scripts: Readonly<Record<string, string>>;
  }
  const { dependencies, devDependencies, scripts } = JSON.parse(read("package.json")) as Package;
  /** Needed without being imported: a name is found by the tool, not by us. */
  const UNSEEN: Readonly<Record<string, string>> = {
    "@foundry-rs/anvil": "its program is found in node_modules and started",
    "@foundry-rs/forge": "npm run forge finds its program in node_modules",
    "@swc/core": "@swc/jest compiles with it",
    "@types/node": "tsconfig.json names its folder",
    "@types/ws": "types of the ws that @fastify/websocket brings",
    "dependency-cruiser": "npm run rule",
    "@biomejs/biome": "npm run lint",
    jest: "npm run jest",
    node: "puts Node 24 first in npm scripts",
    typescript: "npm run types",
    vite: "builds the page",
  };

  test("every version is pinned", () => {
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  test("every dependency is imported, or is named here with its reason", () => {
    const text = `${FILES.filter((file) => /\.(ts|tsx|mjs|cjs|js|sol)$/.test(file) && file !== OURSELVES)
      .map(read)
      .join("\n")}`;
    const isImported = (name: string): boolean =>
      ['"', "'"].some((quote) => text.includes(`${quote}${name}${quote}`) || text.includes(`${quote}${name}/`));
    const unused = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !isImported(name) && !(name in UNSEEN));
    expect(unused).toEqual([]);
    expect(Object.keys(UNSEEN).filter((name) => !(name in dependencies || name in devDependencies))).toEqual([]);
  });

  test("what the product imports is no development dependency", () => {
    const text = PRODUCT.filter((file) => /^(engine|src|adapters)\//.test(file) && !file.startsWith("src/web/"))
      .map(read)
      .join("\n");
    expect(Object.keys(devDependencies).filter((name) => text.includes(`from "${name}"`) || text.includes(`from "${name}/`))).toEqual([]);
  });

  test("every program of a script comes from a dependency", () => {
    const programs = Object.values(scripts).flatMap((script) => script.split(/&&|\|\|/).map((part) => part.trim().split(/\s+/)[0]!));
    expect(programs.filter((program) => !["npm", "node", "tsc", "biome", "depcruise"].includes(program))).toEqual([]);
  });
});
