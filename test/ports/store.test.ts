import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../adapters/store/index.ts";
import { memoryDisk, memoryStore, restoredDisk } from "../../src/sim/index.ts";
import { temporaryFolder } from "../support/folder.ts";
import { storeContract } from "./store.contract.ts";

storeContract("memory", () => {
  let disk = memoryDisk();
  return {
    open: (keepIntervals) => memoryStore(disk, keepIntervals),
    copy: () => {
      const copied = structuredClone(disk);
      return () => {
        disk = restoredDisk(copied);
      };
    },
    remove: () => {},
  };
});

storeContract("SQLite", () => {
  const folder = temporaryFolder();
  const path = join(folder.path, "home");
  let isComplete = true;
  return {
    open: (keepIntervals) => {
      const opened = openStore(path, { keepIntervals, isComplete });
      if (!opened.ok) throw new Error(opened.detail);
      isComplete = false;
      return opened.value;
    },
    copy: () => {
      const copy = join(folder.path, "copy");
      cpSync(path, copy, { recursive: true });
      return () => {
        rmSync(path, { recursive: true });
        cpSync(copy, path, { recursive: true });
      };
    },
    remove: folder.remove,
  };
});
