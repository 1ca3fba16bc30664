import type { Result as Decoded } from "ethers/abi";
import { type Digest, fail, fromHex, ok, period as periodUnit, type Result } from "../../engine/kernel/index.ts";
import { digestsOf, type PeriodResult } from "../../engine/messages/index.ts";
import type { ChainCode, Proposals, ProposalView, SignedBatch } from "../../src/ports/index.ts";
import { type ChainOptions, shield, VaultReader } from "./chain.ts";
import { connect } from "./rpc.ts";
import { blockAt, chainNow } from "./standing.ts";
import { refusal, VAULT } from "./vault.ts";

const PROPOSED = VAULT.getEvent("PeriodProposed")!.topicHash;
const SETTLED = VAULT.getEvent("PeriodSettled")!.topicHash;
/** The four bytes that a call of `propose` begins with, as hex without 0x. */
const PROPOSE = VAULT.getFunction("propose")!.selector.slice(2);
/** Blocks that are asked about at once, and how many times: a week of blocks of 2 s. */
const PAGE_BLOCKS = 2_000;
const MOST_PAGES = 150;
/** So many calls of one transaction are looked through. */
const MOST_CALLS = 10_000;

/** Reads what is proposed. Makes no contact before the first question; keeps nothing, so a chain that went back can't confuse it. */
export function openProposals(options: ChainOptions): Proposals {
  const reader = new VaultReader(connect(options), options);
  const digests = digestsOf({ chainId: options.chainId, vault: options.vault, rulesHash: NO_RULES });
  return {
    look: () => shield(() => look(reader, digests.period)),
    wasSettled: (digest) =>
      shield(async () => {
        const logs = await logsOf(reader, [SETTLED, null, null, digest]);
        return logs.ok ? ok(logs.value.length > 0) : logs;
      }),
    close: async () => reader.close(),
  };
}

/** A period's digest is of the vault's domain alone. */
const NO_RULES = `0x${"0".repeat(64)}` as Digest;

type DigestOf = (result: PeriodResult) => Digest;

async function look(reader: VaultReader, digestOf: DigestOf): Promise<Result<ProposalView, ChainCode>> {
  const status = await reader.status();
  if (!status.ok) return status;
  const last = await blockAt(reader, "latest");
  if (!last.ok) return last;
  const { proposal: digest, finalizableAt, nextPeriod } = status.value;
  const at = { nextPeriod, now: chainNow(last.value) };
  if (digest === null) return ok({ ...at, proposal: null });
  const ttl = await reader.read("proposalTtl");
  if (!ttl.ok) return ttl;
  const transaction = await proposedBy(reader, digest);
  if (!transaction.ok) return transaction;
  const expirableAt = finalizableAt + Number(ttl.value[0]);
  const open = { period: nextPeriod, digest, finalizableAt, expirableAt, transaction: transaction.value };
  if (transaction.value === null) return ok({ ...at, proposal: { ...open, batch: null } });
  const batch = await batchIn(reader, transaction.value, (result) => digestOf(result) === digest);
  return batch.ok ? ok({ ...at, proposal: { ...open, batch: batch.value } }) : batch;
}

/** The last transaction that proposed this; one that was dropped may come again. */
async function proposedBy(reader: VaultReader, digest: Digest): Promise<Result<Digest | null, ChainCode>> {
  const logs = await logsOf(reader, [PROPOSED, null, digest]);
  return logs.ok ? ok(logs.value.at(-1)?.transactionHash ?? null) : logs;
}

type Logs = readonly { readonly transactionHash: Digest }[];

