import { setTimeout as sleep } from "node:timers/promises";
import { Interface } from "ethers/abi";
import { SigningKey } from "ethers/crypto";
import { Transaction } from "ethers/transaction";
import { openOutbox, openRelay, startAnvil } from "../../adapters/evm/index.ts";
import { connect, type Rpc } from "../../adapters/evm/rpc.ts";
import { GRID_VAULT_ABI } from "../../contracts/abi/grid-vault.ts";
import { address, assert } from "../../engine/kernel/index.ts";
import { Carrier } from "../../src/main/street/carrier.ts";
import type { Relay, SignedBatch } from "../../src/ports/index.ts";
import { memoryStore } from "../../src/sim/index.ts";
import { chance } from "./chance.ts";
import { memoryFolder } from "./folder.ts";
import { RpcDouble } from "./json-rpc-double.ts";
import { QUIET } from "./quiet.ts";
import { addressOf, CHAIN_ID, keyOf } from "./test-chain.ts";
import { TestStreet } from "./test-street.ts";

/** Batches of one schedule: an hour of one-interval periods of 5 min. */
export const BATCHES = 12;
const STEPS = 24;
/** What a transaction is waited for: short, as many are made to get lost. */
const MINED_MS = 150;
/** As impatient: what was sent goes out again, or at a better price. */
const RESEND_MS = 50;
const BUMP_MS = 300;
const TIMEOUT_MS = 250;
const DEEPEST = 5;
const PATIENCE = 40;

export interface Outcome {
  /** Batches that the chain never got. */
  readonly lost: number;
  /** Periods that the chain settled more than once. */
  readonly twice: number;
  /** Everything that the vault says in the end. */
  readonly state: string;
  /** What happened, in words. */
  readonly log: readonly string[];
}

/** How the node answers: truly, not at all, or wrongly. */
type Mood = "well" | "away" | "hanging" | "busy" | "losing" | "lagging" | "lying";
const MOODS: readonly Mood[] = ["well", "away", "hanging", "busy", "losing", "lagging", "lying"];

/** What outlives a crash: batches that wait, and the outbox. */
interface Disk {
  readonly store: ReturnType<typeof memoryStore>;
  readonly folder: string;
}

interface Carrying {
  readonly carrier: Carrier;
  readonly relay: Relay;
  readonly disk: Disk;
}

/** A street on a real anvil behind a node that misbehaves, and carriers that are killed; many schedules on one chain. */
export class ChainLab {
  private readonly street: TestStreet;
  private readonly node: Rpc;
  private readonly batches: readonly SignedBatch[];
  private base = "";
  private baseBlock = 0;
  private mood: Mood = "well";
  private readonly earlier = new Map<string, string>();
  private double: RpcDouble | null = null;
  private readonly folders: ReturnType<typeof memoryFolder>[] = [];

  private constructor(street: TestStreet) {
    this.street = street;
    this.node = connect({ rpc: street.rpc, timeoutMs: 10_000 });
    this.batches = Array.from({ length: BATCHES }, (_, i) => street.batch(i, [-10 - i, 4, i, 1, -(i % 3)]));
  }

