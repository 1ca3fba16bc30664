import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { processesWith, ROOT, run } from "../support/street-process.ts";

jest.setTimeout(180_000);

const folder = mkdtempSync(join(tmpdir(), "commonwatt-second-evm-"));
const data = join(folder, "street");
const common = ["--homes", "4", "--processes", "1", "--port", "0", "--speed", "900", "--period", "4", "--intervals", "4"];
const args = [...common, "--data", data];
/** A machine that anvil isn't made for, as the real program sees it. */
const STRANGE_MACHINE = 'Object.defineProperty(process, "arch", { value: "riscv64" });\n';
const NO_ANVIL = { NODE_OPTIONS: `--import ${join(folder, "strange-machine.mjs")}` };

beforeAll(() => {
  writeFileSync(join(folder, "strange-machine.mjs"), STRANGE_MACHINE);
  for (const evm of ["anvil", "ethereumjs"])
    writeFileSync(join(folder, `${evm}.yaml`), `rules: ${join(ROOT, "config/market/street.yaml")}\ndata: ${data}\nchain: {evm: ${evm}}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const streetFile = (): { readonly chain: { readonly vault: string; readonly evm: string } } =>
  JSON.parse(readFileSync(join(data, "street.json"), "utf8"));

test("where there is no anvil a street settles on the other EVM, and says so", async () => {
  const { exit, out, err } = await run(args, NO_ANVIL);
  expect({ exit, err }).toEqual({ exit: 0, err: "" });
  expect(out).toMatch(/The chain runs on @ethereumjs\/vm, as there is no anvil for this machine/);
  expect(out).toMatch(/[4-9] intervals settled/);
  expect(out).toMatch(/money in = money out in every interval; [12] batch(es)? on the chain/);
  expect(streetFile().chain.evm).toBe("ethereumjs");
  expect(readFileSync(join(data, "log", "operator.log"), "utf8")).toMatch(/"evm":"ethereumjs"/);
  expect(processesWith(data)).toEqual([]);
});

test("started again it goes on with the chain that it has, though anvil is there", async () => {
  const { vault } = streetFile().chain;
  const { exit, out, err } = await run(args);
  expect({ exit, err }).toEqual({ exit: 0, err: "" });
  expect(out).toMatch(/The chain runs on @ethereumjs\/vm, as since its first start: /);
  expect(out).toMatch(/[12] batch(es)? on the chain/);
  expect(streetFile().chain).toMatchObject({ vault, evm: "ethereumjs" });
});

test("its chain can't be had on another EVM", async () => {
  const { exit, err } = await run([...args, "--config", join(folder, "anvil.yaml")]);
  expect(exit).toBe(1);
  expect(err).toMatch(/holds another street: its chain, which runs on ethereumjs, differs; use another folder/);
});

test("a file names the EVM of a new street", async () => {
  const other = join(folder, "other");
  const { exit, out } = await run([...common, "--config", join(folder, "ethereumjs.yaml"), "--data", other]);
  expect(exit).toBe(0);
  expect(out).toMatch(/The chain runs on @ethereumjs\/vm: .*\n(?:.*\n)*.*[12] batch(es)? on the chain/);
});
