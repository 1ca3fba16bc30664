import { fileURLToPath } from "node:url";
import { addressOf, type TestChain } from "../../test/support/test-chain.ts";
import { agentOf, OPERATOR, ownerOf, STRANGER, TestVault, WITHDRAW } from "../../test/support/test-vault.ts";
import { settlementGas } from "./settlement.ts";

/** Gas by what is done. */
export type Gas = Readonly<Record<string, number>>;

export const COMMITTED_FILE = fileURLToPath(new URL("../../contracts/gas.json", import.meta.url));

/** What `contracts/gas.json` holds: a settlement of three sizes, and what people do one by one. */
export async function committedGas(chain: TestChain): Promise<Gas> {
  const sizes: Record<string, number> = {};
  for (const homes of [12, 100, 1_000]) {
    const { propose, finalize } = await settlementGas(chain, { homes });
    Object.assign(sizes, { [`propose, ${homes} homes`]: propose, [`finalize, ${homes} homes`]: finalize });
  }
  return { ...sizes, ...(await single(chain)) };
}

/** Each as the first of its kind for its home, in a street of eight. */
async function single(chain: TestChain): Promise<Gas> {
  const street = await TestVault.deploy(chain, { homes: 8 });
  const gas = (by: number, method: string, ...args: readonly unknown[]) => chain.gas(street.vault, by, { method, args });
  const name = `0x${"61".repeat(32)}`;
  const register = await gas(OPERATOR, "register", addressOf(ownerOf(8)), addressOf(agentOf(8)), name, 8);
  const deposit = await gas(OPERATOR, "deposit", 0, 100_000);
  const requestWithdraw = await gas(ownerOf(0), "requestWithdraw", 0, addressOf(ownerOf(0)), 500);
  await chain.pass(86_400);
  const finalizeWithdraw = await gas(OPERATOR, "finalizeWithdraw", 0);
  const carried = await carriedGas(street, gas);
  const rotateAgent = await gas(ownerOf(1), "rotateAgent", 1, addressOf(agentOf(9)), 20);
  const leaveStreet = await gas(ownerOf(2), "leaveStreet", 2, 20);
  return { register, deposit, requestWithdraw, finalizeWithdraw, rotateAgent, leaveStreet, ...carried };
}

/** What owners only sign: homes 3 to 5 for the first time, each with escrow; paid out with a fee to who carried the request. */
async function carriedGas(
  street: TestVault,
  gas: (by: number, method: string, ...args: readonly unknown[]) => Promise<number>,
): Promise<Gas> {
  const [payer, to, deadline] = [ownerOf(3), addressOf(ownerOf(4)), 2 ** 40];
  await street.chain.send(street.token, OPERATOR, "mint", addressOf(payer), 1_000_000);
  const permit = await street.permit(payer, 70_000);
  const depositWithPermit = await gas(STRANGER, "depositWithPermit", 3, addressOf(payer), 70_000, ...permit);
  await street.fund(4, 1_000);
  const asked = { home: 4, to, ticks: 400, feeTicks: 10, nonce: 0, deadline };
  const signature = await street.signTyped(ownerOf(4), "Withdraw", WITHDRAW, asked);
  const requestWithdrawFor = await gas(STRANGER, "requestWithdrawFor", 4, to, 400, 10, deadline, signature);
  await street.chain.pass(86_400);
  const withFee = await gas(OPERATOR, "finalizeWithdraw", 4);
  return { depositWithPermit, requestWithdrawFor, "finalizeWithdraw, with a fee": withFee };
}
