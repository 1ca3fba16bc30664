import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, jest, test } from "@jest/globals";
import { Contract, JsonRpcProvider } from "ethers";
import { loadCurve, openKeystore, signerOf } from "../../adapters/system/index.ts";
import { GRID_VAULT_ABI } from "../../contracts/abi/grid-vault.ts";
import { keccakDigest, toHex } from "../../engine/kernel/index.ts";
import { digestsOf, WIDE_ACCOUNTS } from "../../engine/messages/index.ts";
import { type Batch, encodeCertificate, encodeWide } from "../../engine/settlement/index.ts";
import type { StreetCard } from "../../src/api/index.ts";
import { withBooks } from "../../src/main/books.ts";
import { domainOf } from "../../src/main/card.ts";
import { changeOf } from "../support/batch-bytes.ts";
import { Program, ROOT, run, until } from "../support/street-process.ts";

jest.setTimeout(240_000);

/** Long enough for a command, and passed over by the chain's own clock where it is only waited for. */
const WINDOW = 300;
const DAY = 86_400;
const folder = mkdtempSync(join(tmpdir(), "commonwatt-e2e-"));
const data = join(folder, "street");
const HOMES = ["home-01", "home-02"];
let street: Program | undefined;
let provider: JsonRpcProvider | undefined;

