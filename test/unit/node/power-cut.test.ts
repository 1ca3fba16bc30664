import { expect, test } from "@jest/globals";
import { FIRST, SimulatedStreet } from "../../../src/sim/index.ts";

// Every validator has signed its list, and nobody has heard another's, when the power goes: what they name is bound to be had.
test.each([
  ["all homes come back", 4],
  ["a quorum of them does", 3],
])("a street without power between its lists and their certificate goes on when %s", async (_, returning) => {
  const street = new SimulatedStreet({ seed: 7, homes: 4, faults: { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } } });
  await street.start();
  await street.runTo(4, -20);
  street.network.partition(...street.homes.map(({ name }) => [name]));
  await street.runTo(4, 1_800);
  const lists = street.homes.map(({ said }) => said.flatMap((message) => (message.kind === "list" ? [message.list.body] : [])).at(-1)!);
  expect(lists.map(({ interval, readings }) => [interval - FIRST, readings.length])).toEqual(Array(4).fill([4, 4]));
  for (const home of street.everybody) home.stop();
  street.network.heal();
  const back = street.homes.slice(0, returning);
  for (const home of back) await home.start();
  await street.runTo(10);
  expect(Math.min(...back.map(({ node }) => node.rounds.current - FIRST))).toBeGreaterThan(8);
  street.stop();
});
