import type { Command } from "../../cli/index.ts";

export type DeviceCommand = Extract<Command, { verb: "device" }>;
