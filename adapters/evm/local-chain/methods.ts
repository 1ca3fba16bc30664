import { bytesToHex } from "@ethereumjs/util";
import { numberOf } from "./blocks.ts";
import { type LocalChain, NO_ACCOUNT } from "./chain.ts";
import { blockJson, logsIn, quantity, receiptJson, transactionJson } from "./format.ts";
import { addressAt, blockTagAt, bytesAt, callAt, countAt, digestAt, type LogFilter, logFilterAt, wordAt } from "./params.ts";
import { INVALID_PARAMS, RpcError } from "./rpc-error.ts";

export type Method = (params: readonly unknown[]) => unknown;

const TIP = 1_000_000_000n;
const MOST_FEE_BLOCKS = 1_024;

/** The methods that a wallet, ethers and this project's own client ask a node. */
export function methodsOf(chain: LocalChain): Readonly<Record<string, Method>> {
  return { ...network(chain), ...fees(chain), ...accounts(chain), ...blocks(chain), ...transactions(chain) };
}

const network = ({ chainId, blocks }: LocalChain): Readonly<Record<string, Method>> => ({
  web3_clientVersion: () => "commonwatt-local-chain",
  net_version: () => `${chainId}`,
  eth_chainId: () => quantity(chainId),
  eth_accounts: () => [],
  eth_syncing: () => false,
  eth_blockNumber: () => quantity(numberOf(blocks.head)),
});

function fees(chain: LocalChain): Readonly<Record<string, Method>> {
  const { blocks } = chain;
  return {
    eth_gasPrice: () => quantity(blocks.head.block.header.calcNextBaseFee() + TIP),
    eth_maxPriorityFeePerGas: () => quantity(TIP),
    eth_feeHistory: ([count, newest, percentiles]) => {
      const last = blocks.get(blockTagAt(newest, "params[1]"));
      const wanted = countAt(count, "params[0]", MOST_FEE_BLOCKS);
      const of = blocks.all().slice(Math.max(0, numberOf(last) + 1 - wanted), numberOf(last) + 1);
      const tips = Array.isArray(percentiles) ? percentiles.map(() => quantity(TIP)) : null;
      return {
        oldestBlock: quantity(numberOf(last) + 1 - of.length),
        baseFeePerGas: [...of.map(({ block }) => block.header.baseFeePerGas!), last.block.header.calcNextBaseFee()].map(quantity),
        gasUsedRatio: of.map(({ block }) => Number(block.header.gasUsed) / Number(block.header.gasLimit)),
        ...(tips === null ? {} : { reward: of.map(() => tips) }),
      };
    },
  };
}

function accounts(chain: LocalChain): Readonly<Record<string, Method>> {
  const account = async (address: unknown, block: unknown) => {
    const whose = addressAt(address, "params[0]");
    return (await chain.read(blockTagAt(block, "params[1]"), (state) => state.account(whose))) ?? NO_ACCOUNT;
  };
  return {
    eth_getBalance: async ([address, block]) => quantity((await account(address, block)).balance),
    eth_getTransactionCount: async ([address, block]) => quantity((await account(address, block)).nonce),
    eth_getCode: ([address, block]) => {
      const whose = addressAt(address, "params[0]");
      return chain.read(blockTagAt(block, "params[1]"), (state) => bytesToHex(state.code(whose)));
    },
    eth_getStorageAt: ([address, slot, block]) => {
      const [whose, which] = [addressAt(address, "params[0]"), wordAt(slot, "params[1]")];
      return chain.read(blockTagAt(block, "params[2]"), (state) => `0x${(state.word(whose, which) ?? "0x").slice(2).padStart(64, "0")}`);
    },
  };
}

function blocks({ blocks }: LocalChain): Readonly<Record<string, Method>> {
  const shown = (found: ReturnType<typeof blocks.find>, whole: unknown) => (found === undefined ? null : blockJson(found, whole === true));
  return {
    eth_getBlockByNumber: ([block, whole]) => shown(blocks.find(blockTagAt(block, "params[0]")), whole),
    eth_getBlockByHash: ([hash, whole]) => shown(blocks.find({ hash: digestAt(hash, "params[0]") }), whole),
    eth_getLogs: ([filter]) => {
      const wanted = logFilterAt(filter, "params[0]");
      return range(wanted, blocks).flatMap((block) => logsIn(block, wanted));
    },
  };
}

function transactions(chain: LocalChain): Readonly<Record<string, Method>> {
  const find = (hash: unknown) => chain.blocks.ofTransaction(digestAt(hash, "params[0]"));
  return {
    eth_call: ([call, block]) => chain.call(callAt(call, "params[0]"), blockTagAt(block, "params[1]")),
    eth_estimateGas: async ([call]) => quantity(await chain.estimate(callAt(call, "params[0]"))),
    eth_sendRawTransaction: ([raw]) => chain.send(bytesAt(raw, "params[0]")),
    eth_getTransactionByHash: ([hash]) => {
      const block = find(hash);
      return block === undefined ? null : transactionJson(block);
    },
    eth_getTransactionReceipt: ([hash]) => {
      const block = find(hash);
      return block === undefined ? null : receiptJson(block);
    },
  };
}

/** Beyond the last block is refused, so that a client notices a chain that went back. */
function range({ blocks: wanted }: LogFilter, blocks: LocalChain["blocks"]) {
  if ("hash" in wanted) return [blocks.get(wanted)];
  const [from, to] = [numberOf(blocks.get(wanted.from)), numberOf(blocks.get(wanted.to))];
  if (from > to) throw new RpcError(INVALID_PARAMS, `fromBlock ${from} lies behind toBlock ${to}`);
  return blocks.all().slice(from, to + 1);
}
