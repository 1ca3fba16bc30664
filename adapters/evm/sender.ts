import { setTimeout as sleep } from "node:timers/promises";
import { getAddress, getCreateAddress } from "ethers/address";
import { SigningKey } from "ethers/crypto";
import { computeAddress } from "ethers/transaction";
import { type Address, address, type Digest, fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode } from "../../src/ports/index.ts";
import { type Finality, finalityOf } from "./finality.ts";
import {
  accessListOf,
  type Call,
  Courier,
  type Entry,
  firstFees,
  gasLimitOf,
  hasMade,
  isLive,
  isOver,
  type Look,
  memoryOutbox,
  NodeView,
  type Outbox,
  type RawReceipt,
  refuseGas,
  refusePoor,
} from "./outbox/index.ts";
import type { Rpc } from "./rpc.ts";
import { explain, purposeOf, refusal } from "./vault.ts";

export { accessListOf } from "./outbox/index.ts";

export interface Receipt {
  readonly transaction: Digest;
  readonly block: number;
  readonly gas: number;
  /** Where the contract stands that this transaction made. */
  readonly contract: Address | null;
}

export interface SenderOptions {
  readonly chainId: number;
  /** Private key, 0x and 64 hex digits. */
  readonly key: string;
  /** Milliseconds to wait for a transaction to be mined; 15 s by default. */
  readonly minedMs?: number;
  /** Where signed transactions are kept; in memory by default, for whoever begins anew after a crash. */
  readonly outbox?: Outbox;
  /** What is never taken back; by default what the chain calls final, and on the development chain everything. */
  readonly finality?: Finality;
  /** Wei per gas that a transaction never costs more than, however long it waits; 500 gwei by default. */
  readonly feeCap?: bigint;
  /** Milliseconds after which a transaction that waits is offered an eighth more; a minute by default. */
  readonly bumpMs?: number;
  /** Milliseconds after which the same bytes are broadcast again; 15 s by default. */
  readonly resendMs?: number;
}

/** How an entry ended, with its receipt where that was just seen. */
interface Ended {
  readonly entry: Entry;
  readonly receipt: RawReceipt | null;
}

type Step<T> = Promise<Result<T, ChainCode>>;

const GWEI = 10n ** 9n;
const DEFAULTS = { minedMs: 15_000, feeCap: 500n * GWEI, bumpMs: 60_000, resendMs: 15_000 } as const;
/** Of any transaction. */
const LEAST_GAS = 21_000n;
/** How often a call is signed anew whose nonce another program with this key was faster to take. */
const TRIES = 5;
/** Between two looks for a receipt, and from where on the whole outbox is looked at each time, milliseconds. */
const PAUSE = { first: 10, longest: 500, whole: 40 } as const;
/** What was sent is looked after so often, milliseconds, as long as it isn't final. */
const WATCH_MS = 2_000;

/**
 * Sends one transaction after the other from one key, each mined before the next is signed. What is signed is kept before it is sent, and
 * what is sent again is the same bytes, or the same nonce at another price: nothing happens twice, and nothing is lost.
 */
export class Sender {
  readonly address: Address;
  private readonly rpc: Rpc;
  private readonly outbox: Outbox;
  private readonly courier: Courier;
  private readonly minedMs: number;
  private readonly feeCap: bigint;
  private last: Promise<unknown> = Promise.resolve();
  private watch: NodeJS.Timeout | null = null;
  private hasLooked: boolean;

  constructor(rpc: Rpc, options: SenderOptions) {
    const { chainId, minedMs, feeCap, bumpMs, resendMs } = { ...DEFAULTS, ...options };
    const { outbox = memoryOutbox(), finality = finalityOf(chainId) } = options;
    const key = new SigningKey(options.key);
    this.rpc = rpc;
    this.outbox = outbox;
    this.hasLooked = outbox.entries.length === 0;
    this.address = address(computeAddress(key));
    this.minedMs = minedMs;
    this.feeCap = feeCap;
    const view = new NodeView(rpc, this.address, finality);
    this.courier = new Courier(rpc, view, outbox, { chainId, key, account: this.address, cap: feeCap, bumpMs, resendMs });
  }

