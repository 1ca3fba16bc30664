/** One wrong line of contracts/src: an exact text that is there once, and what stands in its place. */
export interface Mutant {
  readonly file: string;
  /** What goes wrong with it. */
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

/** Bugs that would cost money or stop a street; each is found by a Solidity test. */
export const MUTANTS: readonly Mutant[] = [
  { file: "GridVault.sol", what: "a withdrawal's record stays, so that it is paid again", from: "        delete _withdrawals[id];\n", to: "" },
  {
    file: "GridVault.sol",
    what: "nobody waits for the challenge window",
    from: "        if (block.timestamp < _finalizableAt()) revert WindowOpen(_finalizableAt());\n",
    to: "",
  },
  { file: "GridVault.sol", what: "a period may make money", from: "if (sum != 0) revert NotConserved(sum);", to: "" },
  { file: "GridVault.sol", what: "a home may fall below zero", from: "if (bad < words) revert LaneOverflow(bad);", to: "" },
];
