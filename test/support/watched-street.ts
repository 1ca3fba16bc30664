import { type Contract, ZeroAddress } from "ethers";
import { type Outbox, openChallenger, openProposals } from "../../adapters/evm/index.ts";
import { loadCurve, recoverWith } from "../../adapters/system/index.ts";
import { DISPUTES_ABI, DISPUTES_BYTECODE } from "../../contracts/abi/disputes.ts";
import { address, assert, type HomeId, homeId, type Interval, keccakDigest, toHex, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import { digestsOf, hashRules, type MarketRules, resultHash } from "../../engine/messages/index.ts";
import { encodeWide, type Proposed } from "../../engine/settlement/index.ts";
import { keepChallenge } from "../../src/main/watch/challenge-file.ts";
import { shownBy } from "../../src/main/watch/shown.ts";
import { type HandIn, ProposalWatch } from "../../src/node/index.ts";
import type { Challenge, Challenger, Log, Proposals, RegisteredHome, Registry } from "../../src/ports/index.ts";
import { changeOf, signEntry } from "./batch-bytes.ts";
import { type DisputedStreet, disputedStreet, PERIOD_INTERVALS } from "./disputed-street.ts";
import { realTime } from "./real-time.ts";
import { RULES } from "./rules.ts";
import { addressOf, CHAIN_ID, keyOf, type TestChain } from "./test-chain.ts";
import { agentOf, OPERATOR, SET_SINCE, type TestPeriod, TestVault } from "./test-vault.ts";

/** Seconds. */
export const WINDOW = 600;
const RULES_HERE: MarketRules = { ...RULES, periodIntervals: PERIOD_INTERVALS };
const VALIDATORS = 4;

/** What a watch says, one line for each event. */
export class Told implements Log {
  readonly events: { readonly level: string; readonly event: string; readonly data: Record<string, unknown> }[] = [];
  readonly error = (event: string, data = {}) => this.#add("error", event, data);
  readonly warn = (event: string, data = {}) => this.#add("warn", event, data);
  readonly info = (event: string, data = {}) => this.#add("info", event, data);
  readonly debug = (): void => undefined;

  get names(): readonly string[] {
    return this.events.map(({ level, event }) => `${level} ${event}`);
  }

  #add(level: string, event: string, data: object): void {
    this.events.push({ level, event, data: { ...data } });
  }
}

/** What of a watch a test chooses. */
export interface Look {
  readonly rpc?: string;
  /** Where what a proposal binds is shown; nowhere by default. */
  readonly url?: string;
  readonly handIn?: (challenge: Challenge) => Promise<HandIn>;
  /** Who drops what is wrong once its time is over, and how many seconds later; nobody by default. */
  readonly own?: Pick<Challenger, "expire">;
  readonly patience?: number;
  /** Street time, milliseconds; long after all by default. */
  readonly now?: number;
  /** What it keeps over a restart. */
  readonly meta?: Map<string, string>;
  readonly folder: string;
  /** How many of the street's periods are closed here; all by default. */
  readonly closed?: number;
}

/** A street with a window for challenges on a real chain, whose validators' keys the test has: its second period waits for a proposal. */
export class WatchedStreet {
  readonly chain: TestChain;
  readonly vault: TestVault;
  readonly street: DisputedStreet;
  /** The second period, as it is. */
  readonly honest: Proposed;
  readonly #open: (Proposals | Challenger)[] = [];

  private constructor(chain: TestChain, vault: TestVault, street: DisputedStreet) {
    this.chain = chain;
    this.vault = vault;
    this.street = street;
    this.honest = street.periods[1]!;
  }

  static async start(chain: TestChain, seed: number): Promise<WatchedStreet> {
    const disputes: Contract = await chain.deploy({ abi: DISPUTES_ABI, bytecode: DISPUTES_BYTECODE }, [hashRules(RULES_HERE), ZeroAddress]);
    const change = { firstPeriod: 250, prevPeriod: ZERO_DIGEST, challengeWindow: WINDOW, disputes: await disputes.getAddress() };
    const vault = await TestVault.deploy(chain, { homes: 8, validators: VALIDATORS, change });
    for (const home of [0, 1, 2, 4, 6]) assert((await vault.fund(home, 100_000_000)) === "ok", "homes have money");
    assert((await vault.send(OPERATOR, "depositWide", 0, 10 ** 12)) === "ok", "the supplier has money");
    const plan = { rules: RULES_HERE, vault: (await vault.vault.getAddress()).toLowerCase(), seed, intervals: 12 };
    const street = new WatchedStreet(chain, vault, disputedStreet(plan));
    assert((await street.propose(street.street.periods[0]!, street.street.wides[0]!)) === "ok", "the first period is proposed");
    assert((await street.finalize(street.street.periods[0]!, street.street.wides[0]!)) === "ok", "the first period is settled");
    await chain.save();
    return street;
  }

