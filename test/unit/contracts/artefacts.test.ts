import { spawnSync } from "node:child_process";
import { describe, expect, test } from "@jest/globals";
import { GRID_VAULT_ABI } from "../../../contracts/abi/grid-vault.ts";
import { staleModules } from "../../../contracts/deploy/compile.ts";

describe("contracts/abi", () => {
  test("was made from the sources, settings and compiler that lie here", () => {
    expect(staleModules()).toEqual([]);
  });

  test("is what they compile to", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["contracts/deploy/compile.ts", "--check"], { encoding: "utf8" });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: "" });
  }, 120_000);

  test("has no way to move money but the ones it is made for", () => {
    const writes = GRID_VAULT_ABI.filter((each) => each.type === "function" && each.stateMutability !== "view");
    const names = writes.map((each) => ("name" in each ? each.name : "")).sort();
    expect(names).toEqual([
      "challenge",
      "deposit",
      "depositWide",
      "depositWithPermit",
      "expire",
      "finalize",
      "finalizeWithdraw",
      "leaveStreet",
      "leaveStreetFor",
      "pause",
      "propose",
      "redirectWithdraw",
      "redirectWithdrawFor",
      "register",
      "registerMany",
      "repay",
      "requestWithdraw",
      "requestWithdrawFor",
      "rotateAgent",
      "rotateAgentFor",
      "setAuthority",
      "setPayee",
      "setValidators",
      "unpause",
      "veto",
      "withdrawNow",
    ]);
  });
});
