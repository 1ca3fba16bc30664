import { type Flags, GLOBAL_FLAGS, placeOf, targetOf, VERBS, type Verb } from "./flags.ts";

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
  const words = [placeOf(verb), targetOf(verb)].flatMap((word) => (word === null ? [] : [` [${word}]`]));
  return [`commonwatt ${verb}${words.join("")}: ${help}`, "", ...(hasFlags ? [...flagLines(flags), ""] : []), ...everywhere()];
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
  rows.flatMap(([left, right]) => wrapped(right).map((line, at) => `  ${(at === 0 ? left : "").padEnd(20)} ${line}`));

/** A terminal's width, without the left column. */
const WIDTH = 76;

function wrapped(text: string): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
