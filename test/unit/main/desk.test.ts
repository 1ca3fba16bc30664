import { afterAll, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { Interface } from "ethers";
import { connect, type Rpc } from "../../../adapters/evm/rpc.ts";
import { GRID_VAULT_ABI } from "../../../contracts/abi/grid-vault.ts";
import { address, assert, homeId, type Interval, interval, toHex } from "../../../engine/kernel/index.ts";
import { deliveryStart, type MarketRules } from "../../../engine/messages/index.ts";
import { Allowance } from "../../../src/main/street/allowance.ts";
import { Desk } from "../../../src/main/street/desk.ts";
import { Registrar } from "../../../src/main/street/registrar.ts";
import type { Log, Registry } from "../../../src/ports/index.ts";
import { QUIET } from "../../support/quiet.ts";
import { RULES } from "../../support/rules.ts";
import { sendAs } from "../../support/send-as.ts";
import { addressOf } from "../../support/test-chain.ts";
import { agentAddress, ownerAddress, TestStreet } from "../../support/test-street.ts";

const LIMITS = { deposits: 4, withdrawals: 4, payments: 4, keyChanges: 3, departures: 3, motions: 2, votes: 10, gas: 1_500_000 };

jest.setTimeout(60_000);

const rules: MarketRules = { ...RULES, periodIntervals: 96 };
const EDGE = interval(48_096);
const VAULT = new Interface(GRID_VAULT_ABI);

let street: TestStreet;
let node: Rpc;
let desk: Desk;
const meta = new Map<string, string>();
const told: string[] = [];
let now: number;

const log: Log = {
  ...QUIET,
  info: (event) => void told.push(event),
  warn: (event, data) => void told.push(`${event} ${JSON.stringify(data)}`),
};

async function registryNow(): Promise<Registry> {
  const answer = await street.chain.registry();
  assert(answer.ok, "the chain answers");
  return answer.value;
}

async function openDesk(relay = street.relay): Promise<Desk> {
  const registry = await registryNow();
  const clock = { now: () => now, speed: 1 };
  const registrar = new Registrar({
    relay,
    node: { membership: { registry } },
    rules,
    clock: clock as never,
    log,
    invitation: "",
    networkKey: "",
  });
  const store = { getMeta: (key: string) => meta.get(key) ?? null, setMeta: (key: string, value: string) => void meta.set(key, value) };
  return new Desk({
    relay,
    vouch: () => Promise.reject(new Error("not asked")),
    registrar,
    registry: () => registry,
    allowance: new Allowance({ clock, store }, LIMITS),
    log,
  });
}

beforeAll(async () => {
  street = await TestStreet.start();
  node = connect({ rpc: street.rpc });
  await node.ask("anvil_autoImpersonateAccount", [true]);
});
let snapshot: unknown;
beforeEach(async () => {
  if (snapshot !== undefined) await node.ask("evm_revert", [snapshot]);
  const answer = await node.ask("evm_snapshot", []);
  snapshot = answer.ok && answer.value;
  meta.clear();
  told.length = 0;
  now = deliveryStart(rules, 48_050 as Interval) * 1000;
  desk = await openDesk();
});
afterAll(async () => {
  node.close();
  await street.close();
});

let lastAgent = 100;
/** As the owner of home `by` signs it. */
function rotation(home: number, { since = EDGE, by = home } = {}) {
  const agent = agentAddress(lastAgent++);
  const signature = street.signedByOwner(by, (digests) => digests.rotateAgent({ home: homeId(home), agent, since }));
  return { agent, since, signature: toHex(signature) };
}

const transactions = async (): Promise<number> => {
  const count = await node.ask("eth_getTransactionCount", [addressOf(1), "latest"]);
  return count.ok ? Number(count.value) : Number.NaN;
};
const codeOf = (result: { readonly ok: boolean; readonly code?: string }): string => (result.ok ? "ok" : result.code!);

test("a home's changes are carried up to its allowance, also by an operator that was started again; another home's are carried still", async () => {
  for (let i = 0; i < 3; i++) expect(codeOf(await desk.rotateAgent(2, rotation(2)))).toBe("ok");
  desk = await openDesk();
  const paid = await transactions();
  const refused = await desk.rotateAgent(2, rotation(2));
  expect(refused).toMatchObject({ ok: false, code: "LIMIT_REACHED" });
  expect(refused.ok ? "" : refused.detail).toContain(
    "home 2 has had its 3 changes of key of this day; it is carried again from 1971-05-17T",
  );
  expect(await transactions()).toBe(paid);
  expect(codeOf(await desk.rotateAgent(3, rotation(3)))).toBe("ok");
  now += 86_400_000;
  expect(codeOf(await desk.rotateAgent(2, rotation(2, { since: interval(48_192) })))).toBe("ok");
});

test("what somebody else signed costs the operator nothing and the home none of its allowance", async () => {
  const paid = await transactions();
  for (let i = 0; i < 5; i++)
    expect(await desk.rotateAgent(2, rotation(2, { by: 3 }))).toMatchObject({
      code: "CHANGE_REFUSED",
      detail: "it isn't signed by the home's owner, or was carried before",
    });
  expect(await transactions()).toBe(paid);
  for (let i = 0; i < 5; i++) expect(codeOf(await desk.rotateAgent(2, rotation(2, { since: interval(48_095) })))).toBe("CHANGE_TOO_SOON");
  expect(codeOf(await desk.rotateAgent(77, rotation(2)))).toBe("HOME_UNKNOWN");
  for (let i = 0; i < 3; i++) expect(codeOf(await desk.rotateAgent(2, rotation(2)))).toBe("ok");
});

test("a home's flood waits for itself: who asks after it has its turn before the rest of it", async () => {
  const done: string[] = [];
  const asked = [2, 2, 2, 2, 2, 2, 2, 3].map(async (home) => {
    const end = codeOf(await desk.rotateAgent(home, rotation(home)));
    done.push(`${home} ${end}`);
  });
  await Promise.all(asked);
  expect(done.slice(0, 2)).toEqual(["2 TOO_MANY_REQUESTS", "2 TOO_MANY_REQUESTS"]);
  expect(done.indexOf("3 ok")).toBe(4);
  expect(done.filter((each) => each === "2 ok")).toHaveLength(3);
  expect(done.at(-1)).toBe("2 LIMIT_REACHED");
});

test("a withdrawal is paid once it is due, without its owner's asking again, and so many a day", async () => {
  const to = address(addressOf(9));
  await node.ask("anvil_setBalance", [ownerAddress(2), "0xde0b6b3a7640000"]);
  const ask = async (): Promise<void> => {
    const data = VAULT.encodeFunctionData("requestWithdraw", [2, to, 100]);
    await sendAs(node, { from: ownerAddress(2), to: street.vault, data });
  };
  const payDue = async (): Promise<number> => {
    const balances = await street.chain.balances();
    assert(balances.ok, "the chain answers");
    await desk.payDue(balances.value);
    const after = await street.chain.balances();
    assert(after.ok, "the chain answers");
    return after.value.requested[2]!;
  };
  await ask();
  expect(await payDue()).toBe(10_000);
  expect(told).toEqual([]);
  await node.ask("evm_increaseTime", [8 * 86_400]);
  await node.ask("evm_mine", []);
  expect(await payDue()).toBe(0);
  expect(told).toEqual(["withdrawal.paid"]);
  const paid = await transactions();
  expect(await payDue()).toBe(0);
  expect(await transactions()).toBe(paid);
  for (let i = 0; i < 4; i++) {
    await ask();
    await node.ask("evm_increaseTime", [8 * 86_400]);
    await node.ask("evm_mine", []);
    expect(await payDue()).toBe(i < 3 ? 0 : 10_000);
  }
  expect(await payDue()).toBe(10_000);
  expect(told.slice(4)).toEqual([expect.stringMatching(/^withdrawal\.unpaid .*LIMIT_REACHED.*4 payments of this day/)]);
  now += 86_400_000;
  expect(await payDue()).toBe(0);
});

test("without the chain nothing is booked, and the code says so", async () => {
  const relay = street.openRelayAt("http://127.0.0.1:1");
  desk = await openDesk(relay);
  for (let i = 0; i < 4; i++) expect(codeOf(await desk.rotateAgent(2, rotation(2)))).toBe("CHAIN_AWAY");
  await relay.close();
  expect(meta.size).toBe(0);
});
