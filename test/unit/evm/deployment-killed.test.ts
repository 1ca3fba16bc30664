import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { deployCommunity, deployStreet, openChain, openOutbox, type StreetPlan, startAnvil } from "../../../adapters/evm/index.ts";
import type { Outbox } from "../../../adapters/evm/outbox/index.ts";
import { connect, type Rpc } from "../../../adapters/evm/rpc.ts";
import { CURRENCY, VAULT, view } from "../../../adapters/evm/vault.ts";
import { type Address, address, assert, type Digest, interval } from "../../../engine/kernel/index.ts";
import type { DecidedRules } from "../../../src/ports/index.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { addressOf, CHAIN_ID, keyOf } from "../../support/test-chain.ts";
import { DELAY, FIRST_RULES, GRACE, LEAST, MOST, VOTING } from "../../support/test-community.ts";
import { newHome, planOf } from "../../support/test-street.ts";

jest.setTimeout(120_000);

const ESCAPE = 86_400;
const RULES: DecidedRules = { ...FIRST_RULES, hash: FIRST_RULES.hash as Digest, since: interval(FIRST_RULES.since) };
/** In blocks: nothing is final meanwhile, as on a public chain. */
const FINALITY = 1_000;
/** One that certifies and one that doesn't, each with the same escrow, and notice for whoever governs. */
const PLAN: Partial<StreetPlan> = {
  validators: [newHome(0)],
  homes: [newHome(1)],
  rulesHash: RULES.hash,
  escapeSeconds: ESCAPE,
  governanceSeconds: ESCAPE + 1,
  finality: FINALITY,
};

let rpc: string;
let node: Rpc;
let stop: () => Promise<void>;
let folder: ReturnType<typeof temporaryFolder>;
beforeAll(async () => {
  const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile: null, funded: [1, 2].map((n) => address(addressOf(n))) });
  assert(anvil.ok, anvil.ok ? "" : anvil.detail);
  ({ rpc, stop } = anvil.value);
  node = connect({ rpc });
});
afterAll(async () => {
  node.close();
  await stop();
});
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** The street's vault, currency and community. */
async function deploy(operator: number, outbox: Outbox) {
  const key = keyOf(operator);
  const street = await deployStreet({ ...planOf(rpc, PLAN), key, outbox });
  if (!street.ok) return street;
  const { vault } = street.value;
  const terms = { least: LEAST, most: MOST, votingSeconds: VOTING, delaySeconds: DELAY, graceSeconds: GRACE };
  const community = await deployCommunity({ rpc, chainId: CHAIN_ID, key, vault, rules: RULES, ...terms, outbox, finality: FINALITY });
  return community.ok ? { ok: true as const, value: { ...street.value, community: community.value } } : community;
}

const KILLED = "the process was killed";

/**
 * Is gone with the first thing that it writes: once what it signed is on disk and nobody has it, once a node has it and it doesn't know,
 * or once it knows that it is mined.
 */
function killed(outbox: Outbox): Outbox {
  let isDead = false;
  return {
    get entries() {
      return outbox.entries;
    },
    record(changes) {
      if (isDead) throw new Error(KILLED);
      if (changes.length === 0) return outbox.record(changes);
      isDead = true;
      if (changes[0]!.kind !== "sent") outbox.record(changes);
      throw new Error(KILLED);
    },
    close: () => outbox.close(),
  };
}

const accountOf = (operator: number): Address => address(addressOf(operator));
const opened = (operator: number): Outbox => {
  const outbox = openOutbox(folder.path, { chainId: CHAIN_ID, address: accountOf(operator) });
  assert(outbox.ok, outbox.ok ? "" : outbox.detail);
  return outbox.value;
};

async function transactionsOf(operator: number): Promise<number> {
  const count = await node.ask("eth_getTransactionCount", [accountOf(operator), "latest"]);
  return count.ok ? Number(count.value) : Number.NaN;
}

async function lives(operator: number): Promise<number> {
  for (let life = 0; ; life++) {
    const outbox = opened(operator);
    const deployed = await deploy(operator, killed(outbox));
    outbox.close();
    // Nothing was left to be written: all of it stands.
    if (deployed.ok) return life;
    expect(deployed.detail).toContain(KILLED);
  }
}

test("a deployment that is killed with whatever it writes goes on where it was, and pays for nothing twice", async () => {
  const whole = opened(2);
  expect((await deploy(2, whole)).ok).toBe(true);
  const needed = whole.entries.length;
  whole.close();
  expect([needed > 15, await transactionsOf(2)]).toEqual([true, needed]);

  expect(await lives(1)).toBe(3 * needed);
  const outbox = opened(1);
  const stands = await deploy(1, outbox);
  outbox.close();
  assert(stands.ok, "it stands");
  expect(await transactionsOf(1)).toBe(needed);

  const { vault, token } = stands.value;
  const chain = openChain({ rpc, chainId: CHAIN_ID, vault, finality: 0 });
  const registry = await chain.registry();
  expect(registry.ok && registry.value.homes.map(({ name }) => name)).toEqual(["home-0", "home-1"]);
  expect(registry.ok && registry.value.validatorSets.map(({ validators }) => validators.length)).toEqual([1]);
  const balances = await chain.balances();
  expect(balances).toMatchObject({ ok: true, value: { homes: [1_000_000, 1_000_000] } });
  await chain.close();
  const supply = await view(node, { to: token, contract: CURRENCY, method: "totalSupply", args: [] });
  const wide = await view(node, { to: vault, contract: VAULT, method: "wideBalance", args: [0] });
  expect([supply.ok && supply.value[0], wide.ok && wide.value[0]]).toEqual([52_000_000n, 500_000n]);
});

test("another plan in the same outbox makes another street", async () => {
  const outbox = opened(1);
  const on = { ...PLAN, governanceSeconds: 0, key: keyOf(1), outbox };
  const before = await deployStreet(planOf(rpc, on));
  const other = await deployStreet(planOf(rpc, { ...on, aheadSeconds: 7 }));
  outbox.close();
  expect([before, other]).toEqual([before, { ok: true, value: expect.anything() }]);
  expect(other.ok && before.ok && other.value.vault !== before.value.vault).toBe(true);
});
