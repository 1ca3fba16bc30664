import { runDump } from "../sunspec/dump.ts";
import type { DeviceCommand } from "./command.ts";
import { runNativeDump } from "./dump.ts";
import { runTest } from "./hold.ts";
import { runRead, runWatch } from "./read.ts";

/** What is done with one device, or with what one said once. */
export async function runDevice(command: DeviceCommand): Promise<number> {
  switch (command.place) {
    case "read":
      return runRead(command);
    case "watch":
      return runWatch(command);
    case "test":
      return runTest(command);
    case "dump":
      return command.profile === null ? runDump(command) : runNativeDump(command);
  }
}