/** The newest of these events, from the last block backwards: many nodes answer for some thousand blocks at once and no more. */
async function logsOf(reader: VaultReader, topics: readonly (string | null)[]): Promise<Result<Logs, ChainCode>> {
  const known = await reader.read("nextPeriod");
  if (!known.ok) return known;
  const last = await reader.rpc.ask("eth_blockNumber", []);
  if (!last.ok) return refusal(last);
  for (let to = Number(last.value), page = 0; to >= 0 && page < MOST_PAGES; to -= PAGE_BLOCKS, page++) {
    const [fromBlock, toBlock] = [Math.max(0, to - PAGE_BLOCKS + 1), to].map((block) => `0x${block.toString(16)}`);
    const logs = await reader.rpc.ask("eth_getLogs", [{ address: reader.vault, fromBlock, toBlock, topics }]);
    if (!logs.ok) return refusal(logs);
    if (!Array.isArray(logs.value)) return fail("CHAIN_UNREACHABLE", "the node lists no events");
    if (logs.value.length > 0) return ok(logs.value as Logs);
  }
  return ok([]);
}

/**
 * What the vault was sent. Most contracts that hand a call on carry it as it is, so its bytes stand somewhere in the transaction; where
 * they don't, a node that traces tells them. Only what has the proposal's digest counts, so no node can put anything in its place.
 */
async function batchIn(
  reader: VaultReader,
  transaction: Digest,
  isProposed: (result: PeriodResult) => boolean,
): Promise<Result<SignedBatch | null, ChainCode>> {
  const sent = await reader.rpc.ask("eth_getTransactionByHash", [transaction]);
  if (!sent.ok) return refusal(sent);
  const input = (sent.value as { readonly input?: unknown } | null)?.input;
  const own = typeof input === "string" ? findBatch(input, isProposed) : null;
  if (own !== null) return ok(own);
  const vault = reader.vault.toLowerCase();
  for (const { to, input } of await callsOf(reader, transaction)) {
    const batch = to?.toLowerCase() === vault && typeof input === "string" ? findBatch(input, isProposed) : null;
    if (batch !== null) return ok(batch);
  }
  return ok(null);
}

interface Call {
  readonly to?: string;
  readonly input?: unknown;
}

/** Every call that a transaction made, from a node that traces: as geth tells it, or as Erigon, Nethermind and anvil do. Empty: it doesn't. */
async function callsOf({ rpc }: VaultReader, transaction: Digest): Promise<readonly Call[]> {
  const nested = await rpc.ask("debug_traceTransaction", [transaction, { tracer: "callTracer" }]);
  if (nested.ok) return callsIn(nested.value as Trace);
  const flat = await rpc.ask("trace_transaction", [transaction]);
  return flat.ok && Array.isArray(flat.value) ? flat.value.flatMap(({ action }: { readonly action?: Call }) => action ?? []) : [];
}

interface Trace extends Call {
  readonly calls?: readonly Trace[];
}

function callsIn(first: Trace): readonly Trace[] {
  const calls = [first];
  for (let at = 0; at < calls.length && calls.length < MOST_CALLS; at++) calls.push(...(calls[at]?.calls ?? []));
  return calls;
}

/** A call of `propose` that begins at any byte of these. */
function findBatch(input: string, isProposed: (result: PeriodResult) => boolean): SignedBatch | null {
  for (let at = input.indexOf(PROPOSE, 2); at >= 0; at = input.indexOf(PROPOSE, at + 1)) {
    const batch = at % 2 === 0 ? batchOf(`0x${input.slice(at)}`) : null;
    if (batch !== null && isProposed(batch.result)) return batch;
  }
  return null;
}

/** null: it only looked like one. What stands behind its end isn't read. */
function batchOf(call: string): SignedBatch | null {
  try {
    const [p, vector, wide, certificate] = VAULT.decodeFunctionData("propose", call) as unknown as [Decoded, string, string, string];
    const [number, fromInterval, toInterval, coversUntil] = [p.period, p.fromInterval, p.toInterval, p.coversUntil].map(Number);
    if (!periodUnit.is(number)) return null;
    const { prevPeriod, head, accountsRoot, vectorHash, wideHash, dataHash } = p;
    const result = {
      period: number,
      fromInterval,
      toInterval,
      coversUntil,
      ...{ prevPeriod, head, accountsRoot, vectorHash, wideHash, dataHash },
    } as PeriodResult;
    return { result, vector: fromHex(vector), wide: fromHex(wide), certificate: fromHex(certificate) };
  } catch {
    return null;
  }
}
