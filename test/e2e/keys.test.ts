import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { HDNodeWallet, Wallet } from "ethers";
import { temporaryFolder } from "../support/folder.ts";
import { run } from "../support/street-process.ts";
import { Terminal } from "../support/terminal.ts";

jest.setTimeout(60_000);

const PASSWORD = "correct horse";
const ENV = { TEST_PASSWORD: PASSWORD };
const JUNK = `${"test ".repeat(11)}junk`;
const JUNK_OWNER = "0xf39fd6e51aad88f6f4ce6ab8827279cffFb92266".toLowerCase();

let folder: ReturnType<typeof temporaryFolder>;
let config: string;
const at = (name: string): string => join(folder.path, name);
const OWNER = "home-1/owner.json";
const AGENT = "home-1/agent.json";

beforeEach(() => {
  folder = temporaryFolder();
  config = at("home.yaml");
  configure("{ env: TEST_PASSWORD }");
});
afterEach(() => {
  Terminal.endAll();
  folder.remove();
});

function configure(password: string, more = ""): void {
  const lines = [
    "name: home-1",
    "data: ./home-1",
    "street: http://127.0.0.1:9/api/street",
    `password: ${password}`,
    "device: { host: 127.0.0.1 }",
  ];
  writeFileSync(config, `${[...lines, more].join("\n")}\n`);
}

function privately(name: string, text: string): string {
  writeFileSync(at(name), text, { mode: 0o600 });
  return at(name);
}

const wordsIn = (text: string): readonly string[] => [...text.matchAll(/^ +\d+ ([a-z]+)\r?$/gm)].map((match) => match[1]!);
const ownerIn = (text: string): string => /owner (0x[0-9a-f]{40})/.exec(text)![1]!;

