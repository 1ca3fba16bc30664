import { Contract, ContractFactory, type InterfaceAbi, isError, JsonRpcProvider, type Log, Wallet } from "ethers";
import { startAnvil, startLocalChain } from "../../adapters/evm/index.ts";
import { type Address, address, assert } from "../../engine/kernel/index.ts";
import { TwinChain } from "./twin-chain.ts";

export const CHAIN_ID = 7713;

/** The private key of test person `n`, 1 to 255. */
export const keyOf = (n: number): string => `0x${n.toString(16).padStart(2, "0").repeat(32)}`;
export const addressOf = (n: number): string => new Wallet(keyOf(n)).address;

interface GasCall {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly accessList?: readonly { readonly address: string; readonly storageKeys: readonly string[] }[];
}

interface SentCall {
  readonly from: string;
  readonly to: string;
  readonly data: string;
  readonly gas: string;
  readonly accessList?: GasCall["accessList"] & object;
}

/** What runs the contracts; "both": each question goes to both, and their answers are compared. */
export type TestEvm = "anvil" | "ethereumjs" | "both";

interface Node {
  readonly rpc: string;
  /** It lets us be whomever we like; others want a signature. */
  readonly impersonates: boolean;
  readonly twin: TwinChain | null;
  stop(): Promise<void>;
}

/** A chain in memory, with ethers as the independent client. */
export class TestChain {
  readonly provider: JsonRpcProvider;
  readonly rpc: string;
  private readonly node: Node;
  private snapshot = "";

  private constructor(node: Node) {
    const { rpc } = node;
    this.rpc = rpc;
    this.node = node;
    this.provider = new JsonRpcProvider(rpc, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1, pollingInterval: 20, batchMaxCount: 1 });
  }

  static async start(people = 40, evm: TestEvm = "anvil"): Promise<TestChain> {
    const funded = Array.from({ length: people }, (_, i) => address(addressOf(i + 1)));
    const chain = new TestChain(await nodeOf(evm, funded));
    if (chain.node.impersonates) await chain.provider.send("anvil_autoImpersonateAccount", [true]);
    return chain;
  }

  /** Both EVMs at once; undefined when only one runs. */
  get twin(): TwinChain {
    assert(this.node.twin !== null, "this chain has one EVM");
    return this.node.twin;
  }

  async stop(): Promise<void> {
    this.provider.destroy();
    await this.node.stop();
  }

  person(n: number): Wallet {
    return new Wallet(keyOf(n), this.provider);
  }

  async save(): Promise<void> {
    this.snapshot = (await this.provider.send("evm_snapshot", [])) as string;
  }

  /** Back to the last save, which can be gone back to again. */
  async restore(): Promise<void> {
    await this.provider.send("evm_revert", [this.snapshot]);
    await this.save();
  }

  async pass(seconds: number): Promise<void> {
    await this.provider.send("evm_increaseTime", [seconds]);
    await this.provider.send("evm_mine", []);
  }

  async now(): Promise<number> {
    return (await this.provider.getBlock("latest"))!.timestamp;
  }

  async deploy(code: { readonly abi: InterfaceAbi; readonly bytecode: string }, args: readonly unknown[], by = 1): Promise<Contract> {
    const contract = await new ContractFactory(code.abi, code.bytecode, this.person(by)).deploy(...args);
    await contract.waitForDeployment();
    return new Contract(await contract.getAddress(), code.abi, this.provider);
  }

  /** Runs a method as a transaction of `by`: "ok", or the error that the contract gave, with its fields. */
  async send(contract: Contract, by: number, method: string, ...args: readonly unknown[]): Promise<string> {
    const data = contract.interface.encodeFunctionData(method, args);
    const call = { from: addressOf(by), to: await contract.getAddress(), data, gas: "0xf00000" };
    try {
      await this.provider.send("eth_call", [call, "latest"]);
      const hash = await this.submit(by, call);
      assert((await this.mined(hash)) === "0x1", `${method} failed without a reason`);
      return "ok";
    } catch (error) {
      return errorOf(contract, error);
    }
  }

  /** What a method costs as a transaction of `by`. */
  async gas(contract: Contract, by: number, { method, args, accessList = [] }: GasCall): Promise<number> {
    const data = contract.interface.encodeFunctionData(method, args);
    const call = { from: addressOf(by), to: await contract.getAddress(), data, gas: "0xffffff", accessList };
    const hash = await this.submit(by, call);
    const { status, gasUsed } = await this.receipt(hash);
    assert(status === "0x1", `${method} failed`);
    return Number(gasUsed);
  }

  /** Sends a call as a transaction, whatever comes of it; its hash. */
  async submit(by: number, call: SentCall): Promise<string> {
    if (this.node.impersonates) return this.provider.send("eth_sendTransaction", [call]);
    const { from, to, data, gas, accessList = [] } = call;
    const nonce = Number(await this.provider.send("eth_getTransactionCount", [from, "latest"]));
    const fees = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 1n };
    const raw = await new Wallet(keyOf(by)).signTransaction({
      to,
      data,
      accessList: [...accessList].map(({ address, storageKeys }) => ({ address, storageKeys: [...storageKeys] })),
      ...fees,
      type: 2,
      chainId: CHAIN_ID,
      nonce,
      gasLimit: gas,
    });
    return this.provider.send("eth_sendRawTransaction", [raw]);
  }

  private async mined(hash: string): Promise<string> {
    return (await this.receipt(hash)).status;
  }

  async receipt(hash: string): Promise<{ readonly status: string; readonly gasUsed: string }> {
    for (;;) {
      const receipt = await this.provider.send("eth_getTransactionReceipt", [hash]);
      if (receipt !== null) return receipt;
    }
  }

  async view(contract: Contract, method: string, ...args: readonly unknown[]): Promise<unknown> {
    return contract.getFunction(method).staticCall(...args);
  }

  async viewError(contract: Contract, method: string, ...args: readonly unknown[]): Promise<string> {
    return this.view(contract, method, ...args).then(
      () => "ok",
      (error) => errorOf(contract, error),
    );
  }

  /** Events of the last block: "Name(field, field)". */
  async events(contract: Contract): Promise<readonly string[]> {
    const logs: readonly Log[] = await this.provider.getLogs({ address: await contract.getAddress(), fromBlock: "latest" });
    return logs.map((log) => {
      const event = contract.interface.parseLog(log)!;
      return `${event.name}(${event.args.join(", ")})`;
    });
  }
}

async function nodeOf(evm: TestEvm, funded: readonly Address[]): Promise<Node> {
  if (evm === "both") {
    const twin = await TwinChain.start({ chainId: CHAIN_ID, funded });
    return { rpc: twin.rpc, impersonates: false, twin, stop: () => twin.stop() };
  }
  const started =
    evm === "anvil"
      ? await startAnvil({ chainId: CHAIN_ID, stateFile: null, funded })
      : await startLocalChain({ chainId: CHAIN_ID, stateFile: null, funded, isLaboratory: true, keptStates: 1_000_000 });
  assert(started.ok, started.ok ? "" : started.detail);
  return { rpc: started.value.rpc, impersonates: evm === "anvil", twin: null, stop: started.value.stop };
}

function errorOf(contract: Contract, error: unknown): string {
  if (!isError(error, "CALL_EXCEPTION") || typeof error.data !== "string") throw error;
  const parsed = contract.interface.parseError(error.data);
  return parsed === null ? error.data : `${parsed.name}(${parsed.args.join(", ")})`;
}
