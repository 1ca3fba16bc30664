import { accessListOf } from "../../adapters/evm/sender.ts";
import { balanceWords } from "../../adapters/evm/vault.ts";
import { GRID_VAULT_SLOTS } from "../../contracts/abi/grid-vault.ts";
import { address, fromHex } from "../../engine/kernel/index.ts";
import { certificateBytes } from "../../test/support/batch-bytes.ts";
import { chance } from "../../test/support/chance.ts";
import type { TestChain } from "../../test/support/test-chain.ts";
import { OPERATOR, STRANGER, type TestBatch, TestVault } from "../../test/support/test-vault.ts";

/** Gas of the two transactions that settle one period. */
export interface SettlementGas {
  readonly propose: number;
  readonly finalize: number;
}

export interface SettlementOptions {
  readonly homes: number;
  /** The part of all homes whose balance changes, at random places; 1 unless told. */
  readonly active?: number;
  /** So many homes, far apart, lose more than they have, each for the first time; none unless told. */
  readonly lacking?: number;
}

/** Of which more than two thirds sign, and no more than needed. */
export const VALIDATORS = 7;

/** What a home holds before, and the most that a period changes, in ticks: 1,000 and 5 of the currency. */
const BALANCE = 10_000_000;
const CHANGE = 50_000;
const LANES = 8;

/**
 * A vault in steady state settles a period: the second, so that each word it writes was in use before. The homes that certify are
 * registered; the rest are put into storage, since a settlement reads of a home its balance and nothing else.
 */
export async function settlementGas(chain: TestChain, options: SettlementOptions): Promise<SettlementGas> {
  const { homes, active = 1, lacking = 0 } = options;
  const street = await TestVault.deploy(chain, { homes: VALIDATORS, validators: VALIDATORS });
  await street.send(OPERATOR, "depositWide", 0, 10_000_000_000);
  await fill(chain, street, homes);
  const random = chance(homes);
  const settle = async (part: number, poor: number) => {
    const deltas = Array.from({ length: homes }, () => (random() < part ? Math.round(CHANGE * (2 * random() - 1)) || 1 : 0));
    for (let i = 0; i < poor; i++) deltas[Math.floor((i * homes) / poor)] = -2 * BALANCE;
    const sum = deltas.reduce((total, delta) => total + delta, 0);
    return gasOf(chain, street, await street.batch(deltas, [[0, BigInt(-sum)]]));
  };
  await settle(1, 0);
  return settle(active, lacking);
}

async function gasOf(chain: TestChain, street: TestVault, batch: TestBatch): Promise<SettlementGas> {
  const cert = certificateBytes(await street.entries(batch));
  const propose = await chain.gas(street.vault, STRANGER, { method: "propose", args: [batch.period, batch.vector, batch.wide, cert] });
  // As the relay sends it.
  const data = street.vault.interface.encodeFunctionData("finalize", [batch.period, batch.vector, batch.wide]);
  const accessList = accessListOf(address((await street.vault.getAddress()).toLowerCase()), balanceWords(fromHex(batch.vector)), data);
  const finalize = await chain.gas(street.vault, STRANGER, {
    method: "finalize",
    args: [batch.period, batch.vector, batch.wide],
    accessList,
  });
  return { propose, finalize };
}

/** Raises the registry to `homes` and gives each of them its balance. */
async function fill(chain: TestChain, street: TestVault, homes: number): Promise<void> {
  const vault = await street.vault.getAddress();
  const set = (at: number, word: string) => chain.provider.send("anvil_setStorageAt", [vault, hex(at), `0x${word.padStart(64, "0")}`]);
  await set(GRID_VAULT_SLOTS._homes, homes.toString(16));
  for (let slot = 0; slot < Math.ceil(homes / LANES); slot++) {
    const used = Math.min(LANES, homes - slot * LANES);
    const lane = (index: number): string => (index < used ? BALANCE : 0).toString(16).padStart(8, "0");
    await set(GRID_VAULT_SLOTS._lanes + slot, Array.from({ length: LANES }, (_, index) => lane(index)).join(""));
  }
}

const hex = (value: number): string => `0x${value.toString(16)}`;
