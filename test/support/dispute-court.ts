import { type Contract, ZeroAddress } from "ethers";
import { DISPUTES_ABI, DISPUTES_BYTECODE } from "../../contracts/abi/disputes.ts";
import { type Digest, toHex } from "../../engine/kernel/index.ts";
import { encodeFraud, type Finding, FRAUD, type FraudProof, type Proposed } from "../../engine/settlement/index.ts";
import type { TestChain } from "./test-chain.ts";
import type { TestVault } from "./test-vault.ts";

const FINDINGS: Readonly<Record<string, Finding>> = { ok: "fraud", "NoFraud()": "no-fraud", "ProofInvalid()": "invalid" };

/** The contract on a chain, asked as by a real vault. */
export class DisputeCourt {
  readonly contract: Contract;
  readonly #vault: string;

  private constructor(contract: Contract, vault: string) {
    this.contract = contract;
    this.#vault = vault;
  }

  /** `community`: where homes vote; nowhere if not said. */
  static async open(chain: TestChain, street: TestVault, rulesHash: Digest, community = ZeroAddress): Promise<DisputeCourt> {
    const contract = await chain.deploy({ abi: DISPUTES_ABI, bytecode: DISPUTES_BYTECODE }, [rulesHash, community]);
    return new DisputeCourt(contract, await street.vault.getAddress());
  }

  judge({ period }: Proposed, proof: FraudProof): Promise<Finding | string> {
    return this.judgeBytes(period, FRAUD[proof.kind], toHex(encodeFraud(proof)));
  }

  /** A finding, or what else the contract answers. */
  async judgeBytes(period: Proposed["period"], kind: number, proof: string): Promise<Finding | string> {
    const said = await this.#ask(period, kind, proof);
    return FINDINGS[said] ?? said;
  }

  async #ask(period: Proposed["period"], kind: number, proof: string): Promise<string> {
    try {
      await this.contract.getFunction("prove").staticCall(period, kind, proof, { from: this.#vault });
      return "ok";
    } catch (error) {
      const { data } = error as { data?: unknown };
      if (typeof data !== "string") throw error;
      return this.contract.interface.parseError(data)?.signature ?? data;
    }
  }
}
