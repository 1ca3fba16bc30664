import { openStore } from "../../adapters/store/index.ts";
import { memoryDisk, memoryStore } from "../../src/sim/index.ts";
import { temporaryFolder } from "../support/folder.ts";
import { storeContract } from "./store.contract.ts";

storeContract("memory", () => {
  const disk = memoryDisk();
  return { open: (keepIntervals) => memoryStore(disk, keepIntervals), remove: () => {} };
});

storeContract("SQLite", () => {
  const folder = temporaryFolder();
  return {
    open: (keepIntervals) => {
      const opened = openStore(folder.path, { keepIntervals });
      if (!opened.ok) throw new Error(opened.detail);
      return opened.value;
    },
    remove: folder.remove,
  };
});