/** Everything that the folder holds, as one text. */
const kept = (folderOf: string): string =>
  readdirSync(folderOf, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");

describe("init", () => {
  test("makes both keys for their owner alone, and shows twelve words of which nothing stays behind", async () => {
    const { exit, out, err } = await run(["init", "--config", config], ENV);
    expect({ exit, err }).toEqual({ exit: 0, err: "" });
    const words = wordsIn(out);
    expect(words).toHaveLength(12);
    for (const file of [OWNER, AGENT]) expect(statSync(at(file)).mode & 0o777).toBe(0o600);
    const owner = HDNodeWallet.fromPhrase(words.join(" "));
    expect(ownerIn(out)).toBe(owner.address.toLowerCase());
    expect(((await Wallet.fromEncryptedJson(readFileSync(at(OWNER), "utf8"), PASSWORD)) as Wallet).privateKey).toBe(owner.privateKey);
    const everything = kept(folder.path);
    expect(everything).not.toContain(owner.privateKey.slice(2));
    expect(everything).not.toContain(PASSWORD);
    expect(words.slice(0, 3).every((word) => new RegExp(`\\b${word}\\b`).test(everything))).toBe(false);

    const again = await run(["init", "--config", config], ENV);
    expect(again).toMatchObject({ exit: 0, err: "" });
    expect(wordsIn(again.out)).toEqual([]);
    expect(ownerIn(again.out)).toBe(ownerIn(out));
  });

  test("has its words typed again on a terminal, where nothing that is typed is shown", async () => {
    configure("{ prompt: true }");
    const terminal = new Terminal(["init", "--config", config]);
    await terminal.shows(/Password of the owner's key: /);
    terminal.types("of the owner\r");
    await terminal.shows(/once more: /);
    terminal.types("of the owner\r");
    for (let asked = 0; asked < 3; asked++) {
      const place = Number((await terminal.shows(/Word (\d+), to see that you have it: /))[1]);
      const words = wordsIn(terminal.shown);
      if (asked === 0) {
        terminal.types("unword\r");
        await terminal.shows(/That is another word; look again/);
        expect(existsSync(at(OWNER))).toBe(false);
        await terminal.shows(/Word \d+, to see that you have it: /);
      }
      terminal.types(`${words[place - 1]}\r`);
    }
    await terminal.shows(/Password of the home's key: /);
    terminal.types("of the agent\r");
    await terminal.shows(/once more: /);
    terminal.types("of the agent\r");
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown).not.toMatch(/of the (owner|agent)\r?\n|unword/);
    const owner = HDNodeWallet.fromPhrase(wordsIn(terminal.shown).join(" "));
    expect(((await Wallet.fromEncryptedJson(readFileSync(at(OWNER), "utf8"), "of the owner")) as Wallet).privateKey).toBe(owner.privateKey);
    await Wallet.fromEncryptedJson(readFileSync(at(AGENT), "utf8"), "of the agent");
  });

  test.each([
    ["Ctrl-C at the words", "\x03", /WORDS_UNCONFIRMED|no key was made/],
    ["Ctrl-D at the words", "\x04", /no key was made/],
  ])("%s leaves no key behind", async (_, key, said) => {
    const terminal = new Terminal(["init", "--config", config], ENV);
    await terminal.shows(/Word \d+, to see that you have it: /);
    terminal.types(key);
    await terminal.shows(said);
    expect(await terminal.ended).toBe(1);
    expect(existsSync(at(OWNER)) || existsSync(at(AGENT))).toBe(false);
  });

  test("two passwords that differ make no key", async () => {
    configure("{ prompt: true }");
    const terminal = new Terminal(["init", "--config", config]);
    await terminal.shows(/Password of the owner's key: /);
    terminal.types("one\r");
    await terminal.shows(/once more: /);
    terminal.types("another\r");
    await terminal.shows(/the two passwords of the owner's key differ/);
    expect(await terminal.ended).toBe(1);
    expect(existsSync(at(OWNER))).toBe(false);
  });

  test("puts the owner's key where the configuration says, under its own password", async () => {
    configure("{ env: TEST_PASSWORD }", "owner: { file: stick/owner.json, password: { file: owner-password } }");
    privately("owner-password", "of the owner\n");
    expect((await run(["init", "--config", config], ENV)).exit).toBe(0);
    await Wallet.fromEncryptedJson(readFileSync(at("stick/owner.json"), "utf8"), "of the owner");
    expect(existsSync(at(OWNER))).toBe(false);
  });
});

describe("restore", () => {
  test("makes the owner's key file anew from a file of words, and never over another", async () => {
    const words = privately("words", `${JUNK}\n`);
    const { exit, out, err } = await run(["restore", "--config", config, "--words", words], ENV);
    expect({ exit, err, out }).toEqual({ exit: 0, err: "", out: `home-1: owner ${JUNK_OWNER} in ${at(OWNER)}\n` });
    expect(((await Wallet.fromEncryptedJson(readFileSync(at(OWNER), "utf8"), PASSWORD)) as Wallet).address.toLowerCase()).toBe(JUNK_OWNER);
    const again = await run(["restore", "--config", config, "--words", words], ENV);
    expect(again).toMatchObject({ exit: 1, err: expect.stringContaining(`${at(OWNER)} exists; move it away first`) });
  });

  test("takes words that are typed, without showing them", async () => {
    const terminal = new Terminal(["restore", "--config", config], ENV);
    await terminal.shows(/The owner's 12 words: /);
    terminal.types(`${JUNK}\r`);
    await terminal.shows(new RegExp(`owner ${JUNK_OWNER}`));
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown.replaceAll(folder.path, "")).not.toContain("junk");
  });

  test("gives back the owner that init made", async () => {
    const made = await run(["init", "--config", config], ENV);
    renameSync(at(OWNER), at("lost.json"));
    const restored = await run(["restore", "--config", config, "--words", privately("words", wordsIn(made.out).join("\n"))], ENV);
    expect(ownerIn(restored.out)).toBe(ownerIn(made.out));
  });
});

describe("refusals name the file and the way out, and no secret", () => {
  const refused = async (args: readonly string[], env: Readonly<Record<string, string>> = ENV): Promise<string> => {
    const { exit, out, err } = await run(args, env);
    expect({ exit, out }).toEqual({ exit: 1, out: "" });
    // Chance names the folder.
    for (const secret of ["junk", "zoo", PASSWORD, "s3cret"]) expect(err.replaceAll(folder.path, "")).not.toContain(secret);
    return err;
  };

  test.each([
    ["a password in the configuration", "s3cret", "", /home\.yaml:4:\d+: password: this is not a group of keys.*never the password itself/],
    [
      "the owner's",
      "{ env: TEST_PASSWORD }",
      "owner: { password: s3cret }",
      /owner\.password: this is not a group of keys.*never the password itself/,
    ],
    ["words in the configuration", "{ env: TEST_PASSWORD }", `owner: { words: "${JUNK}" }`, /owner\.words: unknown key/],
    ["a prompt that is none", "{ prompt: false }", "", /password\.prompt/],
  ])("%s", async (_, password, more, said) => {
    configure(password, more);
    expect((await refused(["init", "--config", config])).replaceAll("\n", " ")).toMatch(said);
  });

  test("words that don't fit, or can be read by others", async () => {
    const restore = (name: string, text: string) => refused(["restore", "--config", config, "--words", privately(name, text)]);
    expect(await restore("a", JUNK.replace("junk", "zoo"))).toContain("words 1 to 12 are all on the list and don't belong together");
    expect(await restore("b", JUNK.replace("junk", "junkk"))).toContain("word 12 is not on the list of BIP-39");
    chmodSync(privately("c", JUNK), 0o644);
    expect(await refused(["restore", "--config", config, "--words", at("c")])).toContain(`run: chmod 600 ${at("c")}`);
    expect(await refused(["restore", "--config", config, "--words", at("none")])).toContain(`can't be read from ${at("none")}`);
    expect(await refused(["restore", "--config", config, "--words", JUNK])).toContain("can't be read from what --words names");
    const typed = await run(["restore", "--config", config, ...JUNK.split(" ")], ENV);
    expect([typed.exit, typed.err.replaceAll(folder.path, "")]).toEqual([2, expect.not.stringContaining("junk")]);
    expect(await refused(["restore", "--config", config])).toContain("there is no terminal to ask for the words");
    expect(existsSync(at(OWNER))).toBe(false);
  });

  test("a key file that others may read, is cut off, of another version", async () => {
    await run(["init", "--config", config], ENV);
    const whole = readFileSync(at(OWNER), "utf8");
    const spoiled = async (text: string, mode = 0o600): Promise<string> => {
      writeFileSync(at(OWNER), text);
      chmodSync(at(OWNER), mode);
      return refused(["init", "--config", config]);
    };
    expect(await spoiled(whole, 0o640)).toContain(`${at(OWNER)} (mode 0640); run: chmod 600 ${at(OWNER)}`);
    expect(statSync(at(OWNER)).mode & 0o777).toBe(0o640);
    expect(await spoiled(whole.slice(0, 200))).toContain(
      `${at(OWNER)} is no keystore: it is no whole JSON: cut off, or damaged; restore it from a copy`,
    );
    expect(await spoiled(JSON.stringify({ ...JSON.parse(whole), version: 4 }))).toContain(
      "it has version 4, and this program reads version 3",
    );
  });

  test("no password where it was said to be", async () => {
    mkdirSync(at("home-1"), { mode: 0o700 });
    expect(await refused(["init", "--config", config], {})).toContain("the variable TEST_PASSWORD isn't set");
    configure("{ prompt: true }");
    expect(await refused(["init", "--config", config])).toContain("there is no terminal to ask for the key's password");
    configure(`{ file: ${at("password")} }`);
    privately("password", PASSWORD);
    chmodSync(at("password"), 0o604);
    expect(await refused(["init", "--config", config])).toContain(`run: chmod 600 ${at("password")}`);
    expect(existsSync(at(OWNER)) || existsSync(at(AGENT))).toBe(false);
  });
});
