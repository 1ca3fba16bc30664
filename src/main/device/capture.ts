import { readFile } from "node:fs/promises";
import type { CaptureFile } from "../../../adapters/modbus/index.ts";
import { cannotStart } from "../exit.ts";

const MAX_BYTES = 10_000_000;

/** A capture's file. */
export async function captureFrom(path: string): Promise<CaptureFile> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw cannotStart("CAPTURE_UNREADABLE", `${path} can't be read (${(error as Error).message})`, "check the path");
  });
  const capture = text.length > MAX_BYTES ? null : parsed(text);
  if (capture === null)
    throw cannotStart(
      "CAPTURE_MALFORMED",
      `${path} is no capture`,
      "a capture has blocks, each with its base and its registers; see adapters/modbus/README.md",
    );
  return capture;
}

function parsed(text: string): CaptureFile | null {
  try {
    const found = JSON.parse(text) as CaptureFile;
    return Array.isArray(found?.blocks) && found.blocks.every(isBlock) ? found : null;
  } catch {
    return null;
  }
}

const isBlock = (block: CaptureFile["blocks"][number] | null): boolean =>
  isWord(block?.base) && Array.isArray(block?.registers) && block.registers.every((word) => word === null || isWord(word));

const isWord = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff;
