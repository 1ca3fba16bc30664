import { keccak256, type SigningKey } from "ethers/crypto";
import { Transaction } from "ethers/transaction";
import { type Address, type Digest, fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { ChainCode } from "../../../src/ports/index.ts";
import type { Rpc } from "../rpc.ts";
import { ether, type Fees, firstFees, gwei } from "./fees.ts";
import { MAX_BYTES, refuseSize, tooDear } from "./limits.ts";
import { applied, type Call, type Change, type Entry, isLive, lastOf, type Variant } from "./machine.ts";
import { isHopeless, isKnown, isNonceTaken, minedOf, type NodeView, type RawReceipt } from "./node.ts";
import type { Outbox } from "./outbox.ts";
import { adoptable, after, type Look, nextNonce, observed, type Patience, todo } from "./plan.ts";

export interface CourierOptions extends Patience {
  readonly chainId: number;
  readonly key: SigningKey;
  readonly account: Address;
}

interface Order {
  readonly call: Call;
  readonly purpose: string;
  readonly gasLimit: bigint;
}

type Step<T> = Promise<Result<T, ChainCode>>;

/** To move nothing from an account to itself. */
const FILL_GAS = 21_000n;
const FILL = "fill a gap";

/** Brings what is in an outbox to the chain: signs, broadcasts, watches, pays more where it must, and does all of it again when the chain forgets. */
export class Courier {
  readonly view: NodeView;
  private readonly rpc: Rpc;
  private readonly outbox: Outbox;
  private readonly options: CourierOptions;
  /** Of entries whose caller wasn't told how they ended. */
  private readonly untold: Set<number>;
  /** What a node last said against an entry. */
  private readonly words = new Map<number, string>();
  private next: number;

  constructor(rpc: Rpc, view: NodeView, outbox: Outbox, options: CourierOptions) {
    this.rpc = rpc;
    this.view = view;
    this.outbox = outbox;
    this.options = options;
    this.untold = new Set(outbox.entries.filter((entry) => isLive(entry) || entry.state === "mined").map(({ id }) => id));
    this.next = (outbox.entries.at(-1)?.id ?? -1) + 1;
  }

  get isIdle(): boolean {
    return this.outbox.entries.every((entry) => !isLive(entry) && entry.state !== "mined");
  }

  /** The entry that holds everything else up. */
  get waiting(): Entry | null {
    return this.outbox.entries.find(isLive) ?? null;
  }

  /** Looks at the chain, keeps what it says, and does what follows. Returns what was seen, and the entries as they then were. */
  async tend(): Step<{ readonly look: Look; readonly entries: readonly Entry[] }> {
    const look = await this.view.look(this.outbox.entries, Date.now());
    if (!look.ok) return look;
    const changes = observed(this.outbox.entries, look.value, this.options);
    const entries = after(this.outbox.entries, changes);
    const kept = this.record(changes);
    if (!kept.ok) return kept;
    const { send, bump, fill } = todo(this.outbox.entries, look.value, this.options);
    for (const nonce of fill) {
      const filled = await this.fillGap(nonce, look.value);
      if (!filled.ok) return filled;
    }
    if (bump !== null) {
      const variant = this.sign(bump.entry, bump.fees);
      const priced = this.record([{ kind: "priced", id: bump.entry.id, variant }]);
      if (!priced.ok) return priced;
    }
    const due = new Set([...send.map(({ id }) => id), ...(bump === null ? [] : [bump.entry.id])]);
    for (const entry of this.outbox.entries.filter(({ id }) => due.has(id))) await this.broadcast(entry);
    return ok({ look: look.value, entries });
  }

  /** Looks for the receipt of an entry's last signature alone, and keeps what it says; null: it is in no block. */
  async glance(entry: Entry): Step<{ readonly entry: Entry; readonly receipt: RawReceipt } | null> {
    const receipt = await this.view.receipt(lastOf(entry).hash);
    if (!receipt.ok) return receipt;
    if (receipt.value === null) return ok(null);
    const { id } = entry;
    const mined: Change = { kind: "mined", id, mined: minedOf(receipt.value) };
    const changes: readonly Change[] = this.view.isFinalAtOnce ? [mined, { kind: "final", id }] : [mined];
    const known = changes.reduce(applied, this.outbox.entries).find((each) => each.id === id)!;
    const kept = this.record(changes);
    return kept.ok ? ok({ entry: known, receipt: receipt.value }) : kept;
  }

  /** An entry that already does this, whose caller went away; it is this caller's now. */
  adopt(call: Call): Entry | null {
    return adoptable(this.outbox.entries, call, this.untold);
  }

  /** Signs, keeps and broadcasts, in this order. */
  async post(order: Order, look: Look): Step<Entry> {
    const fees = firstFees(look, this.options.cap);
    if (fees === null) return fail("CHAIN_REFUSED", tooDear(look.baseFee, this.options.cap));
    const nonce = nextNonce(this.outbox.entries, look);
    const variant = this.sign({ ...order, nonce }, fees);
    const size = refuseSize(variant.raw);
    if (size !== null) return fail("CHAIN_REFUSED", `${order.purpose} can't be sent: ${size}`);
    const entry: Entry = { id: this.next++, ...order, nonce, variants: [variant], state: "signed", sentMs: null, mined: null };
    const kept = this.record([{ kind: "entry", entry }]);
    if (!kept.ok) return kept;
    this.untold.add(entry.id);
    return this.broadcast(entry);
  }

  /** Whoever asks from now on has looked at the chain, and wants what it asks for beside all that was done before. */
  toldOfAll(): void {
    this.untold.clear();
  }

  told({ id }: Entry): void {
    this.untold.delete(id);
    this.words.delete(id);
  }

  /** Why an entry isn't in a block yet, in words. */
  excuse(entry: Entry, look: Look | null): string {
    const { maxFee } = lastOf(entry);
    const said = this.words.get(entry.id);
    const price = `it offers ${gwei(maxFee)}${look === null ? "" : `, the base fee is ${gwei(look.baseFee)}`}, the cap is ${gwei(this.options.cap)}`;
    const others =
      look !== null && entry.nonce < look.count ? "; another transaction of this key has its nonce, and may lose it until it is final" : "";
    return `${entry.purpose} (nonce ${entry.nonce}, ${lastOf(entry).hash}) is not mined yet: ${price}${others}${said === undefined ? "" : `; the node said: ${said}`}`;
  }

  private async fillGap(nonce: number, look: Look): Step<Entry | null> {
    if (this.outbox.entries.some((entry) => isLive(entry) && entry.nonce === nonce)) return ok(null);
    const fees = firstFees(look, this.options.cap);
    if (fees === null) return ok(null);
    const call: Call = { to: this.options.account, data: "0x", words: [] };
    const variant = this.sign({ call, gasLimit: FILL_GAS, nonce }, fees);
    const entry: Entry = {
      id: this.next++,
      purpose: FILL,
      call,
      gasLimit: FILL_GAS,
      nonce,
      variants: [variant],
      state: "signed",
      sentMs: null,
      mined: null,
    };
    const kept = this.record([{ kind: "entry", entry }]);
    return kept.ok ? this.broadcast(entry) : kept;
  }

  private sign({ call, gasLimit, nonce }: Pick<Entry, "call" | "gasLimit" | "nonce">, fees: Fees): Variant {
    const transaction = Transaction.from({
      type: 2,
      chainId: this.options.chainId,
      nonce,
      to: call.to,
      data: call.data,
      accessList: accessListOf(call.to, call.words, call.data),
      gasLimit,
      maxFeePerGas: fees.maxFee,
      maxPriorityFeePerGas: fees.tip,
    });
    transaction.signature = this.options.key.sign(transaction.unsignedHash);
    return { ...fees, raw: transaction.serialized, hash: keccak256(transaction.serialized) as Digest, signedMs: Date.now() };
  }

  /** Without an answer it may have arrived all the same: the entry stays as it is, and the same bytes are sent again. */
  private async broadcast(entry: Entry): Step<Entry> {
    const answer = await this.rpc.ask("eth_sendRawTransaction", [lastOf(entry).raw]);
    if (answer.ok || isKnown(answer)) {
      this.words.delete(entry.id);
      const kept = this.record([{ kind: "sent", id: entry.id, atMs: Date.now() }]);
      return kept.ok ? ok(entry) : kept;
    }
    this.words.set(entry.id, answer.detail);
    if (answer.code !== "CHAIN_REFUSED" || isNonceTaken(answer)) return ok(entry);
    if (/insufficient funds/i.test(answer.detail)) return fail("CHAIN_REFUSED", this.poor(entry, answer.detail));
    if (entry.state !== "signed" || entry.variants.length > 1 || !isHopeless(answer)) return ok(entry);
    const kept = this.record([{ kind: "refused", id: entry.id }]);
    return kept.ok ? fail("CHAIN_REFUSED", `${entry.purpose}: ${answer.detail}`) : kept;
  }

  private poor(entry: Entry, detail: string): string {
    const needed = entry.gasLimit * lastOf(entry).maxFee;
    return `${detail}: ${entry.purpose} needs ${ether(needed)} on the relay's account ${this.options.account}; send it some`;
  }

  /** An outbox that can't be written is nobody's fault but the disk's, and nothing is sent. */
  private record(changes: readonly Change[]): Result<void, ChainCode> {
    const kept = this.outbox.record(changes);
    return kept.ok ? kept : fail("CHAIN_REFUSED", `${kept.code}: ${kept.detail}`);
  }
}

/** To name a contract costs 2,400, and each word saves 100: 1,900 instead of 2,000 for the first look (EIP-2930, EIP-2929). */
const FEWEST_WORDS = 25;

/** What a word takes of a transaction's bytes: itself and one for its length. */
const WORD_BYTES = 33;
/** Signature, fees, address and lengths. */
const OTHER_BYTES = 512;

/** Empty when it would cost more than it saves, or make the transaction larger than nodes pass on. `data` is hex with 0x. */
export function accessListOf(to: Address | null, words: readonly number[], data: string) {
  if (to === null || words.length < FEWEST_WORDS) return [];
  if (data.length / 2 + WORD_BYTES * words.length + OTHER_BYTES > MAX_BYTES) return [];
  return [{ address: to, storageKeys: words.map((word) => `0x${word.toString(16).padStart(64, "0")}`) }];
}
