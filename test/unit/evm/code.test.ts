import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { refuseCode } from "../../../adapters/evm/code.ts";
import { openChain } from "../../../adapters/evm/index.ts";
import { connect } from "../../../adapters/evm/rpc.ts";
import { assert } from "../../../engine/kernel/index.ts";
import { CHAIN_ID } from "../../support/test-chain.ts";
import { TestStreet } from "../../support/test-street.ts";

let street: TestStreet;
let code = "";

beforeAll(async () => {
  street = await TestStreet.start();
  code = (await ask("eth_getCode", [street.vault, "latest"])) as string;
});
afterAll(() => street.close());

async function ask(method: string, params: readonly unknown[]): Promise<unknown> {
  const rpc = connect({ rpc: street.rpc });
  const answer = await rpc.ask(method, params);
  rpc.close();
  assert(answer.ok, answer.ok ? "" : answer.detail);
  return answer.value;
}

const headAt = async (): Promise<unknown> => {
  const chain = openChain({ rpc: street.rpc, chainId: CHAIN_ID, finality: 0, vault: street.vault });
  const head = await chain.head();
  await chain.close();
  return head;
};

/** The code with one hex digit raised. */
const altered = (at: number): string => {
  const place = at < 0 ? code.length + at : at;
  const digit = (Number.parseInt(code[place]!, 16) + 1) % 16;
  return code.slice(0, place) + digit.toString(16) + code.slice(place + 1);
};

describe("the code at the vault's address", () => {
  test("is the compiler's, whatever the street's immutables are", async () => {
    expect(refuseCode(code)).toBeNull();
    expect(await headAt()).toMatchObject({ ok: true });
    const other = await TestStreet.on(street.rpc, { aheadSeconds: 77, challengeSeconds: 9 });
    const theirs = await ask("eth_getCode", [other.vault, "latest"]);
    await other.close();
    expect(theirs).not.toBe(code);
    expect(refuseCode(theirs)).toBeNull();
  });

  test.each([
    ["nothing", () => "0x", /no contract/],
    ["no hex", () => "0xzz", /could be read/],
    ["no text", () => null, /could be read/],
    ["a digit more at the start", () => altered(2), /not this version's GridVault/],
    ["a digit more in the middle", () => altered(20_000), /not this version's GridVault/],
    ["a digit more at the end", () => altered(-1), /not this version's GridVault/],
    ["only the end of it", () => `0x${code.slice(-200)}`, /not this version's GridVault/],
    ["something behind it", () => `${code}00`, /not this version's GridVault/],
  ])("%s is refused", (_, made, reason) => {
    expect(refuseCode(made())).toMatch(reason);
  });

  test("a contract that answers like ours and has other code is told at the first question", async () => {
    await ask("anvil_setCode", [street.vault, altered(-1)]);
    expect(await headAt()).toMatchObject({
      ok: false,
      code: "CHAIN_WRONG",
      detail: expect.stringContaining("not this version's GridVault"),
    });
    await ask("anvil_setCode", [street.vault, code]);
    expect(await headAt()).toMatchObject({ ok: true });
  });
});
