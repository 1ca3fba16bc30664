import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type EmbeddedChain, startEmbedded } from "../../adapters/evm/index.ts";
import { address, assert } from "../../engine/kernel/index.ts";
import { addressOf, CHAIN_ID } from "../support/test-chain.ts";
import { newHome, TestStreet } from "../support/test-street.ts";
import { chainContract } from "./chain.contract.ts";

chainContract("evm on anvil", () => TestStreet.start());

describe("on one chain without anvil", () => {
  let chain: EmbeddedChain;
  beforeAll(async () => {
    const started = await startEmbedded({ evm: "ethereumjs", chainId: CHAIN_ID, stateFile: null, funded: [address(addressOf(1))] });
    assert(started.ok, started.ok ? "" : started.detail);
    chain = started.value;
  });
  afterAll(() => chain.stop());

  chainContract("evm on @ethereumjs/vm", () => TestStreet.on(chain.rpc));
});

test("homes without a vote are numbered after the validators", async () => {
  const street = await TestStreet.start({ homes: [newHome(5), newHome(6)] });
  try {
    const registry = await street.chain.registry();
    expect(registry.ok && registry.value.validators).toEqual([0, 1, 2, 3, 4]);
    expect(registry.ok && registry.value.homes.map(({ home, name }) => [home, name]).slice(4)).toEqual([
      [4, "home-4"],
      [5, "home-5"],
      [6, "home-6"],
    ]);
  } finally {
    await street.close();
  }
});
