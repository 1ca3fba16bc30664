import { SigningKey } from "ethers/crypto";
import {
  deployStreet,
  type OwnerDigests,
  openChain,
  openRelay,
  ownerDigests,
  type StreetPlan,
  startAnvil,
} from "../../adapters/evm/index.ts";
import {
  type Address,
  address,
  assert,
  type Digest,
  fromHex,
  type HomeId,
  homeId,
  interval,
  keccakDigest,
  period,
  utf8,
  ZERO_DIGEST,
} from "../../engine/kernel/index.ts";
import { digestsOf, type PeriodResult, periodHash } from "../../engine/messages/index.ts";
import { encodeCertificate, encodeVector, encodeWide } from "../../engine/settlement/index.ts";
import type { Chain, Relay, SignedBatch } from "../../src/ports/index.ts";
import { addressOf, CHAIN_ID, keyOf } from "./test-chain.ts";

export const OPERATOR_KEY = keyOf(1);
export const FIRST_PERIOD = 500;
export const GENESIS = keccakDigest(utf8("what the street's first period links to"));
const VALIDATORS = 5;

export const agentAddress = (home: number): Address => address(addressOf(10 + home));
export const ownerAddress = (home: number): Address => address(addressOf(60 + home));

export const newHome = (home: number, change: Partial<Parameters<Relay["register"]>[0]> = {}): Parameters<Relay["register"]>[0] => ({
  name: `home-${home}`,
  agent: agentAddress(home),
  owner: ownerAddress(home),
  since: interval(48_000),
  deposit: 1_000_000,
  ...change,
});

export const planOf = (rpc: string, change: Partial<StreetPlan> = {}): StreetPlan => ({
  rpc,
  chainId: CHAIN_ID,
  key: OPERATOR_KEY,
  validators: Array.from({ length: VALIDATORS }, (_, home) => newHome(home)),
  residualDeposit: 50_000_000,
  firstPeriod: period(FIRST_PERIOD),
  prevPeriod: GENESIS,
  aheadSeconds: 1_000_000,
  ...change,
});

/** A street on an anvil of its own, seen through the adapter, with batches made by the engine's encoders. */
export class TestStreet {
  readonly rpc: string;
  readonly vault: Address;
  readonly token: Address;
  readonly chain: Chain;
  readonly relay: Relay;
  private readonly end: () => Promise<void>;
  private readonly made = new Map<number, PeriodResult>();

  private constructor(rpc: string, street: { readonly vault: Address; readonly token: Address }, end: () => Promise<void>) {
    this.rpc = rpc;
    this.vault = street.vault;
    this.token = street.token;
    this.chain = openChain({ rpc, chainId: CHAIN_ID, vault: street.vault, finality: 0 });
    this.relay = this.openRelay();
    this.end = end;
  }

  static async start(change: Partial<StreetPlan> = {}): Promise<TestStreet> {
    const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile: null, funded: [1, 2].map((n) => address(addressOf(n))) });
    assert(anvil.ok, anvil.ok ? "" : anvil.detail);
    return TestStreet.on(anvil.value.rpc, change, anvil.value.stop).catch(async (error) => {
      await anvil.value.stop();
      throw error;
    });
  }

  static async on(rpc: string, change: Partial<StreetPlan> = {}, end = async (): Promise<void> => undefined): Promise<TestStreet> {
    const street = await deployStreet(planOf(rpc, change));
    assert(street.ok, street.ok ? "" : street.detail);
    return new TestStreet(rpc, street.value, end);
  }

  openRelay(key = OPERATOR_KEY): Relay {
    return this.openRelayAt(this.rpc, key);
  }

  /** A relay that asks another node. */
  openRelayAt(rpc: string, key = OPERATOR_KEY): Relay {
    return openRelay({ rpc, chainId: CHAIN_ID, vault: this.vault, key, finality: 0 });
  }

  async close(): Promise<void> {
    await this.chain.close();
    await this.relay.close();
    await this.end();
  }

  /** The period that comes `after` that many others, each a day long, with these changes in ticks; it follows the one made last for the day before. */
  batch(after: number, deltas: readonly number[], change: Partial<PeriodResult> = {}): SignedBatch {
    const vector = encodeVector(deltas.map((delta, home) => ({ home: homeId(home), delta })));
    const wide = encodeWide(-deltas.reduce((total, delta) => total + delta, 0));
    const result: PeriodResult = {
      period: period(FIRST_PERIOD + after),
      fromInterval: interval(48_000 + 96 * after),
      toInterval: interval(48_095 + 96 * after),
      coversUntil: 1_000_000 + 86_400 * after,
      prevPeriod: after <= 0 ? GENESIS : periodHash(this.made.get(after - 1) ?? this.batch(after - 1, []).result),
      head: headAfter(after + 1),
      accountsRoot: ZERO_DIGEST,
      vectorHash: keccakDigest(vector),
      wideHash: keccakDigest(wide),
      dataHash: ZERO_DIGEST,
      ...change,
    };
    this.made.set(after, result);
    return { result, vector, wide, certificate: this.certify(result, [0, 2, 3, 4]) };
  }

  /** What the owner of a home signs. */
  signedByOwner(home: number, what: (digests: OwnerDigests) => Digest): Uint8Array {
    const digest = what(ownerDigests({ chainId: CHAIN_ID, vault: this.vault }));
    return fromHex(new SigningKey(keyOf(60 + home)).sign(digest).serialized);
  }

  private certify(result: PeriodResult, signers: readonly number[]): Uint8Array {
    const digest = digestsOf({ chainId: CHAIN_ID, vault: this.vault, rulesHash: ZERO_DIGEST }).period(result);
    const validators = Array.from({ length: VALIDATORS }, (_, home) => homeId(home));
    return encodeCertificate(
      validators,
      signers.map((home) => ({ validator: home as HomeId, signature: fromHex(new SigningKey(keyOf(10 + home)).sign(digest).serialized) })),
    );
  }
}

export function headAfter(periods: number): Digest {
  return keccakDigest(utf8(`head after ${periods}`));
}
