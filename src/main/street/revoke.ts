import { openRelay } from "../../../adapters/evm/index.ts";
import { openKeystore, openLog, systemClock } from "../../../adapters/system/index.ts";
import { toHex } from "../../../engine/kernel/index.ts";
import type { Command } from "../../cli/index.ts";
import { domainOf, readCard, rulesOf } from "../card.ts";
import { cannotStart } from "../exit.ts";
import { passwordOf, unwrap } from "../keys.ts";
import { layoutOf } from "./layout.ts";
import { Registrar } from "./registrar.ts";

const DASHBOARD = "http://127.0.0.1:8080";

/** Takes a home out of a running street from the next settlement period on: whoever has the operator's key may. */
export async function runRevoke(command: Extract<Command, { verb: "revoke" }>): Promise<number> {
  const card = await readCard({ kind: "url", url: new URL("/api/street", command.street ?? DASHBOARD).href });
  const layout = layoutOf(command.data);
  const key = unwrap(await openKeystore(layout.operatorKey, await passwordOf({ password: { kind: "file", path: layout.password } })));
  const { chainId, vault } = domainOf(card);
  const relay = openRelay({ rpc: card.chain.rpc, chainId, vault, key: toHex(key.reveal()) });
  const log = unwrap(openLog({ to: "stderr", level: command.log ?? "info", base: {} }));
  try {
    const registry = unwrap(await relay.registry());
    const registrar = new Registrar({
      relay,
      node: { membership: { registry } },
      rules: rulesOf(card),
      clock: systemClock(card.clock ?? undefined),
      log,
      invitation: "",
      networkKey: "",
    });
    const left = await registrar.revoke(command.home);
    if (!left.ok) throw cannotStart(left.code, left.detail);
    process.stdout.write(`${command.home} trades in ${card.name} until ${left.value.from}\n`);
    return 0;
  } finally {
    await relay.close();
    log.close();
  }
}
