import type { AccountFields, StateManagerInterface } from "@ethereumjs/common";
import { OriginalStorageCache } from "@ethereumjs/statemanager";
import { Account, type Address, bytesToHex, hexToBytes, KECCAK256_NULL_S, KECCAK256_RLP, type PrefixedHexString } from "@ethereumjs/util";
import { keccakDigest } from "../../../engine/kernel/index.ts";

/** What an account is; its storage and its code are kept apart. */
export interface AccountRecord {
  readonly nonce: bigint;
  readonly balance: bigint;
  /** Keccak-256 of its code. */
  readonly codeHash: string;
}

/** A value as it was before it was written; undefined: there was none. Words and addresses as hex with 0x. */
export type Change =
  | readonly [kind: "account", address: string, before: AccountRecord | undefined]
  | readonly [kind: "word", address: string, slot: string, before: string | undefined];

/**
 * Accounts, code and storage, with a log of what each write replaced: a checkpoint is a place in the log, and so is a block. To go
 * back is to take writes back one by one, so that older states cost no more than what has changed since.
 * No Merkle trie is kept: nobody who uses this chain asks for proofs, and the root of each block reads as zeros.
 */
export class WorldState implements StateManagerInterface {
  readonly originalStorageCache = new OriginalStorageCache((address, slot) => this.getStorage(address, slot));
  private readonly accounts = new Map<string, AccountRecord>();
  private readonly words = new Map<string, Map<string, string>>();
  private readonly codes = new Map<string, Uint8Array>([[KECCAK256_NULL_S, new Uint8Array()]]);
  private readonly checkpoints: number[] = [];
  private log: Change[] = [];
  /** Places before the log's first entry, which were forgotten. */
  private forgotten = 0;

  /** The place in the log behind the last write. */
  get place(): number {
    return this.forgotten + this.log.length;
  }

  /** Before this place no state can be had any more. */
  get earliest(): number {
    return this.forgotten;
  }

  /** Takes back what was written behind `place`; the writes that would bring it forth again, for `redo`. */
  undo(place: number): Change[] {
    const taken: Change[] = [];
    while (this.place > place) taken.push(this.apply(this.log.pop()!));
    return taken;
  }

  /** The same after a run that may have been broken off in the middle. */
  abandon(place: number): void {
    this.undo(place);
    this.checkpoints.length = 0;
    this.originalStorageCache.clear();
  }

  redo(taken: Change[]): void {
    while (taken.length > 0) this.log.push(this.apply(taken.pop()!));
  }

  /** Gives up the states before `place`. */
  forget(place: number): void {
    const count = Math.max(0, place - this.forgotten);
    this.log = this.log.slice(count);
    this.forgotten += count;
  }

  /** What was written since the earliest state that can be had. */
  history(): readonly Change[] {
    return this.log;
  }

  /** Only for a state that has seen no write: `earliest` and what was written since then. */
  restoreHistory(earliest: number, log: readonly Change[]): void {
    this.forgotten = earliest;
    this.log = [...log];
  }

  entries(): Iterable<[address: string, account: AccountRecord]> {
    return this.accounts.entries();
  }

  account(address: string): AccountRecord | undefined {
    return this.accounts.get(address);
  }

  code(address: string): Uint8Array {
    return this.codes.get(this.accounts.get(address)?.codeHash ?? KECCAK256_NULL_S)!;
  }

  wordsOf(address: string): ReadonlyMap<string, string> {
    return this.words.get(address) ?? new Map();
  }

  /** The word as it was put, without its leading zeros; undefined when it is zero. */
  word(address: string, slot: string): string | undefined {
    return this.words.get(address)?.get(slot);
  }

  setAccount(address: string, record: AccountRecord | undefined): void {
    this.log.push(this.apply(["account", address, record]));
  }

  setWord(address: string, slot: string, value: string | undefined): void {
    this.log.push(this.apply(["word", address, slot, value]));
  }

  /** Code is kept by its hash and never changes, so that there is nothing to take back. */
  keepCode(code: Uint8Array): string {
    const hash = keccakDigest(code);
    this.codes.set(hash, code);
    return hash;
  }

  private apply(change: Change): Change {
    if (change[0] === "account") {
      const [, address, record] = change;
      const before = this.accounts.get(address);
      if (record === undefined) this.accounts.delete(address);
      else this.accounts.set(address, record);
      return ["account", address, before];
    }
    const [, address, slot, value] = change;
    const words = this.words.get(address) ?? new Map<string, string>();
    const before = words.get(slot);
    if (value === undefined) words.delete(slot);
    else this.words.set(address, words.set(slot, value));
    return ["word", address, slot, before];
  }

  // What the EVM asks for.

  async getAccount(address: Address): Promise<Account | undefined> {
    const record = this.accounts.get(address.toString());
    // A copy: the EVM changes what it gets before it puts it.
    return record && new Account(record.nonce, record.balance, KECCAK256_RLP, hexToBytes(record.codeHash as PrefixedHexString));
  }

  async putAccount(address: Address, account?: Account): Promise<void> {
    const record = account && { nonce: account.nonce, balance: account.balance, codeHash: bytesToHex(account.codeHash) };
    this.setAccount(address.toString(), record);
  }

  async deleteAccount(address: Address): Promise<void> {
    await this.clearStorage(address);
    this.setAccount(address.toString(), undefined);
  }

  async modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const account = (await this.getAccount(address)) ?? new Account();
    await this.putAccount(address, Object.assign(account, fields));
  }

  async putCode(address: Address, code: Uint8Array): Promise<void> {
    const codeHash = this.keepCode(code);
    const { nonce, balance } = this.accounts.get(address.toString()) ?? { nonce: 0n, balance: 0n };
    this.setAccount(address.toString(), { nonce, balance, codeHash });
  }

  async getCode(address: Address): Promise<Uint8Array> {
    return this.code(address.toString());
  }

  async getCodeSize(address: Address): Promise<number> {
    return this.code(address.toString()).length;
  }

  async getStorage(address: Address, slot: Uint8Array): Promise<Uint8Array> {
    const word = this.word(address.toString(), bytesToHex(slot));
    return word === undefined ? new Uint8Array() : hexToBytes(word as PrefixedHexString);
  }

  async putStorage(address: Address, slot: Uint8Array, value: Uint8Array): Promise<void> {
    this.setWord(address.toString(), bytesToHex(slot), isZero(value) ? undefined : bytesToHex(value));
  }

  async clearStorage(address: Address): Promise<void> {
    const key = address.toString();
    for (const slot of [...this.wordsOf(key).keys()]) this.setWord(key, slot, undefined);
  }

  async checkpoint(): Promise<void> {
    this.checkpoints.push(this.place);
  }

  async commit(): Promise<void> {
    this.checkpoints.pop();
  }

  async revert(): Promise<void> {
    this.undo(this.checkpoints.pop()!);
  }

  async getStateRoot(): Promise<Uint8Array> {
    return new Uint8Array(32);
  }

  async setStateRoot(): Promise<void> {
    throw new Error("this state has no roots");
  }

  async hasStateRoot(): Promise<boolean> {
    return false;
  }

  clearCaches(): void {
    this.originalStorageCache.clear();
  }

  shallowCopy(): StateManagerInterface {
    throw new Error("this state is not copied");
  }
}

const isZero = (value: Uint8Array): boolean => value.every((byte) => byte === 0);