afterAll(async () => {
  provider?.destroy();
  street?.signal("SIGCONT");
  await street?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A period as a home has closed it. */
const closedBy = (home: string, period: number): Promise<Batch | null> =>
  withBooks(join(data, "homes", home), async ({ replay }) => {
    let found: Batch | null = null;
    replay(({ batch }) => {
      if (batch?.result.period === period) found = batch;
    });
    return found;
  });

/** A lie of the whole quorum about a period, with these lanes and wide changes. */
async function signed(card: StreetCard, { result }: Batch, vector: Uint8Array, wide: Uint8Array): Promise<readonly unknown[]> {
  const lie = { ...result, vectorHash: keccakDigest(vector), wideHash: keccakDigest(wide) };
  const digest = digestsOf(domainOf(card)).period(lie);
  const password = readFileSync(join(data, "password"), "utf8").trimEnd();
  const curve = await loadCurve();
  const signatures = await Promise.all(
    HOMES.map(async (home, id) => {
      const key = await openKeystore(join(data, "homes", home, "agent.json"), password);
      if (!key.ok) throw new Error(key.detail);
      return { validator: id as never, signature: signerOf(key.value, curve).sign(digest) as never };
    }),
  );
  return [lie, toHex(vector), toHex(wide), toHex(encodeCertificate([0, 1] as never, signatures))];
}

const sumOf = (vector: Uint8Array): number =>
  Array.from({ length: vector.length / 4 }, (_, home) => changeOf(vector, home)).reduce((sum, each) => sum + each, 0);

test("whatever a whole quorum proposes, anybody with the books, a home by itself, and the guardian keep a wrong settlement out", async () => {
  const config = join(folder, "street.yaml");
  const rules = join(ROOT, "config/market/street.yaml");
  writeFileSync(config, `rules: ${rules}\ndata: ${data}\nhomes: 2\nchain:\n  challengeSeconds: ${WINDOW}\n`);
  street = new Program(["--config", config, "--port", "0", "--speed", "600", "--period", "2", "--processes", "1"]);
  const url = await street.prints(/see (http:\S+)/);
  const card = (await (await fetch(`${url}api/street`)).json()) as StreetCard;
  provider = new JsonRpcProvider(card.chain.rpc, card.chain.id, { staticNetwork: true, cacheTimeout: -1 });
  const chain = provider;
  const vault = new Contract(card.chain.vault, GRID_VAULT_ABI, chain);
  const send = async (method: string, ...args: readonly unknown[]): Promise<void> => {
    const from = `0x${"77".repeat(20)}`;
    await chain.send("anvil_setBalance", [from, "0xde0b6b3a7640000"]);
    await chain.send("anvil_impersonateAccount", [from]);
    const transaction = { from, to: card.chain.vault, data: vault.interface.encodeFunctionData(method, args), gas: "0x7a1200" };
    await chain.send("eth_call", [transaction, "latest"]);
    await chain.send("eth_sendTransaction", [transaction]);
  };
  const status = () => vault.getFunction("status").staticCall() as Promise<{ proposal: string; nextPeriod: bigint }>;
  const pass = async (seconds = WINDOW): Promise<void> => {
    await chain.send("evm_increaseTime", [seconds]);
    await chain.send("evm_mine", []);
  };
  const isOpen = ({ proposal }: { proposal: string }): boolean => !/^0x0+$/.test(proposal);

  // The first period is proposed, and the street goes on while it waits; nobody says a word against it.
  const { nextPeriod } = await until(status, isOpen);
  const [first, second] = [Number(nextPeriod), Number(nextPeriod) + 1];
  const next = (await until(
    () => closedBy(HOMES[0]!, second),
    (batch) => batch !== null,
  ))!;
  expect((await until(status, isOpen)).nextPeriod).toBe(nextPeriod);
  // From now on the operator is away.
  street.signal("SIGSTOP");
  const honest = (await closedBy(HOMES[0]!, first))!;
  await pass();
  await send("finalize", honest.result, toHex(honest.vector), toHex(honest.wide));
  const home = join(data, "homes", HOMES[0]!);
  const operator = ["--key", join(data, "operator", "operator.json"), "--password", join(data, "password")];

  // A home that gets less: whoever has the books can show it, and send the proof.
  const robbed = next.vector.with(3, next.vector[3]! ^ 2);
  await send("propose", ...(await signed(card, next, robbed, encodeWide(-sumOf(robbed)))));
  const seen = await run(["watch", home, "--out", folder]);
  expect(seen).toMatchObject({ exit: 1, err: "", out: expect.stringMatching(/this proves it \(account\): \S+challenge-\d+-\w+\.json/) });
  const file = join(folder, readdirSync(folder).find((name) => name.startsWith("challenge-"))!);
  const sent = await run(["challenge", file, "--rpc", card.chain.rpc, ...operator]);
  expect(sent).toMatchObject({ exit: 0, err: "", out: expect.stringMatching(/^The proposal is refused: transaction 0x/) });
  expect(isOpen(await status())).toBe(false);

  // The same again, and a home whose agent has a coin answers by itself.
  const agent = JSON.parse(readFileSync(join(home, "agent.json"), "utf8")) as { address: string };
  await chain.send("anvil_setBalance", [agent.address.replace(/^(0x)?/, "0x"), "0xde0b6b3a7640000"]);
  const robbedMore = next.vector.with(3, next.vector[3]! ^ 4);
  await send("propose", ...(await signed(card, next, robbedMore, encodeWide(-sumOf(robbedMore)))));
  await until(status, (now) => !isOpen(now));
  const log = (): string => readFileSync(join(data, "log", "homes-1.log"), "utf8");
  await until(
    async () => log(),
    (text) => /"by":"home".*proposal\.challenged/.test(text),
  );

  // What no proof shows is the guardian's matter.
  const toCommunity = encodeWide(-sumOf(next.vector) - 1, [{ account: WIDE_ACCOUNTS.community, delta: 1 }]);
  await send("propose", ...(await signed(card, next, next.vector, toCommunity)));
  expect(await run(["watch", home])).toMatchObject({ exit: 1, out: expect.stringMatching(/nothing that a contract judges shows why/) });
  // Nobody may drop it in its first day, and anybody after that, until it is proposed again.
  const expire = () => run(["expire", home, ...operator]);
  expect(await expire()).toMatchObject({ exit: 1, err: expect.stringMatching(/ProposalFresh.*anybody can drop it from 20.*Z on/s) });
  await pass(WINDOW + DAY);
  expect(await expire()).toMatchObject({ exit: 0, err: "", out: expect.stringMatching(/^Dropped period \d+, .*: transaction 0x/) });
  expect(isOpen(await status())).toBe(false);
  await send("propose", ...(await signed(card, next, next.vector, toCommunity)));
  const veto = await run(["veto", home, ...operator]);
  expect(veto).toMatchObject({ exit: 0, err: "", out: expect.stringMatching(/^Took back period \d+, .*: transaction 0x/) });

  // And then the truth settles.
  street.signal("SIGCONT");
  await until(status, isOpen);
  expect(await run(["watch", home])).toMatchObject({ exit: 0, out: expect.stringMatching(/It is what these books say\./) });
  await pass();
  await until(status, (now) => Number(now.nextPeriod) > second);
  expect(log().match(/proposal\.(settled-wrong|unfounded|unreadable)/)).toBeNull();
});
