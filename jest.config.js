/** Real ES modules in Jest: needs Node's --experimental-vm-modules, which the npm scripts pass. */
export default {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2023", parser: { syntax: "typescript" } }, module: { type: "es6" } }] },
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  moduleNameMapper: { "^fast-check$": "<rootDir>/test/support/fast-check.js" },
  // Three workers share two cores.
  testTimeout: 60_000,
  testSequencer: "<rootDir>/test/support/longest-first.js",
};
