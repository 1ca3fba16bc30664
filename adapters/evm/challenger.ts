import { fail, ok, toHex } from "../../engine/kernel/index.ts";
import type { Challenge, Challenger, Refusal } from "../../src/ports/index.ts";
import { type ChainOptions, shield, VaultReader } from "./chain.ts";
import { connect } from "./rpc.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import { callData, VAULT } from "./vault.ts";

/** Takes proposals back from one account. Each method may be called again after any failure. */
export function openChallenger(options: ChainOptions & SenderOptions): Challenger {
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
  const dataOf = (method: "challenge" | "veto" | "expire", args: readonly unknown[]): string =>
    callData({ to: reader.vault, contract: VAULT, method, args });
  const challengeData = ({ period, kind, proof }: Challenge): string => dataOf("challenge", [period, kind, toHex(proof)]);
  return {
    challenge: (challenge) => shield(() => send(reader, sender, challengeData(challenge))),
    veto: (period) => shield(() => send(reader, sender, dataOf("veto", [period]))),
    expire: (period) => shield(() => send(reader, sender, dataOf("expire", [period]))),
  };
}

async function send(reader: VaultReader, sender: Sender, data: string): Refusal {
  const known = await reader.read("nextPeriod");
  if (!known.ok) return known;
  const sent = await sender.send(reader.vault, data);
  if (sent.ok) return ok(sent.value.transaction);
  // Somebody was faster: there is none, or another one.
  if (/^(NoProposal|ProposalMismatch)\(/.test(sent.detail)) return ok(null);
  return sent.detail.startsWith("ProposalFresh(") ? fail("CHAIN_PENDING", sent.detail) : sent;
}
