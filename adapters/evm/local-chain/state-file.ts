import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Block, createBlockFromRLP } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import { bytesToHex, hexToBytes, type PrefixedHexString } from "@ethereumjs/util";
import { Blocks, type MinedBlock, mined, numberOf, type Receipt } from "./blocks.ts";
import type { ChainContents } from "./chain.ts";
import { type AccountRecord, type Change, WorldState } from "./world-state.ts";

const FORMAT = "commonwatt local chain, version 1";

interface SavedAccount {
  readonly nonce: string;
  readonly balance: string;
  readonly codeHash: string;
}

/** Plain JSON: quantities in decimal, bytes as hex. `block` and `accounts` stand where anvil has them too. */
interface Saved {
  readonly format: typeof FORMAT;
  readonly chainId: number;
  readonly ahead: number;
  /** Of the last block. */
  readonly block: { readonly number: number; readonly hash: string };
  readonly accounts: Readonly<Record<string, SavedAccount & { readonly words: Readonly<Record<string, string>> }>>;
  /** By the contracts' code: each once. */
  readonly codes: readonly string[];
  readonly blocks: readonly { readonly rlp: string; readonly place: number; readonly entry: SavedEntry | null }[];
  /** What was written since the earliest state that can be asked for, with what stood there before. */
  readonly history: { readonly earliest: number; readonly log: readonly SavedChange[] };
}

interface SavedEntry {
  readonly hash: string;
  readonly from: string;
  readonly receipt: Omit<Receipt, "gasUsed"> & { readonly gasUsed: string };
}

type SavedChange = readonly [string, string, SavedAccount | null] | readonly [string, string, string, string | null];

/** Replaces the file as a whole: after a cut of power it is the old one or the new one. */
export function saveChain(file: string, chainId: number, contents: ChainContents): void {
  const saved = toSaved(chainId, contents);
  const text = JSON.stringify({ ...saved, seal: sealOf(saved) });
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.draft`;
  writeFileSync(draft, text, { mode: 0o600 });
  sync(draft);
  renameSync(draft, file);
  sync(dirname(file));
}

/** null when there is no file. Throws an Error that says what is wrong with it. */
export function loadChain(file: string, chainId: number, common: Common): ChainContents | null {
  if (!existsSync(file)) return null;
  const { seal, ...saved } = parse(readFileSync(file, "utf8"));
  if (saved.format !== FORMAT) throw new Error("it was not written by this chain; anvil's state can't be read");
  if (seal !== sealOf(saved)) throw new Error("it is not as it was written");
  if (saved.chainId !== chainId) throw new Error(`it holds chain ${saved.chainId}, not ${chainId}`);
  const blocks = blocksOf(saved, common);
  return { state: stateOf(saved), blocks, ahead: saved.ahead };
}

function parse(text: string): Saved & { readonly seal: unknown } {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is no JSON");
  }
}

/** SHA-256 of all the rest: a state has no root that would show a flipped bit. */
const sealOf = (saved: Saved): string => createHash("sha256").update(JSON.stringify(saved)).digest("hex");

function sync(path: string): void {
  const descriptor = openSync(path, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function toSaved(chainId: number, { state, blocks, ahead }: ChainContents): Saved {
  const accounts = [...state.entries()];
  return {
    format: FORMAT,
    chainId,
    ahead,
    block: { number: numberOf(blocks.head), hash: blocks.head.hash },
    accounts: Object.fromEntries(
      accounts.map(([address, record]) => [address, { ...toSavedAccount(record), words: Object.fromEntries(state.wordsOf(address)) }]),
    ),
    codes: [...new Set(accounts.map(([address]) => bytesToHex(state.code(address))))].filter((code) => code !== "0x"),
    blocks: blocks.all().map(toSavedBlock),
    history: { earliest: state.earliest, log: state.history().map(toSavedChange) },
  };
}

const toSavedAccount = ({ nonce, balance, codeHash }: AccountRecord): SavedAccount => ({
  nonce: `${nonce}`,
  balance: `${balance}`,
  codeHash,
});

function toSavedBlock({ block, entry, place }: MinedBlock): Saved["blocks"][number] {
  const receipt = entry && { ...entry.receipt, gasUsed: `${entry.receipt.gasUsed}` };
  return { rlp: bytesToHex(block.serialize()), place, entry: entry && { ...entry, receipt: receipt! } };
}

function toSavedChange(change: Change): SavedChange {
  if (change[0] === "word") return [change[0], change[1], change[2], change[3] ?? null];
  return [change[0], change[1], change[2] === undefined ? null : toSavedAccount(change[2])];
}

const toRecord = ({ nonce, balance, codeHash }: SavedAccount): AccountRecord => ({
  nonce: BigInt(nonce),
  balance: BigInt(balance),
  codeHash,
});

function toChange(saved: SavedChange): Change {
  if (saved.length === 4) return ["word", saved[1], saved[2], saved[3] ?? undefined];
  return ["account", saved[1], saved[2] === null ? undefined : toRecord(saved[2])];
}

function stateOf({ accounts, codes, history }: Saved): WorldState {
  const state = new WorldState();
  for (const code of codes) state.keepCode(hexToBytes(code as PrefixedHexString));
  for (const [address, { words, ...account }] of Object.entries(accounts)) {
    state.setAccount(address, toRecord(account));
    for (const [slot, value] of Object.entries(words)) state.setWord(address, slot, value);
  }
  state.restoreHistory(history.earliest, history.log.map(toChange));
  return state;
}

function blocksOf(saved: Saved, common: Common): Blocks {
  const blocks = new Blocks();
  let parent: Block | null = null;
  for (const { rlp, place, entry } of saved.blocks) {
    const block = createBlockFromRLP(hexToBytes(rlp as PrefixedHexString), { common });
    if (parent !== null && bytesToHex(block.header.parentHash) !== bytesToHex(parent.hash()))
      throw new Error(`its block ${block.header.number} has another parent`);
    blocks.add(mined(block, entry && { ...entry, receipt: { ...entry.receipt, gasUsed: BigInt(entry.receipt.gasUsed) } }, place));
    parent = block;
  }
  return blocks;
}
