import { createKeystore, readPrivate, secretOfWords, WORD_COUNT } from "../../../adapters/system/index.ts";
import type { Command } from "../../cli/index.ts";
import { cannotStart } from "../exit.ts";
import { askPerson, newOwnerPasswordOf, unwrap } from "../keys.ts";
import { homeConfig } from "./init.ts";

/** Makes an owner's key file anew from the twelve words that were shown when the key was made. */
export async function runRestore(command: Extract<Command, { verb: "restore" }>): Promise<number> {
  const config = await homeConfig(command.config);
  const secret = await secretOfWords(await wordsFrom(command.words));
  if (!secret.ok) throw cannotStart(secret.code, secret.detail, "compare them with your paper, in their order, and run it again");
  const key = unwrap(await createKeystore(config.owner.file, await newOwnerPasswordOf(config), { secret: secret.value }));
  process.stdout.write(`${config.name}: owner ${key.address} in ${config.owner.file}\n`);
  return 0;
}

/** From a file that only its owner reads, or typed; never from the command line, which every user of the machine can read. */
async function wordsFrom(file: string | null): Promise<string> {
  if (file !== null) {
    const text = await readPrivate(file);
    if (text.ok) return text.value;
    if (text.code === "EXPOSED") throw cannotStart("WORDS_EXPOSED", `others can get at ${text.detail}`);
    // Blanks: perhaps the words themselves, which nobody repeats.
    const place = /\s/.test(file) ? "what --words names" : file;
    throw cannotStart(
      "WORDS_MISSING",
      `the words can't be read from ${place} (${text.detail})`,
      "name a file with --words, or leave it out and type them",
    );
  }
  const typed = await askPerson(`The owner's ${WORD_COUNT} words: `);
  if (typed === null)
    throw cannotStart("WORDS_MISSING", "there is no terminal to ask for the words", "name a file that only you may read with --words FILE");
  return typed;
}
