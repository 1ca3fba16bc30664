import { assert } from "../kernel/index.ts";
import { WHOLE } from "./market.ts";
import type { ClearingInput, Network } from "./types.ts";

/** What admission and the rules' own door have promised; a broken promise is our bug and must not become a wrong number. */
export function assertClearable({ interval, orders, network, rules }: ClearingInput): void {
  assert(Number.isSafeInteger(rules.tick) && rules.tick > 0, "the tick is a positive integer");
  assert(Number.isSafeInteger(rules.kPermille) && rules.kPermille >= 0 && rules.kPermille <= 1000, "k lies between 0 and 1000 thousandths");
  assertTree(network, rules.tick);
  for (const { body } of orders) {
    assert(body.interval === interval, "all orders are for the interval that is cleared");
    assert(Number.isSafeInteger(body.energy) && body.energy > 0, "an order's energy is a positive integer");
    assert(Number.isSafeInteger(body.limit) && body.limit >= 0 && body.limit % rules.tick === 0, "limits are multiples of the tick");
  }
}

function assertTree({ nodes, homes }: Network, tick: number): void {
  assert(nodes.length > 0 && nodes[0]!.edge === null, "the first node is the root and has no edge");
  for (const [node, { edge }] of nodes.entries()) {
    if (node === 0) continue;
    assert(
      edge !== null && Number.isSafeInteger(edge.parent) && edge.parent >= 0 && edge.parent < node,
      "a parent stands before its children",
    );
    assert(isAmount(edge.importCapacity) && isAmount(edge.exportCapacity), "capacities are whole watt-hours from 0");
    assert(isAmount(edge.fee) && edge.fee % tick === 0, "fees are multiples of the tick");
    assert(isAmount(edge.lossPpm) && edge.lossPpm < WHOLE, "losses are less than a million millionths");
  }
  for (const node of homes.values()) assert(isAmount(node) && node < nodes.length, "every home sits at a node of the network");
}

const isAmount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
