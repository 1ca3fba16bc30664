import { describe, expect, test } from "@jest/globals";
import { parseConfig } from "../../../src/main/config/index.ts";

const street = (chain: string) => parseConfig(`rules: r.yaml\ndata: d\n${chain}`, "street.yaml", "street");
const problems = (chain: string): readonly string[] => {
  const parsed = street(chain);
  return parsed.ok ? [] : parsed.problems.map(({ code, key, what }) => `${code} ${key}: ${what}`);
};

describe("chain", () => {
  test("left out: the street starts its own", () => {
    expect(street("")).toMatchObject({ ok: true, value: { outside: null } });
  });

  test("one node", () => {
    expect(street("chain:\n  rpc: https://a.example\n  id: 5\n")).toMatchObject({
      ok: true,
      value: {
        outside: {
          rpc: ["https://a.example"],
          id: 5,
          homesRpc: "https://a.example",
          connectMs: 2_000,
          answerMs: 5_000,
          feeCap: 500_000_000_000n,
        },
      },
    });
  });

  test("several, of which homes are told one that needs no key", () => {
    const text =
      "chain:\n  rpc: [https://a.example/v3/hunter2, http://10.0.0.2:8545]\n  id: 5\n  homesRpc: http://10.0.0.2:8545\n  feeCapGwei: 3\n";
    expect(street(text)).toMatchObject({
      ok: true,
      value: {
        outside: {
          rpc: ["https://a.example/v3/hunter2", "http://10.0.0.2:8545"],
          homesRpc: "http://10.0.0.2:8545",
          feeCap: 3_000_000_000n,
        },
      },
    });
  });

  test.each([
    ["a chain of its own", "", 0],
    ["one outside", "chain:\n  rpc: https://a.example\n  id: 5\n", 21_600],
    ["one outside, said", "chain:\n  rpc: https://a.example\n  id: 5\n  challengeSeconds: 0\n", 0],
    ["the shortest", "chain:\n  challengeSeconds: 10\n", 10],
    ["the longest", "chain:\n  challengeSeconds: 2592000\n", 2_592_000],
  ])("time for challenges: %s", (_, text, challengeSeconds) => {
    expect(street(text)).toMatchObject({ ok: true, value: { challengeSeconds } });
  });

  test.each<readonly [string, string, readonly string[]]>([
    [
      "no time to look",
      "chain:\n  challengeSeconds: 9\n",
      ["CONFIG_CONFLICT chain.challengeSeconds: 9 s are over before a home can look and answer"],
    ],
    ["a window before", "chain:\n  challengeSeconds: -1\n", ["CONFIG_VALUE chain.challengeSeconds: this is less than 0"]],
    ["a window without end", "chain:\n  challengeSeconds: 2592001\n", ["CONFIG_VALUE chain.challengeSeconds: this is more than 2592000"]],
    ["no id", "chain:\n  rpc: https://a.example\n", ["CONFIG_CONFLICT chain.rpc: needs chain.id"]],
    ["only an id", "chain:\n  id: 5\n", ["CONFIG_CONFLICT chain.id: needs chain.rpc"]],
    [
      "a key that homes would be told",
      "chain:\n  id: 5\n  rpc: https://a.example/hunter2\n",
      ["CONFIG_CONFLICT chain.rpc: https://a.example/*** has a key or a password in it, and homes are told it"],
    ],
    [
      "no address",
      "chain:\n  id: 5\n  rpc: [https://a.example, hunter2]\n",
      ["CONFIG_CONFLICT chain.rpc[1]: is no http or https address of a node"],
    ],
    ["another protocol", "chain:\n  id: 5\n  rpc: wss://a.example\n", ["CONFIG_CONFLICT chain.rpc: is no http or https address of a node"]],
    ["a number", "chain:\n  id: 5\n  rpc: [123456]\n", ["CONFIG_TYPE chain.rpc[0]: this is not a text"]],
    ["nothing", "chain:\n  id: 5\n  rpc: []\n", ["CONFIG_VALUE chain.rpc: has fewer than 1 entries"]],
    ["no time at all", "chain:\n  id: 5\n  rpc: http://a\n  answerMs: 1\n", ["CONFIG_VALUE chain.answerMs: this is less than 50"]],
  ])("refused: %s", (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});
