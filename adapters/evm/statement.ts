import type { LogDescription } from "ethers/abi";
import { type Address, address, type Digest, fail, homeId, ok, type Result } from "../../engine/kernel/index.ts";
import { type SurplusAccount, WIDE_ACCOUNTS } from "../../engine/messages/index.ts";
import type { ChainCode, Statement, StatementLine } from "../../src/ports/index.ts";
import { type ChainOptions, shield, VaultReader } from "./chain.ts";
import { connect } from "./rpc.ts";
import { refusal, TICK_MICRO, VAULT, view } from "./vault.ts";
import { numberOf } from "./wide.ts";

interface Log {
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly transactionHash: string;
}
type Step<T> = Promise<Result<T, ChainCode>>;
type Move = Pick<StatementLine, "kind" | "period" | "other" | "micro">;

const EVENTS = ["WideDeposited", "PeriodSettled", "DebtIncurred", "DebtRepaid", "WithdrawalFinalized", "FeePaid"];
const TOPICS = EVENTS.map((name) => VAULT.getEvent(name)!.topicHash);
const WIDE_BYTES = 9;

/** All that ever moved in a wide account, from the vault's own events, beside what the vault says is in it: who adds it up knows. */
export async function readStatement(options: ChainOptions, account: SurplusAccount): Step<Statement> {
  const reader = new VaultReader(connect(options), options);
  try {
    return await shield(() => read(reader, account));
  } finally {
    reader.close();
  }
}

async function read(reader: VaultReader, account: SurplusAccount): Step<Statement> {
  const known = await reader.read("nextPeriod");
  if (!known.ok) return known;
  const head = await reader.rpc.ask("eth_blockNumber", []);
  if (!head.ok) return refusal(head);
  const block = head.value as string;
  const filter = { address: reader.vault, fromBlock: "0x0", toBlock: block, topics: [TOPICS] };
  const logs = await reader.rpc.ask("eth_getLogs", [filter]);
  if (!logs.ok) return refusal(logs);
  const periods = periodsBy(logs.value as readonly Log[]);
  const lines: StatementLine[] = [];
  for (const log of logs.value as readonly Log[]) {
    const move = await moveOf(reader, account, log, periods);
    if (!move.ok) return move;
    if (move.value === null || move.value.micro === 0) continue;
    const at = await timeOf(reader, log.blockNumber);
    if (!at.ok) return at;
    lines.push({ at: at.value, transaction: log.transactionHash as Digest, ...move.value });
  }
  const held = await view(reader.rpc, { to: reader.vault, contract: VAULT, method: "wideBalance", args: [WIDE_ACCOUNTS[account]] }, block);
  return held.ok ? ok({ account, lines, held: Number(held.value[0]) * TICK_MICRO }) : held;
}

/** What an event of the vault means for the account; null: nothing. */
async function moveOf(reader: VaultReader, account: SurplusAccount, log: Log, periods: ReadonlyMap<string, number>): Step<Move | null> {
  const { name, args } = VAULT.parseLog(log) as LogDescription;
  const micro = (): number => Number(args.ticks) * TICK_MICRO;
  const isOurs = Number(args.id) === (name === "WideDeposited" ? WIDE_ACCOUNTS[account] : numberOf(account));
  switch (name) {
    case "PeriodSettled": {
      const ticks = await settledTicks(reader, account, log.transactionHash);
      return ticks.ok ? ok({ kind: "settled", period: Number(args.period), other: null, micro: ticks.value * TICK_MICRO }) : ticks;
    }
    case "WideDeposited":
      return ok(isOurs ? { kind: "deposit", period: null, other: addressOf(args.from), micro: micro() } : null);
    // The supplier's account bears what homes lack, and gets it back.
    case "DebtIncurred":
    case "DebtRepaid": {
      if (account !== "supplier") return ok(null);
      const other = homeId(Number(args.id));
      if (name === "DebtRepaid") return ok({ kind: "repaid", period: null, other, micro: micro() });
      return ok({ kind: "shortfall", period: periods.get(log.transactionHash) ?? null, other, micro: -micro() });
    }
    default:
      return ok(isOurs ? { kind: name === "FeePaid" ? "fee" : "paid", period: null, other: addressOf(args.to), micro: -micro() } : null);
  }
}

/** The period that each transaction settled. */
const periodsBy = (logs: readonly Log[]): ReadonlyMap<string, number> =>
  new Map(
    logs.flatMap((log): readonly [string, number][] => {
      const { name, args } = VAULT.parseLog(log) as LogDescription;
      return name === "PeriodSettled" ? [[log.transactionHash, Number(args.period)]] : [];
    }),
  );

/** The account's change in a period, from the bytes that `finalize` was called with. */
async function settledTicks({ rpc, vault }: VaultReader, account: SurplusAccount, transaction: string): Step<number> {
  const answer = await rpc.ask("eth_getTransactionByHash", [transaction]);
  if (!answer.ok) return refusal(answer);
  const { to, input } = answer.value as { readonly to: string | null; readonly input: string };
  const call = to?.toLowerCase() === vault ? VAULT.parseTransaction({ data: input }) : null;
  if (call?.name !== "finalize") return fail("CHAIN_UNREACHABLE", `transaction ${transaction} settled a period through another contract`);
  const wide = Buffer.from(String(call.args.wide).slice(2), "hex");
  for (let at = 0; at < wide.length; at += WIDE_BYTES)
    if (wide[at] === WIDE_ACCOUNTS[account]) return ok(Number(wide.readBigInt64BE(at + 1)));
  return ok(0);
}

async function timeOf({ rpc }: VaultReader, block: string): Step<number> {
  const answer = await rpc.ask("eth_getBlockByNumber", [block, false]);
  return answer.ok ? ok(Number((answer.value as { timestamp: string }).timestamp)) : refusal(answer);
}

const addressOf = (raw: unknown): Address => address(String(raw));