  static async start(): Promise<ChainLab> {
    const funded = [1, 2].map((n) => address(addressOf(n)));
    const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile: null, funded, keptStates: 64 });
    assert(anvil.ok, anvil.ok ? "" : anvil.detail);
    const lab = new ChainLab(await TestStreet.on(anvil.value.rpc, {}, anvil.value.stop));
    // So deep lies the street that no reorganisation of a schedule reaches it.
    await lab.ask("anvil_mine", ["0x8"]);
    lab.baseBlock = Number(await lab.ask("eth_blockNumber"));
    lab.base = (await lab.ask("evm_snapshot")) as string;
    lab.double = await RpcDouble.before(
      lab.street.rpc,
      (method) => lab.instead(method),
      (_, asked, answer) => lab.altered(asked, answer),
    );
    return lab;
  }

  async stop(): Promise<void> {
    await this.double?.close();
    for (const { remove } of this.folders) remove();
    this.node.close();
    await this.street.close();
  }

  /** What the vault says when nothing goes wrong. */
  async undisturbed(): Promise<string> {
    await this.reset();
    const person = this.carrier(1);
    for (const batch of this.batches) person.carrier.add(batch);
    // A machine that has much to do is slower than a carrier here is patient.
    for (let tries = 0; tries < PATIENCE && !(await this.isDone()); tries++) await person.carrier.carry();
    assert(await this.isDone(), "undisturbed, the chain gets all batches");
    await person.relay.close();
    return this.state();
  }

  /** One schedule of faults, drawn from its seed, and what came of it. */
  async run(seed: number): Promise<Outcome> {
    await this.reset();
    const schedule = new Schedule(this, chance(seed));
    for (let step = 0; step < STEPS; step++) await schedule.step();
    await schedule.end();
    const settled = await this.settledPeriods();
    const distinct = new Set(settled);
    return {
      lost: BATCHES - distinct.size,
      twice: settled.length - distinct.size,
      state: await this.state(),
      log: schedule.log,
    };
  }

  batch(index: number): SignedBatch {
    return this.batches[index]!;
  }

  feel(mood: Mood): void {
    this.mood = mood;
    this.earlier.clear();
  }

  /** Someone who carries batches, with a key of its own and, after a crash, the disk of its earlier life. */
  carrier(key: number, disk: Disk = { store: memoryStore(), folder: this.newFolder() }): Carrying {
    const outbox = openOutbox(disk.folder, { chainId: CHAIN_ID, address: address(addressOf(key)) });
    assert(outbox.ok, outbox.ok ? "" : outbox.detail);
    const relay = openRelay({
      rpc: this.double!.rpc,
      chainId: CHAIN_ID,
      vault: this.street.vault,
      key: keyOf(key),
      finality: 0,
      timeoutMs: TIMEOUT_MS,
      minedMs: MINED_MS,
      resendMs: RESEND_MS,
      bumpMs: BUMP_MS,
      outbox: outbox.value,
    });
    return { carrier: new Carrier({ relay, store: disk.store, log: QUIET, settled: async () => undefined }), relay, disk };
  }

  private newFolder(): string {
    const folder = memoryFolder();
    this.folders.push(folder);
    return folder.path;
  }

  /** Takes the last blocks back and mines as many without transactions; never the street itself. */
  async reorganise(depth: number): Promise<number> {
    const height = Number(await this.ask("eth_blockNumber"));
    const reach = Math.min(depth, height - this.baseBlock);
    if (reach > 0) await this.ask("anvil_reorg", [reach, []]);
    return reach;
  }

  async mining(isOn: boolean): Promise<void> {
    await this.ask("evm_setAutomine", [isOn]);
    if (isOn) await this.ask("evm_mine");
  }

  async pending(): Promise<readonly string[]> {
    const { pending } = (await this.ask("txpool_content")) as { pending: Record<string, Record<string, { hash: string }>> };
    return Object.values(pending).flatMap((byNonce) => Object.values(byNonce).map(({ hash }) => hash));
  }

  async drop(hash: string): Promise<void> {
    await this.ask("anvil_dropTransaction", [hash]);
  }

  /** A transaction of the same key that takes the nonce of the next one, or of one after it. */
  async intrude(key: number, ahead: number): Promise<void> {
    const from = addressOf(key);
    const nonce = Number(await this.ask("eth_getTransactionCount", [from, "latest"])) + ahead;
    const fee = 10n ** 12n;
    const transaction = Transaction.from({
      type: 2,
      chainId: CHAIN_ID,
      nonce,
      to: from,
      gasLimit: 21_000,
      maxFeePerGas: fee,
      maxPriorityFeePerGas: fee,
    });
    transaction.signature = new SigningKey(keyOf(key)).sign(transaction.unsignedHash);
    // A nonce that was taken a moment ago is no news here.
    await this.node.ask("eth_sendRawTransaction", [transaction.serialized]);
  }

  async isDone(): Promise<boolean> {
    return new Set(await this.settledPeriods()).size === BATCHES;
  }

  async ask(method: string, params: readonly unknown[] = []): Promise<unknown> {
    const answer = await this.node.ask(method, params);
    assert(answer.ok, answer.ok ? "" : `${method}: ${answer.detail}`);
    return answer.value;
  }

  private async reset(): Promise<void> {
    this.feel("well");
    for (const { remove } of this.folders.splice(0)) remove();
    await this.ask("evm_setAutomine", [true]);
    await this.ask("anvil_dropAllTransactions");
    assert((await this.ask("evm_revert", [this.base])) === true, "the lab's snapshot is gone");
    this.base = (await this.ask("evm_snapshot")) as string;
  }

  private async settledPeriods(): Promise<readonly number[]> {
    const vault = new Interface(GRID_VAULT_ABI);
    const topic = vault.getEvent("PeriodSettled")!.topicHash;
    const logs = (await this.ask("eth_getLogs", [{ address: this.street.vault, fromBlock: "0x0", topics: [topic] }])) as {
      topics: string[];
    }[];
    return logs.map(({ topics }) => Number(topics[1]));
  }

  private async state(): Promise<string> {
    return JSON.stringify([await this.street.chain.head(), await this.street.chain.balances()]);
  }

  private instead(method: string): string | undefined {
    if (this.mood === "away") return "drop";
    if (this.mood === "hanging") return "hang";
    if (this.mood === "busy") return "busy";
    return this.mood === "losing" && method === "eth_sendRawTransaction" ? "lose" : undefined;
  }

  private altered(asked: string, answer: string): string {
    const question = asked.replace(/"id":\d+,/, "");
    if (this.mood === "lagging") {
      const known = this.earlier.get(question) ?? answer;
      this.earlier.set(question, known);
      return known;
    }
    // Every digit one up: well-formed, and untrue.
    return this.mood === "lying" ? answer.replace(/"result":"(0x[0-9a-f]*)"/, (_, hex) => `"result":"${raised(hex)}"`) : answer;
  }
}

