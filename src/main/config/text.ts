import { readFile, stat } from "node:fs/promises";
import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { ConfigCode } from "./problems.ts";

const MAX_BYTES = 1_000_000;

const ERRORS: Readonly<Record<string, readonly [ConfigCode, string]>> = {
  ENOENT: ["CONFIG_MISSING", "there is no such file"],
  ENOTDIR: ["CONFIG_MISSING", "a part of the path is a file, not a folder"],
  EACCES: ["CONFIG_NO_PERMISSION", "no permission to read it"],
  EPERM: ["CONFIG_NO_PERMISSION", "no permission to read it"],
  EISDIR: ["CONFIG_NOT_A_FILE", "this is a folder"],
  ERR_ENCODING_INVALID_ENCODED_DATA: ["CONFIG_NOT_TEXT", "it is not UTF-8 text"],
};

/** The text of a small file, without a byte order mark. */
export async function readText(path: string): Promise<Result<string, ConfigCode>> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) return fail("CONFIG_NOT_A_FILE", "this is a folder");
    if (!facts.isFile()) return fail("CONFIG_NOT_A_FILE", "this is no regular file");
    if (facts.size > MAX_BYTES) return fail("CONFIG_TOO_LARGE", `it has more than ${MAX_BYTES} bytes`);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
    return text.includes("\0") ? fail("CONFIG_NOT_TEXT", "it holds zero bytes: this is no text") : ok(text);
  } catch (error) {
    // Asks for the members rather than the class: an error may come from another realm.
    const { code: errno, message } = (typeof error === "object" && error !== null ? error : {}) as {
      readonly code?: unknown;
      readonly message?: unknown;
    };
    const [code, what] = ERRORS[String(errno)] ?? ["CONFIG_UNREADABLE", `reading it failed: ${message ?? error}`];
    return fail(code, what);
  }
}

export const WAYS_OUT: Readonly<Partial<Record<ConfigCode, string>>> = {
  CONFIG_MISSING: "check the path; it counts from the folder that you start in",
  CONFIG_NO_PERMISSION: "allow it with chmod, or run as a user who may",
  CONFIG_NOT_A_FILE: "name the YAML file itself",
  CONFIG_TOO_LARGE: "this can't be a configuration; check the path",
  CONFIG_NOT_TEXT: "save it as text in UTF-8",
  CONFIG_UNREADABLE: "check the disk and the path",
};
