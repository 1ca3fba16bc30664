import { fail, ok, type Result, toHex } from "../../engine/kernel/index.ts";
import type { ChainCode, Challenge, Challenger, Refusal } from "../../src/ports/index.ts";
import { shield, VaultReader } from "./chain.ts";
import type { RelayOptions } from "./relay.ts";
import { connect } from "./rpc.ts";
import { Sender } from "./sender.ts";
import { callData, refusal, VAULT } from "./vault.ts";

/** Takes proposals back from one account. Each method may be called again after any failure. */
export function openChallenger(options: RelayOptions): Challenger {
  const reader = new VaultReader(connect(options), options);
  const sender = new Sender(reader.rpc, options);
  sender.keepWatch();
  return {
    ...challengerOf(reader, sender),
    close: async () => {
      sender.close();
      reader.close();
    },
  };
}

/** The same for who has both already. */
export function challengerOf(reader: VaultReader, sender: Sender): Omit<Challenger, "close"> {
  const dataOf = (method: "challenge" | "veto", args: readonly unknown[]): string =>
    callData({ to: reader.vault, contract: VAULT, method, args });
  const challengeData = ({ period, kind, proof }: Challenge): string => dataOf("challenge", [period, kind, toHex(proof)]);
  return {
    weigh: (challenge) => shield(() => weigh(reader, sender, challengeData(challenge))),
    challenge: (challenge) => shield(() => send(reader, sender, challengeData(challenge))),
    veto: (period) => shield(() => send(reader, sender, dataOf("veto", [period]))),
  };
}

async function weigh(reader: VaultReader, sender: Sender, data: string): Promise<Result<number, ChainCode>> {
  // Of the vault itself first, so that a foreign contract isn't asked for gas.
  const known = await reader.read("nextPeriod");
  if (!known.ok) return known;
  const gas = await reader.rpc.ask("eth_estimateGas", [{ from: sender.address, to: reader.vault, data }]);
  if (!gas.ok) return refusal(gas);
  const weight = Number(gas.value);
  return Number.isSafeInteger(weight) ? ok(weight) : fail("CHAIN_UNREACHABLE", "the node's answer to eth_estimateGas is no number");
}

async function send(reader: VaultReader, sender: Sender, data: string): Refusal {
  const known = await reader.read("nextPeriod");
  if (!known.ok) return known;
  const sent = await sender.send(reader.vault, data);
  if (sent.ok) return ok(sent.value.transaction);
  // Somebody was faster: there is none, or another one.
  return /^(NoProposal|ProposalMismatch)\(/.test(sent.detail) ? ok(null) : sent;
}
