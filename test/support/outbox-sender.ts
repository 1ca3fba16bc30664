import { openOutbox } from "../../adapters/evm/outbox/index.ts";
import { connect } from "../../adapters/evm/rpc.ts";
import { Sender } from "../../adapters/evm/sender.ts";
import { CURRENCY, view } from "../../adapters/evm/vault.ts";
import { type Address, address } from "../../engine/kernel/index.ts";
import { GIFT, giftTo, receiverOf, SENDER, told } from "./outbox-lab.ts";
import { addressOf, CHAIN_ID, keyOf } from "./test-chain.ts";

// A process that wants some effects, and looks at the chain for those that are there already; argv is node, folder, contract, effects
// as in "1,2,3", and where it is killed: "before entry" or "after sent" of the effect with the number that follows, or "never".
const [rpc = "", folder = "", contract = "", effects = "", when = "", kind = "", place = "0"] = process.argv.slice(2);
const token = contract as Address;

const opened = openOutbox(folder, { chainId: CHAIN_ID, address: address(addressOf(SENDER)) });
if (!opened.ok) throw new Error(`${opened.code} ${opened.detail}`);
let seen = 0;
const outbox = told(opened.value, (at, what) => {
  if (at !== when || what !== kind) return;
  seen += 1;
  if (seen > Number(place)) process.kill(process.pid, "SIGKILL");
});
const node = connect({ rpc });
const sender = new Sender(node, { chainId: CHAIN_ID, key: keyOf(SENDER), outbox, finality: 2, minedMs: 5_000, resendMs: 200 });

const isThere = async (effect: number): Promise<boolean> => {
  const balance = await view(node, { to: token, contract: CURRENCY, method: "balanceOf", args: [receiverOf(effect)] });
  if (!balance.ok) throw new Error(balance.detail);
  return Number(balance.value[0]) >= GIFT;
};

// What its earlier life left goes on first, whether or not anybody asks for it.
await sender.tend();
for (const effect of effects.split(",").map(Number)) {
  if (await isThere(effect)) continue;
  const given = await sender.send(token, giftTo(effect));
  if (!given.ok) throw new Error(given.detail);
}
// Two empty blocks, and the last is final.
await node.ask("anvil_mine", ["0x2"]);
await sender.tend();
process.stdout.write(`${outbox.entries.map(({ state }) => state).join(" ")}\n`);
sender.close();
node.close();
