import { writeFile } from "node:fs/promises";
import { captureOf } from "../../../adapters/modbus/index.ts";
import { systemClock } from "../../../adapters/system/index.ts";
import type { Command } from "../../cli/index.ts";
import { cannotStart } from "../exit.ts";
import { survey } from "./survey.ts";

type DeviceCommand = Extract<Command, { verb: "device" }>;

/** Writes what a device's registers hold as a capture: a file for tests to play that device with. */
export async function runDump({ target, out, ...wish }: DeviceCommand): Promise<number> {
  const { unit, survey: seen } = await survey(target, wish);
  const capture = captureOf(seen, { unit, at: new Date(systemClock().now()) });
  await writeCapture(out, capture);
  process.stderr.write(
    `${seen.models.length} models${out === null ? "" : ` to ${out}`}; masked: ${capture.masked.join(", ")}. Look through it before you give it away: models of the vendor's own may hold more\n`,
  );
  return 0;
}

/** To a file, or to the terminal. */
export async function writeCapture(out: string | null, capture: object): Promise<void> {
  const text = `${JSON.stringify(capture)}\n`;
  if (out === null) process.stdout.write(text);
  else await write(out, text);
}

/** A capture that was filled in by hand is not written over. */
async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw cannotStart("CAPTURE_UNWRITABLE", `${path} can't be written (${error.message})`, "choose another file with --out FILE");
  }
}
