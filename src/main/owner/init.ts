import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { createKeystore, drawWords, readKeyAddress, secretOfWords } from "../../../adapters/system/index.ts";
import type { Address } from "../../../engine/kernel/index.ts";
import type { Command } from "../../cli/index.ts";
import { type HomeConfig, loadConfig } from "../config/index.ts";
import { CannotStart, cannotStart } from "../exit.ts";
import { claimFolder } from "../files.ts";
import { agentFile, askPerson, newOwnerPasswordOf, newPasswordOf, openMemory, ownerOf, unwrap } from "../keys.ts";

/** How many of the words have to be typed again on a terminal. */
const CONFIRMED = 3;

/** Makes the keys that a home lacks: its agent's, and its owner's with twelve words to write down. What is there stays as it is. */
export async function runInit(command: Extract<Command, { verb: "init" }>): Promise<number> {
  const config = await homeConfig(command.config);
  claimFolder(config.data, 'name another folder under "data" in the home\'s configuration');
  if (!existsSync(config.owner.file)) await makeOwner(config);
  const agent = await agentOf(config);
  say([`${config.name}: agent ${agent} in ${agentFile(config.data)}, owner ${await ownerOf(config)} in ${config.owner.file}`]);
  return 0;
}

export async function homeConfig(path: string): Promise<HomeConfig> {
  const config = await loadConfig(path, "home");
  if (!config.ok) throw new CannotStart(config.problems, config.more);
  return config.value;
}

/** The key is on disk only once its words are written down: who stops before that begins anew, with other words. */
async function makeOwner(config: HomeConfig): Promise<void> {
  const password = await newOwnerPasswordOf(config);
  const words = await drawWords();
  say([
    `These 12 words are the owner's key of ${config.name}. Whoever has them has its money, and without its key file they are the only way`,
    "to it. They are shown this once and are kept nowhere: write them on paper.",
    "",
    ...words.map((word, at) => `${String(at + 1).padStart(4)} ${word}`),
    "",
  ]);
  await confirm(words);
  unwrap(await createKeystore(config.owner.file, password, { secret: unwrap(await secretOfWords(words.join(" "))) }));
}

async function confirm(words: readonly string[]): Promise<void> {
  if (process.stdin.isTTY !== true) return;
  const left = [...words.keys()];
  for (let asked = 0; asked < CONFIRMED; asked++) {
    const [at] = left.splice(randomInt(left.length), 1) as [number];
    for (;;) {
      const answer = await askPerson(`Word ${at + 1}, to see that you have it: `);
      if (answer === null) throw cannotStart("WORDS_UNCONFIRMED", "no key was made", "run it again; it shows other words");
      if (answer.trim().toLowerCase() === words[at]) break;
      process.stderr.write("That is another word; look again.\n");
    }
  }
}

async function agentOf({ data, password }: HomeConfig): Promise<Address> {
  if (existsSync(agentFile(data))) return unwrap(await readKeyAddress(agentFile(data)));
  const { key, store } = await openMemory(data, await newPasswordOf(password));
  store.close();
  return key.address;
}

const say = (lines: readonly string[]): void => void process.stdout.write(`${lines.join("\n")}\n`);