  /**
   * Resolves when it is mined. `to` null makes a contract; `words` of its storage, named beforehand, cost a little less to change
   * (EIP-2930). Asked again for what it didn't see the end of, it goes on with the transaction that is on its way.
   */
  send(to: Address | null, data: string, words: readonly number[] = []): Step<Receipt> {
    return this.inTurn(() => this.attempt({ to, data, words }, performance.now() + this.minedMs));
  }

  /** Where this key's contract will stand that comes so many transactions after one that it made, whenever that was. */
  async placeAfter(made: Address, transactions: number): Step<Address> {
    const count = await this.rpc.ask("eth_getTransactionCount", [this.address, "latest"]);
    if (!count.ok) return refusal(count);
    const place = (nonce: number): Address => address(getCreateAddress({ from: this.address, nonce }));
    for (let nonce = Number(count.value) - 1; nonce >= 0; nonce--) if (place(nonce) === made) return ok(place(nonce + transactions));
    return fail("CHAIN_WRONG", `the chain doesn't know that ${this.address} made ${made}`);
  }

  /** Where the contract stands that this code makes: made now, unless a life that the outbox remembers has made it. */
  async make(code: string): Step<Address> {
    const earlier = this.outbox.entries.findLast((entry) => hasMade(entry) && entry.call.data === code);
    if (earlier !== undefined) {
      const at = address(getCreateAddress({ from: this.address, nonce: earlier.nonce }));
      const found = await this.rpc.ask("eth_getCode", [at, "latest"]);
      if (!found.ok) return refusal(found);
      if (found.value !== "0x") return ok(at);
    }
    const made = await this.send(null, code);
    if (!made.ok) return made;
    return made.value.contract === null ? fail("CHAIN_REFUSED", "the chain made no contract") : ok(made.value.contract);
  }

  /** Waits until nothing that an earlier life signed is on its way: then what the chain says is all that was done, final or not. */
  finish(): Step<void> {
    return this.inTurn(async () => {
      const cleared = await this.clear(performance.now() + this.minedMs);
      if (!cleared.ok) return cleared;
      this.courier.toldOfAll();
      return ok(undefined);
    });
  }

  /** Looks after what is on its way: broadcasts it again, pays more, notes what is final. Happens by itself once `keepWatch` was called. */
  tend(): Step<void> {
    return this.inTurn(async () => {
      // In a new life even what was final is looked at once: the chain may have forgotten it.
      if (this.courier.isIdle && this.hasLooked) return ok(undefined);
      const tended = await this.look();
      return tended.ok ? ok(undefined) : tended;
    });
  }

  keepWatch(): void {
    // Nobody waits for it: what goes wrong is tried again the next time, and told to whoever sends.
    this.watch ??= setInterval(() => void this.tend().catch(() => undefined), WATCH_MS).unref();
  }

  close(): void {
    clearInterval(this.watch ?? undefined);
    this.outbox.close();
  }

  private inTurn<T>(task: () => Step<T>): Step<T> {
    const result = this.last.then(task);
    this.last = result.catch(() => undefined);
    return result;
  }

  private async look(): ReturnType<Courier["tend"]> {
    const tended = await this.courier.tend();
    this.hasLooked ||= tended.ok;
    return tended;
  }

  private async attempt(call: Call, deadline: number): Step<Receipt> {
    for (let tries = 0; tries < TRIES; tries++) {
      const entry = await this.entryFor(call, deadline);
      if (!entry.ok) return entry;
      const ended = await this.drive(entry.value, deadline);
      if (!ended.ok) return ended;
      // Another program with this key was faster, for good. Whoever waits here still wants it, and the node says whether it is needed.
      if (ended.value.entry.state === "replaced") continue;
      return this.judge(ended.value);
    }
    return fail(
      "CHAIN_REFUSED",
      `another program sends with the key of ${this.address}, and was faster ${TRIES} times: give it another key`,
    );
  }

  /** One that is on its way, or a new one once nothing else is. */
  private async entryFor(call: Call, deadline: number): Step<Entry> {
    const tended = await this.look();
    if (!tended.ok) return tended;
    const known = this.courier.adopt(call);
    if (known !== null) return ok(known);
    const look = this.courier.waiting === null ? ok(tended.value.look) : await this.clear(deadline);
    if (!look.ok) return look;
    const order = await this.order(call, look.value);
    return order.ok ? this.courier.post(order.value, look.value) : order;
  }

