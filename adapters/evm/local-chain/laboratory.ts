import { gzipSync } from "node:zlib";
import { bytesToHex, hexToBytes, type PrefixedHexString } from "@ethereumjs/util";
import { numberOf } from "./blocks.ts";
import { type LocalChain, NO_ACCOUNT } from "./chain.ts";
import { quantity } from "./format.ts";
import type { Method } from "./methods.ts";
import { addressAt, bytesAt, countAt, quantityAt, wordAt } from "./params.ts";
import type { WorldState } from "./world-state.ts";

const CENTURY = 100 * 365 * 86_400;
const MOST_BLOCKS = 10_000;

/** What only a test may do to a chain, under the names that anvil has for it. */
export function laboratoryOf(chain: LocalChain): Readonly<Record<string, Method>> {
  return { ...time(chain), ...state(chain), ...snapshots(chain) };
}

const time = (chain: LocalChain): Readonly<Record<string, Method>> => ({
  evm_increaseTime: ([seconds]) => {
    chain.passTime(countAt(seconds, "params[0]", CENTURY));
    return quantity(chain.ahead);
  },
  evm_setNextBlockTimestamp: ([timestamp]) => {
    chain.giveTimestamp(BigInt(countAt(timestamp, "params[0]", Number.MAX_SAFE_INTEGER)));
    return null;
  },
  evm_mine: async () => {
    await chain.mineEmpty(1);
    return "0x0";
  },
  anvil_mine: async ([count]) => {
    await chain.mineEmpty(countAt(count ?? 1, "params[0]", MOST_BLOCKS));
    return null;
  },
});

const state = (chain: LocalChain): Readonly<Record<string, Method>> => ({
  anvil_setBalance: async ([address, balance]) => {
    const [whose, wei] = [addressAt(address, "params[0]"), quantityAt(balance, "params[1]")];
    await chain.write((world) => world.setAccount(whose, { ...(world.account(whose) ?? NO_ACCOUNT), balance: wei }));
    return null;
  },
  anvil_setCode: async ([address, code]) => {
    const [whose, bytes] = [addressAt(address, "params[0]"), bytesAt(code, "params[1]")];
    await chain.write((world) => {
      const codeHash = world.keepCode(hexToBytes(bytes as PrefixedHexString));
      world.setAccount(whose, { ...(world.account(whose) ?? NO_ACCOUNT), codeHash });
    });
    return null;
  },
  anvil_setStorageAt: async ([address, slot, value]) => {
    const [whose, which, word] = [addressAt(address, "params[0]"), wordAt(slot, "params[1]"), quantityAt(value, "params[2]")];
    await chain.write((world) => world.setWord(whose, which, word === 0n ? undefined : bytesOf(word)));
    return true;
  },
  /** All accounts with all their words: JSON in gzip, as hex. */
  anvil_dumpState: () => chain.read("latest", (world) => bytesToHex(gzipSync(JSON.stringify({ accounts: accountsOf(world) })))),
});

function accountsOf(world: WorldState): Readonly<Record<string, object>> {
  const entries = [...world.entries()].map(([address, { nonce, balance }]) => {
    const storage = [...world.wordsOf(address)].map(([slot, word]) => [slot, `0x${word.slice(2).padStart(64, "0")}`]);
    return [
      address,
      { nonce: Number(nonce), balance: quantity(balance), code: bytesToHex(world.code(address)), storage: Object.fromEntries(storage) },
    ];
  });
  return Object.fromEntries(entries);
}

function snapshots(chain: LocalChain): Readonly<Record<string, Method>> {
  const taken = new Map<string, { readonly place: number; readonly number: number; readonly ahead: number }>();
  return {
    evm_snapshot: () =>
      chain.inTurn(async () => {
        const id = quantity(taken.size);
        taken.set(id, { place: chain.state.place, number: numberOf(chain.blocks.head), ahead: chain.ahead });
        return id;
      }),
    evm_revert: ([id]) =>
      chain.inTurn(async () => {
        const snapshot = taken.get(String(id));
        if (snapshot === undefined || snapshot.place < chain.state.earliest) return false;
        chain.state.undo(snapshot.place);
        chain.blocks.cut(snapshot.number);
        chain.ahead = snapshot.ahead;
        chain.version += 1;
        return true;
      }),
  };
}

/** Whole bytes and no leading zeros, as the EVM puts a word. */
const bytesOf = (word: bigint): string => {
  const digits = word.toString(16);
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
};
