import { type Digest, ok, type Result, toHex } from "../../engine/kernel/index.ts";
import type { ChainCode, Errand, MoneyErrand, Relay } from "../../src/ports/index.ts";
import { shield, type VaultReader } from "./chain.ts";
import { ticksOf } from "./owner.ts";
import type { Sender } from "./sender.ts";
import { callData, VAULT } from "./vault.ts";
import { weighCall } from "./weigh.ts";

/** What a relay does for homes that have no coin. */
export function errandsOf(reader: VaultReader, sender: Sender): Pick<Relay, "weigh" | "carry"> {
  return {
    weigh: (errand) => shield(() => weigh(errand, reader, sender)),
    carry: (errand) => shield(() => carry(errand, reader, sender)),
  };
}

async function weigh(errand: Errand, reader: VaultReader, sender: Sender): Promise<Result<number, ChainCode>> {
  // Of the vault itself first, so that a foreign contract isn't asked for gas.
  const known = await reader.read("nextPeriod");
  if (!known.ok) return known;
  return weighCall(reader.rpc, { from: sender.address, to: reader.vault, data: dataOf(errand, reader) });
}

async function carry(errand: MoneyErrand, reader: VaultReader, sender: Sender): Promise<Result<Digest | null, ChainCode>> {
  const isDone = await wasCarried(errand, reader);
  if (!isDone.ok) return isDone;
  if (isDone.value) return ok(null);
  const sent = await sender.send(reader.vault, dataOf(errand, reader));
  return sent.ok ? ok(sent.value.transaction) : sent;
}

/** Nothing waits to be paid, or the same is asked for already. Of a deposit its permit alone shows it, of a payment at once the home's nonce. */
async function wasCarried(errand: MoneyErrand, reader: VaultReader): Promise<Result<boolean, ChainCode>> {
  const asked = await reader.read("withdrawal", errand.home);
  if (!asked.ok) return asked;
  const { to, ticks } = asked.value[0];
  if (errand.kind === "pay") return ok(ticks === 0n);
  if (errand.kind === "redirect") return ok(ticks !== 0n && to.toLowerCase() === errand.to);
  return ok(errand.kind === "withdraw" && to.toLowerCase() === errand.to && ticks === ticksOf(errand.micro));
}

function dataOf(errand: Errand, { vault: to }: VaultReader): string {
  const [method, ...args] = orderOf(errand);
  return callData({ to, contract: VAULT, method, args });
}

function orderOf(errand: Errand): readonly [method: string, ...args: readonly unknown[]] {
  switch (errand.kind) {
    case "rotate":
      return ["rotateAgentFor", errand.home, errand.agent, errand.since, toHex(errand.signature)];
    case "leave":
      return ["leaveStreetFor", errand.home, errand.until, toHex(errand.signature)];
    case "deposit":
      return ["depositWithPermit", errand.home, errand.owner, errand.micro, errand.deadline, ...partsOf(errand.signature)];
    case "withdraw": {
      const { home, to, micro, feeMicro, deadline, signature } = errand;
      return ["requestWithdrawFor", home, to, ticksOf(micro), ticksOf(feeMicro), deadline, toHex(signature)];
    }
    case "redirect":
      return ["redirectWithdrawFor", errand.home, errand.to, errand.deadline, toHex(errand.signature)];
    case "withdraw-now": {
      const { home, to, micro, period, deadline, signature, certificate } = errand;
      return ["withdrawNow", home, to, ticksOf(micro), period, deadline, toHex(signature), toHex(certificate)];
    }
    case "pay":
      return ["finalizeWithdraw", errand.home];
  }
}

/** r | s | v, as ERC-2612 wants them: v, r, s. */
const partsOf = (signature: Uint8Array): readonly [v: number, r: string, s: string] => [
  signature[64] ?? 0,
  toHex(signature.subarray(0, 32)),
  toHex(signature.subarray(32, 64)),
];