  /** Until nothing is on its way; the last look. */
  private async clear(deadline: number): Step<Look> {
    let tended = await this.look();
    for (let other = this.courier.waiting; tended.ok && other !== null; other = this.courier.waiting) {
      const ended = await this.drive(other, deadline);
      if (!ended.ok) return ended;
      tended = await this.courier.tend();
    }
    return tended.ok ? ok(tended.value.look) : tended;
  }

  private async order(call: Call, look: Look): Step<{ readonly call: Call; readonly purpose: string; readonly gasLimit: bigint }> {
    const accessList = accessListOf(call.to, call.words, call.data);
    const { to, data } = call;
    const question = { from: this.address, data, ...(to === null ? {} : { to }), ...(accessList.length === 0 ? {} : { accessList }) };
    const [estimate, balance] = await Promise.all([
      this.rpc.ask("eth_estimateGas", [question]),
      this.rpc.ask("eth_getBalance", [this.address, "latest"]),
    ]);
    if (!estimate.ok && estimate.data !== undefined) return refusal(estimate);
    if (!balance.ok) return refusal(balance);
    const gas = estimate.ok ? BigInt(estimate.value as string) : LEAST_GAS;
    const maxFee = firstFees(look, this.feeCap)?.maxFee ?? this.feeCap;
    const poor = refusePoor({ account: this.address, balance: BigInt(balance.value as string), needed: gasLimitOf(gas) * maxFee });
    if (poor !== null) return fail("CHAIN_REFUSED", poor);
    if (!estimate.ok) return refusal(estimate);
    const purpose = purposeOf(to, data);
    const refused = refuseGas(gas);
    return refused === null
      ? ok({ call, purpose, gasLimit: gasLimitOf(gas) })
      : fail("CHAIN_REFUSED", `${purpose} can't be sent: ${refused}`);
  }

  /** Until an entry is in a block, or never will be. */
  private async drive(entry: Entry, deadline: number): Step<Ended> {
    let look: Look | null = null;
    for (let pause: number = PAUSE.first; ; pause = Math.min(PAUSE.longest, 2 * pause)) {
      if (entry.mined !== null || isOver(entry)) return ok({ entry, receipt: null });
      // Nobody is told that it waits before the whole was looked at.
      const isLate = performance.now() >= deadline;
      if (pause < PAUSE.whole && !isLate) {
        const seen = await this.courier.glance(entry);
        if (!seen.ok) return seen;
        if (seen.value !== null) return ok(seen.value);
      } else {
        const tended = await this.courier.tend();
        if (!tended.ok) return tended;
        look = tended.value.look;
        const now = tended.value.entries.find(({ id }) => id === entry.id);
        if (now !== undefined && !isLive(now)) return ok({ entry: now, receipt: null });
      }
      if (isLate) return fail("CHAIN_TIMEOUT", this.courier.excuse(entry, look));
      await sleep(Math.min(pause, Math.max(1, deadline - performance.now())));
    }
  }

  /** A mined failure doesn't tell its reason; asking the same again does. */
  private async judge({ entry, receipt: seen }: Ended): Step<Receipt> {
    const { call, mined } = entry;
    if (mined === null) return fail("CHAIN_REFUSED", `no node took ${entry.purpose}`);
    const answer = seen === null ? await this.courier.view.receipt(mined.hash) : ok(seen);
    if (!answer.ok) return answer;
    const receipt = answer.value;
    if (receipt === null) return fail("CHAIN_TIMEOUT", `${entry.purpose} was mined, and the chain took its block back: it is sent again`);
    this.courier.told(entry);
    if (receipt.status !== "0x1") {
      const again = await this.rpc.ask("eth_call", [{ from: this.address, to: call.to, data: call.data }, receipt.blockNumber]);
      const reason = again.ok || again.data === undefined ? null : explain(again.data);
      return fail("CHAIN_REFUSED", reason ?? `transaction ${receipt.transactionHash} failed without a reason`);
    }
    return ok({
      transaction: receipt.transactionHash as Digest,
      block: Number(receipt.blockNumber),
      gas: Number(receipt.gasUsed),
      contract: receipt.contractAddress === null ? null : address(getAddress(receipt.contractAddress)),
    });
  }
}
