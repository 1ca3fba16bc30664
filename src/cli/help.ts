import { type Flags, GLOBAL_FLAGS, placeOf, VERBS, type Verb } from "./flags.ts";

/** Help for people: the verbs, or the flags of one. */
export function helpText(verb: Verb | null): string {
  return (verb === null || verb === "help" ? overview() : verbHelp(verb)).join("\n");
}

function overview(): readonly string[] {
  const verbs = Object.entries(VERBS).filter(([, { internal }]) => !internal);
  return [
    "Commonwatt: neighbours trade solar power.",
    "",
    "commonwatt [street] [flags]",
    ...columns(verbs.map(([name, { help }]) => [`commonwatt ${name}`, help])),
    "",
    "Flags of the street:",
    ...flagLines(VERBS.street.flags),
    "",
    ...everywhere(),
    "",
    "Exit codes: 0 done, 1 configuration or data is wrong, 2 wrong usage.",
  ];
}

function verbHelp(verb: Verb): readonly string[] {
  const { flags, help } = VERBS[verb];
  const hasFlags = Object.keys(flags).length > 0;
  const place = placeOf(verb);
  return [
    `commonwatt ${verb}${place === null ? "" : ` [${place}]`}: ${help}`,
    "",
    ...(hasFlags ? [...flagLines(flags), ""] : []),
    ...everywhere(),
  ];
}

const everywhere = (): readonly string[] => [
  ...flagLines(GLOBAL_FLAGS),
  ...columns([
    ["--help", "print help"],
    ["--version", "print the version"],
  ]),
];

const flagLines = (flags: Flags): readonly string[] =>
  columns(Object.entries(flags).map(([name, { sample, help }]) => [sample === "" ? `--${name}` : `--${name} ${sample}`, help]));

const columns = (rows: readonly (readonly [string, string])[]): readonly string[] =>
  rows.map(([left, right]) => `  ${left.padEnd(20)} ${right}`);
