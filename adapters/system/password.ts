import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import { readPrivate } from "./files.ts";

/** Where a keystore's password comes from; never the command line, which every user of the machine can read. */
export type PasswordSource = { readonly file: string } | { readonly env: string } | "prompt";

export type PasswordCode = "PASSWORD_MISSING" | "PASSWORD_EMPTY" | "PASSWORD_UNREADABLE" | "PASSWORD_EXPOSED";

export interface PasswordWorld {
  /** process.env, handed in. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks the person; null: nobody is there. */
  ask(question: string): Promise<string | null>;
}

export async function readPassword(
  source: PasswordSource,
  world: PasswordWorld,
  of = "the home's key",
): Promise<Result<string, PasswordCode>> {
  if (source === "prompt") return asked(await world.ask(`Password of ${of}: `));
  return "file" in source ? fromFile(source.file) : fromVariable(source.env, world.env[source.env]);
}

function asked(answer: string | null): Result<string, PasswordCode> {
  if (answer === null)
    return fail("PASSWORD_MISSING", "there is no terminal to ask for the key's password; name a password file or a variable");
  return answer === "" ? fail("PASSWORD_EMPTY", "the password is empty; type it again") : ok(answer);
}

function fromVariable(name: string, value: string | undefined): Result<string, PasswordCode> {
  if (value === undefined) return fail("PASSWORD_MISSING", `the variable ${name} isn't set; it must hold the key's password`);
  return value === "" ? fail("PASSWORD_EMPTY", `the variable ${name} is empty; it must hold the key's password`) : ok(value);
}

/** One line end at the file's end belongs to the editor, not to the password. */
async function fromFile(path: string): Promise<Result<string, PasswordCode>> {
  const file = await readPrivate(path);
  if (file.ok) {
    const password = file.value.replace(/\r?\n$/, "");
    return password === "" ? fail("PASSWORD_EMPTY", `${path} is empty; it must hold the key's password`) : ok(password);
  }
  if (file.code === "MISSING") return fail("PASSWORD_MISSING", `there is no password file at ${path}; write one with mode 0600`);
  if (file.code === "EXPOSED") return fail("PASSWORD_EXPOSED", `others can get at ${file.detail}`);
  return fail("PASSWORD_UNREADABLE", `${path} can't be read (${file.detail}); it must be a file that this user may read`);
}

/** Asks on a terminal without showing what is typed; null where there is no terminal, or at Ctrl-C and Ctrl-D. */
export async function askHidden(
  question: string,
  terminal: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WritableStream },
): Promise<string | null> {
  if (terminal.input.isTTY !== true) return null;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: terminal.input, output: nowhere, terminal: true, historySize: 0 });
  // Only now: until here the terminal itself shows what is typed.
  terminal.output.write(question);
  const gone = new Promise<null>((resolve) => {
    lines.once("SIGINT", () => lines.close());
    lines.once("close", () => resolve(null));
  });
  const answer = await Promise.race([lines.question(""), gone]);
  lines.close();
  terminal.output.write("\n");
  return answer;
}
