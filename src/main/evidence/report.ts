import type { Case, Said } from "./cases.ts";
import type { Street } from "./sources.ts";

/** What was found, and where. */
export interface Found {
  readonly from: string;
  readonly street: Street;
  readonly cases: readonly Case[];
}

/** For programs: where it was found, what it was held to, and every case. */
export function jsonOf({ from, street: { name, keysFrom }, cases }: Found): string {
  return `${JSON.stringify({ from, street: name, keysFrom, proved: cases.filter(({ proved }) => proved).length, cases }, null, 2)}\n`;
}

/** For people. */
export function textOf({ from, street: { name, keysFrom }, cases }: Found): string {
  const proved = cases.filter((each) => each.proved).length;
  const count = cases.length === 1 ? "one piece" : `${cases.length} pieces`;
  return [
    cases.length === 0
      ? `No evidence in ${from}: nobody of ${name} was proved to have broken a rule.`
      : `${count} of evidence in ${from}, held to ${name}`,
    ...(cases.length === 0 ? [] : [`Keys: ${keysFrom}`]),
    ...cases.flatMap((each, index) => ["", ...lines(each, index + 1)]),
    ...(cases.length === 0
      ? []
      : ["", proved === cases.length ? "Each of them proves what it says." : `${cases.length - proved} of ${cases.length} prove nothing.`]),
    "",
  ].join("\n");
}

function lines({ id, home, name, interval, intervalNumber, rule, first, second, keys, verdict }: Case, number: number): readonly string[] {
  const who = home === null ? "nobody that could be told" : `${name} (home ${home})`;
  return [
    `${number}. ${who}`,
    ...rows([
      ["evidence", id],
      ["interval", interval === null ? null : `${interval}, number ${intervalNumber}`],
      ["rule", rule],
      ...saidRows("first", first),
      ...saidRows("second", second),
      ["its keys", keys.length === 0 ? null : keys.join(", ")],
      ["verdict", verdict],
    ]),
  ];
}

const saidRows = (which: string, said: Said | null): readonly (readonly [string, string | null])[] =>
  said === null
    ? []
    : [
        [which, `${said.kind}: ${said.says}`],
        ["", `digest ${said.digest}`],
        ["", `signed by ${said.signer ?? "no key"}`],
      ];

const rows = (all: readonly (readonly [string, string | null])[]): readonly string[] =>
  all.flatMap(([left, right]) => (right === null ? [] : [`   ${left.padEnd(10)} ${right}`]));
