import type { Adversary } from "../street/adversary.ts";

/** Has paid nothing in, and orders as if it had. */
export const overspending: Adversary = {
  name: "overspending",
  corrupt: (modules, { chain, home }) => {
    chain.deposits.set(home, 0);
    return modules;
  },
};
