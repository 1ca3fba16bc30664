/** Who may import whom. Read top to bottom: the core knows nobody, main knows everybody. */
const ENGINE = "^engine/[a-z]+/index\\.ts$";
const folders = ["^engine/", "^src/", "^adapters/", "^contracts/", "^bench/", "^test/", "^config/"];
const only = (name, from, mayImport, comment) => ({
  name,
  comment: comment ?? "only what the arrows of the design allow",
  severity: "error",
  from: { path: from },
  to: { path: folders, pathNot: [from, ...mayImport] },
});

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", comment: "a cycle has no first room", from: {}, to: { circular: true } },

    only("kernel-knows-nobody", "^engine/kernel/", [], "units, bytes, hash, result, assert"),
    only("messages", "^engine/messages/", ["^engine/kernel/index"]),
    only("admission", "^engine/admission/", ["^engine/(kernel|messages)/index"]),
    only("auction", "^engine/auction/", ["^engine/(kernel|messages|admission)/index"]),
    only("book", "^engine/book/", ["^engine/(kernel|messages|admission|auction)/index"]),
    only("venue", "^engine/venue/", ["^engine/(kernel|messages|admission|auction|book)/index"]),
    only("agreement", "^engine/agreement/", ["^engine/(kernel|messages|admission|auction)/index"]),
    only("settlement", "^engine/settlement/", ["^engine/(kernel|messages|admission|auction)/index"]),
    only("engine-is-alone", "^engine/", [], "the core imports nothing of ours from outside"),

    only("ports", "^src/ports/", [ENGINE]),
    only("agent", "^src/agent/", [ENGINE, "^src/ports/index"]),
    only("node", "^src/node/", [ENGINE, "^src/(ports|agent)/index"]),
    only("sim", "^src/sim/", [ENGINE, "^src/(ports|agent|node)/index"]),
    only("src-venue", "^src/venue/", [ENGINE, "^src/ports/index"]),
    only("api", "^src/api/", [ENGINE, "^src/ports/index"]),
    only("cli", "^src/cli/", ["^engine/kernel/index", "^src/ports/index"]),
    only("web", "^src/web/", ["^engine/kernel/index", "^src/api/state"], "the page knows the shape of the state and no more"),
    only("adapters-see-ports", "^adapters/", [ENGINE, "^src/ports/index", "^contracts/abi/"]),
    {
      name: "adapters-are-strangers",
      severity: "error",
      comment: "no adapter imports another",
      from: { path: "^adapters/([^/]+)/" },
      to: { path: "^adapters/", pathNot: "^adapters/$1/" },
    },
    {
      name: "only-main-wires",
      severity: "error",
      comment: "vendors are wired in src/main alone",
      from: { path: "^src/", pathNot: "^src/main/" },
      to: { path: "^adapters/" },
    },
    {
      name: "main-enters-by-the-door",
      severity: "error",
      comment: "from outside a folder you import its index",
      from: { path: "^src/main/" },
      to: { path: "^(engine|adapters|src/(ports|agent|node|sim|venue|api|cli))/", pathNot: "/index\\.ts$" },
    },
    {
      name: "engine-npm",
      severity: "error",
      comment: "one hash library, and only where bytes are hashed",
      from: { path: "^engine/", pathNot: "^engine/kernel/keccak\\.ts$" },
      to: { dependencyTypes: ["npm", "npm-dev", "core"] },
    },
    {
      name: "keccak-is-hash-wasm",
      severity: "error",
      comment: "one hash library",
      from: { path: "^engine/" },
      to: { dependencyTypes: ["npm", "npm-dev", "core"], pathNot: "node_modules/hash-wasm" },
    },
    {
      name: "pure-src",
      severity: "error",
      comment: "agent, node, ports and sim run on the language alone",
      from: { path: "^src/(ports|agent|node|sim)/" },
      to: { dependencyTypes: ["npm", "npm-dev", "core"] },
    },
    {
      name: "no-test-code-in-product",
      severity: "error",
      comment: "the product does not need its tests",
      from: { path: "^(engine|src|adapters|contracts/(abi|deploy))/" },
      to: { path: "^(test|bench)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".tsx", ".js", ".cjs", ".mjs"],
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types"],
    },
  },
};