  /** As all validators sign it, or these. */
  async call({ period, vector }: Proposed, wide: Uint8Array, signers: readonly number[] = [0, 1, 2, 3]): Promise<readonly unknown[]> {
    const digest = digestsOf(this.street.domain).period(period);
    const entries = signers.map((index) => signEntry(index, keyOf(agentOf(index)), digest));
    const cert = entries.map(({ index, signature }) => index.toString(16).padStart(2, "0") + signature.slice(2)).join("");
    return [period, toHex(vector), toHex(wide), `0x${cert}`];
  }

  async propose(proposed: Proposed, wide: Uint8Array): Promise<string> {
    return this.vault.send(OPERATOR, "propose", ...(await this.call(proposed, wide)));
  }

  proposeHonest(): Promise<string> {
    return this.propose(this.honest, this.street.wides[1]!);
  }

  async finalize({ period, vector }: Proposed, wide: Uint8Array): Promise<string> {
    await this.chain.pass(WINDOW);
    const batch = { period: period as unknown as TestPeriod, vector: toHex(vector), wide: toHex(wide) };
    return this.vault.finalize(batch);
  }

  finalizeHonest(): Promise<string> {
    return this.finalize(this.honest, this.street.wides[1]!);
  }

  /** Lanes with their sum in ticks, and a supplier that pays for them. */
  balanced(vector: Uint8Array) {
    const sum = Array.from({ length: vector.length / 4 }, (_, home) => changeOf(vector, home)).reduce((total, each) => total + each, 0);
    const wide = encodeWide(-sum);
    return { vector, sum, wide, wideHash: keccakDigest(wide) };
  }

  challenger(person: number, outbox?: Outbox): Challenger {
    const kept = outbox === undefined ? {} : { outbox };
    const challenger = openChallenger({ ...this.#place(this.chain.rpc), key: keyOf(person), finality: 0, ...kept });
    this.#open.push(challenger);
    return challenger;
  }

  proposals(rpc = this.chain.rpc): Proposals {
    const proposals = openProposals({ ...this.#place(rpc), finality: 0 });
    this.#open.push(proposals);
    return proposals;
  }

  async watch({ rpc, url, handIn, own, patience = 0, now = 2e12, meta = new Map(), folder, closed = Number.POSITIVE_INFINITY }: Look) {
    const { domain, rules, periods } = this.street;
    const log = new Told();
    const records = [...new Map(periods.flatMap(({ intervals }) => intervals.map((each) => [each.result.interval, each]))).values()];
    const watch = new ProposalWatch({
      rules,
      domain,
      digests: digestsOf(domain),
      first: records[0]!.result.interval,
      registry: () => REGISTRY,
      recover: recoverWith(await loadCurve()),
      clock: realTime(() => now),
      store: { getMeta: (key) => meta.get(key) ?? null, setMeta: (key, value) => void meta.set(key, value) },
      log,
      proposals: this.proposals(rpc),
      records: (from, to) => records.filter(({ result }) => result.interval >= from && result.interval <= to),
      shown: (interval, head) => shownBy({ url: url ?? null, folder: null }, interval, head),
      keep: (challenge, proposal, fault) => keepChallenge(folder, domain, { challenge, proposal, fault }),
      handIn: handIn ?? (async () => ({ ok: false, code: "CHALLENGE_UNSENT", detail: "nobody sends it" })),
      expire: async (period) => own?.expire(period) ?? { ok: false, code: "CHAIN_REFUSED", detail: "nobody drops it" },
      patience: () => patience,
    });
    const close = (to: number): void => {
      for (const { intervals, period } of periods.slice(0, to)) {
        const { result } = intervals.at(-1)!;
        watch.certified({ result, batch: { result: period, vector: new Uint8Array(), wide: new Uint8Array() } });
      }
    };
    close(closed);
    return { watch, log, meta, close };
  }

  #place(rpc: string) {
    return { rpc, chainId: CHAIN_ID, vault: this.street.domain.vault };
  }

  async stop(): Promise<void> {
    for (const each of this.#open) await each.close();
  }
}

/** The hash that the record at an interval is asked for by. */
export const headOf = ({ intervals }: Proposed, at: number) => resultHash(intervals[at]!.result);

const homes = Array.from({ length: 8 }, (_, home): RegisteredHome => {
  const agent = address(addressOf(agentOf(home)).toLowerCase());
  const since = home as Interval;
  return { home: homeId(home), name: `home-${home}`, agent, owner: agent, since, until: null, keys: [{ agent, since }] };
});
const ids = Array.from({ length: VALIDATORS }, (_, home) => homeId(home)) as HomeId[];
const REGISTRY: Registry = {
  homes,
  validatorSets: [
    {
      since: SET_SINCE as Interval,
      validators: ids.map((home) => ({ home, class: "home" })),
      minimums: { home: 0, operator: 0, utility: 0 },
    },
  ],
  validators: ids,
  quorum: 3,
};