const raised = (hex: string): string =>
  hex.slice(0, 2) + hex.slice(2).replace(/[0-8](?=[0-9a-f]{0,3}$)/g, (digit) => String(Number(digit) + 1));

interface Person {
  readonly key: number;
  carrier: Carrier;
  relay: Relay;
  readonly disk: Disk;
}

/** The steps of one schedule. */
class Schedule {
  readonly log: string[] = [];
  private readonly lab: ChainLab;
  private readonly draw: () => number;
  private readonly people: Person[];
  private made = 0;

  constructor(lab: ChainLab, draw: () => number) {
    this.lab = lab;
    this.draw = draw;
    this.people = [1, 2].map((key) => ({ key, ...lab.carrier(key) }));
  }

  async step(): Promise<void> {
    if (this.below(3) > 0 && this.made < BATCHES) this.add();
    const faults = [
      this.carry,
      this.carry,
      this.race,
      this.moody,
      this.reorganise,
      this.reorganise,
      this.stuck,
      this.stuck,
      this.gap,
      this.crash,
    ];
    await faults[this.below(faults.length)]!.call(this);
  }

  /** All is well again: whoever is left carries on until the chain has everything, and a while longer. */
  async end(): Promise<void> {
    while (this.made < BATCHES) this.add();
    this.lab.feel("well");
    await this.lab.mining(true);
    for (let tries = 0; tries < PATIENCE && !(await this.lab.isDone()); tries++)
      for (const { carrier } of this.people) await carrier.carry();
    for (const { carrier } of this.people) await carrier.carry();
    for (const { relay } of this.people) await relay.close();
  }

  /** A batch is signed: one who carries takes it over, or both do. */
  private add(): void {
    const takers = [this.people, this.people, this.people.slice(0, 1), this.people.slice(1)][this.below(4)]!;
    for (const { carrier } of takers) carrier.add(this.lab.batch(this.made));
    this.made++;
    this.log.push(`batch for ${takers.map(({ key }) => key).join(" and ")}`);
  }

  private async carry(): Promise<void> {
    const person = this.anyone();
    this.log.push(`${person.key} carries`);
    await person.carrier.carry();
  }

  private async race(): Promise<void> {
    this.log.push("both carry");
    await Promise.all(this.people.map(({ carrier }) => carrier.carry()));
  }

  private async moody(): Promise<void> {
    const mood = MOODS[this.below(MOODS.length)]!;
    this.log.push(`the node is ${mood}`);
    this.lab.feel(mood);
    await this.carry();
  }

  private async reorganise(): Promise<void> {
    const depth = await this.lab.reorganise(1 + this.below(DEEPEST));
    this.log.push(`${depth} blocks taken back`);
  }

  /** Nobody mines while somebody sends: the transaction is forgotten, replaced by another with its nonce, or mined in the end. */
  private async stuck(): Promise<void> {
    const person = this.anyone();
    await this.lab.mining(false);
    const carrying = person.carrier.carry();
    const hash = await this.sent();
    const what = ["dropped", "replaced", "late"][this.below(3)]!;
    this.log.push(`${person.key} carries; ${hash === null ? "nothing sent" : what}`);
    if (hash !== null && what === "dropped") await this.lab.drop(hash);
    if (hash !== null && what === "replaced") await this.lab.intrude(person.key, 0);
    await this.lab.mining(true);
    await carrying;
  }

  /** A nonce is left out: what has it waits for the one before. */
  private async gap(): Promise<void> {
    const person = this.anyone();
    this.log.push(`${person.key} leaves a nonce out`);
    await this.lab.intrude(person.key, 1 + this.below(2));
    await person.carrier.carry();
  }

  /** Killed between signing and mining, or anywhere: what it has on disk goes on. */
  private async crash(): Promise<void> {
    const person = this.anyone();
    const isBeforeMining = this.below(2) === 0;
    this.log.push(`${person.key} carries and is killed${isBeforeMining ? " before its transaction is mined" : ""}`);
    if (isBeforeMining) await this.lab.mining(false);
    const carrying = person.carrier.carry();
    if (isBeforeMining) await this.sent();
    else await sleep(this.below(25));
    await person.relay.close();
    await carrying;
    if (isBeforeMining) await this.lab.mining(true);
    Object.assign(person, this.lab.carrier(person.key, person.disk));
  }

  /** The transaction that waits to be mined; null when none comes. */
  private async sent(): Promise<string | null> {
    for (let waited = 0; waited < 12; waited++) {
      const [hash] = await this.lab.pending();
      if (hash !== undefined) return hash;
      await sleep(5);
    }
    return null;
  }

  private anyone(): Person {
    return this.people[this.below(this.people.length)]!;
  }

  private below(n: number): number {
    return Math.floor(this.draw() * n);
  }
}
