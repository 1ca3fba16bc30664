import { type Result as Decoded, Interface } from "ethers/abi";
import { type Address, address, fail, type HomeId, ok, type Result } from "../../engine/kernel/index.ts";
import type { ChainCode, CurrencyDomain, OwnerMoney, WideAccount } from "../../src/ports/index.ts";
import { type ChainOptions, shield, VaultReader } from "./chain.ts";
import { domainSeparatorOf } from "./owner.ts";
import { connect } from "./rpc.ts";
import { balancesOf, refusal, TICK_MICRO, view } from "./vault.ts";
import { readWide, withdrawalOf } from "./wide.ts";

/** What an owner has, for whoever wants to move it. */
export interface Purse {
  look(home: HomeId, owner: Address): Promise<Result<OwnerMoney, ChainCode>>;
  /** What supplier, grid and community have. */
  wide(): Promise<Result<readonly WideAccount[], ChainCode>>;
  close(): void;
}

/** ERC-20, and what currencies with permits have: ERC-2612, and ERC-5267 or a version of their own. */
const CURRENCY = new Interface([
  "function balanceOf(address) view returns (uint256)",
  "function nonces(address) view returns (uint256)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function name() view returns (string)",
  "function version() view returns (string)",
  "function eip712Domain() view returns (bytes1, string, string, uint256, address, bytes32, uint256[])",
]);

export function openPurse(options: ChainOptions): Purse {
  const reader = new VaultReader(connect(options), options);
  return {
    look: (home, owner) => shield(() => look(reader, options.chainId, { home, owner })),
    wide: () => shield(() => readWide(reader)),
    close: () => reader.close(),
  };
}

type Whose = { readonly home: HomeId; readonly owner: Address };
type Answer = Result<Decoded, ChainCode>;

async function look(reader: VaultReader, chainId: number, { home, owner }: Whose): Promise<Result<OwnerMoney, ChainCode>> {
  const found = await reader.read("token");
  if (!found.ok) return found;
  const token = address(found.value[0].toLowerCase());
  const answer = await reader.read("balances", home, 1);
  if (!answer.ok) return answer;
  const [balance] = balancesOf(answer.value).homes;
  if (balance === undefined) return fail("CHAIN_REFUSED", `the registry doesn't know home ${home}`);
  const said = await together([
    reader.read("withdrawal", home),
    reader.read("escapeDelay"),
    reader.read("settledUntil"),
    reader.read("nonces", home),
    view(reader.rpc, { to: token, contract: CURRENCY, method: "balanceOf", args: [owner] }),
  ]);
  if (!said.ok) return said;
  const [asked, delay, settledUntil, withdrawalNonce, account] = said.value.map(([first]) => first);
  const block = await reader.rpc.ask("eth_getBlockByNumber", ["latest", false]);
  if (!block.ok) return refusal(block);
  return ok({
    escrow: balance.ticks * TICK_MICRO,
    debt: balance.debt * TICK_MICRO,
    withdrawal: withdrawalOf(asked),
    account: Number(account),
    settledUntil: Number(settledUntil),
    escapeSeconds: Number(delay),
    now: Number((block.value as { timestamp: string }).timestamp),
    permits: await permitsOf(reader, { token, owner, chainId }),
    withdrawalNonce,
  });
}

async function together(asked: readonly Promise<Answer>[]): Promise<Result<readonly Decoded[], ChainCode>> {
  const values: Decoded[] = [];
  for (const answer of await Promise.all(asked)) {
    if (!answer.ok) return answer;
    values.push(answer.value);
  }
  return ok(values);
}

interface Currency {
  readonly token: Address;
  readonly owner: Address;
  readonly chainId: number;
}

/** What the next permit is signed with; null when the currency has none, or separates its domain in a way that we don't know. */
async function permitsOf({ rpc }: VaultReader, { token, owner, chainId }: Currency): Promise<OwnerMoney["permits"]> {
  const ask = (method: string, ...args: readonly unknown[]) => view(rpc, { to: token, contract: CURRENCY, method, args });
  const [nonce, separator, name, version, said] = await Promise.all([
    ask("nonces", owner),
    ask("DOMAIN_SEPARATOR"),
    ask("name"),
    ask("version"),
    ask("eip712Domain"),
  ]);
  if (!nonce.ok || !separator.ok || !name.ok) return null;
  const versions = [...(said.ok ? [String(said.value[2])] : []), ...(version.ok ? [String(version.value[0])] : []), "1"];
  const domains = versions.map((each): CurrencyDomain => ({ name: String(name.value[0]), version: each, chainId, token }));
  const domain = domains.find((each) => domainSeparatorOf(each) === separator.value[0]);
  return domain === undefined ? null : { domain, nonce: nonce.value[0] };
}
