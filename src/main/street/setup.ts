import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  deployStreet,
  type EmbeddedChain,
  type EmbeddedEvm,
  openChain,
  openCommunity,
  openOutbox,
  type StreetPlan,
  startEmbedded,
} from "../../../adapters/evm/index.ts";
import { peerNameOf } from "../../../adapters/libp2p/index.ts";
import { type AgentKey, peerSeed } from "../../../adapters/system/index.ts";
import {
  type Address,
  assert,
  type Digest,
  type Interval,
  interval,
  type Result,
  toHex,
  ZERO_DIGEST,
} from "../../../engine/kernel/index.ts";
import { hashRules, intervalAt, numbersOf, periodOf } from "../../../engine/messages/index.ts";
import type { OutsideChain } from "../config/index.ts";
import { CannotStart, cannotStart } from "../exit.ts";
import { claimFolder, damaged, readJson, replaceFile } from "../files.ts";
import { openMemory, openOrCreate, unwrap } from "../home.ts";
import { networkKeyOf } from "../network-key.ts";
import { boundsOf } from "../street-rules.ts";
import type { Layout } from "./layout.ts";
import { nodesOf, type StreetOptions } from "./options.ts";

/** What a street is, for good; the file that holds it is written once the street stands. */
export interface StreetFile {
  readonly version: 1;
  readonly source: StreetOptions["source"];
  readonly rulesHash: Digest;
  readonly firstInterval: number;
  readonly chain: {
    readonly id: number;
    readonly port: number;
    readonly vault: Address;
    /** Streets from before there was one have none. */
    readonly community?: Address;
    /** What wrote its state file, which no other can read; left out in streets that are older than the choice: anvil. Outside: null. */
    readonly evm?: EmbeddedEvm | null;
  };
  /** In the order of the registry. */
  readonly homes: readonly { readonly name: string; readonly agent: Address; readonly peer: string }[];
}

export interface StreetAtHand {
  readonly file: StreetFile;
  readonly anvil: Ground;
  readonly operator: AgentKey;
  /** Of the street's private network: bytes, and the text that homes get. */
  readonly networkKey: { readonly bytes: Uint8Array; readonly text: string };
  readonly isNew: boolean;
}

/** What a street's chain is to the street: a process of its own that ends with it, or somebody else's. */
export type Ground = Pick<EmbeddedChain, "rpc" | "port" | "stop"> & {
  /** null: it runs outside. */
  readonly evm: EmbeddedEvm | null;
};

const CHAIN_ID = 31_337;
/**
 * Test currency, micro: what each home and the residual supplier have in escrow at the start. A home's is its credit: under the
 * example rules more than three times what the largest orders of three intervals can cost.
 */
const HOME_DEPOSIT = 2_000_000_000;
const RESIDUAL_DEPOSIT = 100_000_000_000;
/** A chain that isn't ours may take its time: for one transaction, and until nothing of the street can be taken back. */
const DEPLOY_MINED_MS = 300_000;
const FINAL_MS = 3_600_000;
const LOOK_MS = 1_000;
/** A replay's clock runs ahead of the chain's: ten years. */
const AHEAD_SECONDS = 10 * 365 * 86_400;

/** Brings up what stays when the street stops: keys, chain and contract; made at the first start, found again later. */
export async function setUp(options: StreetOptions, layout: Layout): Promise<StreetAtHand> {
  claimFolder(layout.data, "choose another folder with --data");
  const known = await readJson<StreetFile>(layout.street);
  if (known !== null && !isStreetFile(known)) throw damaged(layout.street);
  if (known !== null) refuseOther(known, options, layout);
  const password = await passwordOf(layout);
  const operator = (await openOrCreate(layout.operatorKey, password)).key;
  const ground = { port: known?.chain.port ?? 0, operator, evm: known === null ? options.evm : evmOf(known) };
  const anvil = await groundOf(options, layout, ground);
  try {
    const file =
      known === null ? await found(options, layout, anvil, operator, password) : { ...known, chain: { ...known.chain, port: anvil.port } };
    await replaceFile(layout.street, JSON.stringify(file, null, 2));
    return { file, anvil, operator, networkKey: await networkKeyOf(layout.data), isNew: known === null };
  } catch (error) {
    await anvil.stop();
    throw error;
  }
}

async function groundOf(
  { outside }: StreetOptions,
  layout: Layout,
  { port, operator, evm }: { readonly port: number; readonly operator: AgentKey; readonly evm: EmbeddedEvm | null },
): Promise<Ground> {
  if (outside !== null) return { rpc: outside.homesRpc, port: 0, evm: null, stop: async () => undefined };
  const [stateFile, binary, funded] = [layout.chain, process.env.ANVIL_BIN, [operator.address]];
  return unwrapChain(await startEmbedded({ evm, chainId: CHAIN_ID, stateFile, port, binary, funded }));
}

const chainIdOf = ({ outside }: StreetOptions): number => outside?.id ?? CHAIN_ID;

const evmOf = ({ chain }: StreetFile): EmbeddedEvm | null => (chain.evm === undefined ? "anvil" : chain.evm);

/** What people must read of the chain under the street; empty when it is the usual one. */
export function chainNotes({ anvil, isNew }: StreetAtHand, { evm, outside, challengeSeconds }: StreetOptions): readonly string[] {
  const isUnchallenged = isNew && outside !== null && challengeSeconds === 0;
  const challenges = isUnchallenged ? ["What a quorum settles on this chain nobody can challenge (chain.challengeSeconds is 0)."] : [];
  if (anvil.evm !== "ethereumjs") return challenges;
  const why = evm !== null ? "" : isNew ? ", as there is no anvil for this machine" : ", as since its first start";
  return [`The chain runs on @ethereumjs/vm${why}: the same gas and results, slower.`];
}

/** A new street: keys for each home, and a vault that knows them. */
async function found(options: StreetOptions, layout: Layout, anvil: Ground, operator: AgentKey, password: string): Promise<StreetFile> {
  const { rules, plan } = options;
  const firstInterval = interval(intervalAt(rules, plan.start));
  const keys = await Promise.all(
    plan.homes.map(async ({ name }) => ({
      name,
      agent: await newAgent(layout.home(name), password),
      owner: (await openOrCreate(join(layout.home(name), "owner.json"), password)).key,
    })),
  );
  const members = keys.map(({ name, agent, owner }) => ({
    name,
    agent: agent.address,
    owner: owner.address,
    since: firstInterval,
    deposit: HOME_DEPOSIT,
  }));
  const { vault, community } = await deploy(options, anvil, { operator, folder: layout.operator, members, firstInterval });
  if (options.outside !== null) await finalOn(options.outside, { vault, community }, members.length);
  const homes = keys.map(({ name, agent }) => ({ name, agent: agent.address, peer: peerNameOf(peerSeed(agent)) }));
  return {
    version: 1,
    source: options.source,
    rulesHash: hashRules(rules),
    firstInterval,
    chain: { id: chainIdOf(options), port: anvil.port, vault, community, evm: anvil.evm },
    homes,
  };
}

interface Deployment {
  readonly operator: AgentKey;
  /** Where its outbox is. */
  readonly folder: string;
  readonly members: StreetPlan["validators"];
  readonly firstInterval: Interval;
}

/** Vault and community. On a chain outside all that is signed is on disk first, so that a start after a kill goes on and pays nothing twice. */
async function deploy(options: StreetOptions, { rpc }: Ground, { operator, folder, members, firstInterval }: Deployment) {
  const { rules, validators, outside } = options;
  const chainId = chainIdOf(options);
  const outbox = outside === null ? null : unwrap(openOutbox(join(folder, "outbox"), { chainId, address: operator.address }));
  const sender = { chainId, key: toHex(operator.reveal()), ...(outbox === null ? {} : { outbox, minedMs: DEPLOY_MINED_MS }) };
  const on = { rpc, ...nodesOf(options), ...sender };
  try {
    const { vault, community } = unwrap(
      await deployStreet({
        ...on,
        validators: members.slice(0, validators),
        homes: members.slice(validators),
        residualDeposit: RESIDUAL_DEPOSIT,
        rulesHash: hashRules(rules),
        community: { rules: { hash: hashRules(rules), since: firstInterval, numbers: numbersOf(rules) }, ...boundsOf(rules) },
        firstPeriod: periodOf(rules, firstInterval),
        prevPeriod: ZERO_DIGEST,
        aheadSeconds: AHEAD_SECONDS,
        challengeSeconds: options.challengeSeconds,
      }),
    );
    assert(community !== null, "a street is made with a community");
    return { vault, community };
  } finally {
    outbox?.close();
  }
}

/** Homes read what is final, so a street begins when all that they ask for is: on a public chain that takes minutes. */
async function finalOn(
  { rpc, id, connectMs, answerMs }: OutsideChain,
  at: { readonly vault: Address; readonly community: Address },
  homes: number,
): Promise<void> {
  const place = { rpc, chainId: id, ...at, connectMs, timeoutMs: answerMs };
  const [chain, community] = [openChain(place), openCommunity(place)];
  let [registry, rules] = [await chain.registry(), await community.rules()];
  const isFinal = (): boolean => registry.ok && registry.value.homes.length >= homes && rules.ok;
  for (let waited = 0; waited < FINAL_MS && !isFinal(); waited += LOOK_MS) {
    await sleep(LOOK_MS);
    [registry, rules] = [await chain.registry(), await community.rules()];
  }
  for (const each of [chain, community]) await each.close();
  unwrap(registry);
  unwrap(rules);
}

async function newAgent(folder: string, password: string): Promise<AgentKey> {
  const { key, store } = await openMemory(folder, password);
  store.close();
  return key;
}

const isStreetFile = ({ version, source, chain, homes }: Partial<StreetFile>): boolean =>
  version === 1 && typeof source?.kind === "string" && typeof chain?.port === "number" && Array.isArray(homes);

/** The same folder can't hold two streets: homes would sign for both. */
function refuseOther(known: StreetFile, options: StreetOptions, { street, data }: Layout): void {
  const differs: string[] = [];
  if (JSON.stringify(withoutPath(known.source)) !== JSON.stringify(withoutPath(options.source))) differs.push("its homes or readings");
  if (known.rulesHash !== hashRules(options.rules)) differs.push("its market rules");
  if (known.chain.id !== chainIdOf(options)) differs.push("its chain");
  const isOtherEvm = options.evm !== null && options.evm !== evmOf(known);
  if (isOtherEvm) differs.push(`its chain, which runs on ${evmOf(known)},`);
  const isOne = isOtherEvm && differs.length === 1;
  if (differs.length > 0)
    throw new CannotStart([
      {
        code: "STREET_DIFFERS",
        file: street,
        what: `${data} holds another street: ${differs.join(" and ")} ${isOne ? "differs" : "differ"}`,
        wayOut: "use another folder (--data DIR), or delete this one to begin anew",
      },
    ]);
}

const withoutPath = (source: StreetFile["source"]): object =>
  source.kind === "readings" ? { ...source, file: source.file.slice(source.file.lastIndexOf("/") + 1) } : source;

async function passwordOf({ password }: Layout): Promise<string> {
  if (!existsSync(password)) await replaceFile(password, `${randomBytes(24).toString("base64url")}\n`);
  return readFileSync(password, "utf8").trimEnd();
}

/** A secret that outlives a restart, so that an invitation stays good. */
export async function invitationOf({ invitation }: Layout): Promise<string> {
  if (!existsSync(invitation)) await replaceFile(invitation, `${randomBytes(18).toString("base64url")}\n`);
  return readFileSync(invitation, "utf8").trimEnd();
}

function unwrapChain(result: Result<EmbeddedChain>): EmbeddedChain {
  if (!result.ok && (result.code === "ANVIL_PORT_TAKEN" || result.code === "LOCAL_CHAIN_PORT_TAKEN"))
    throw cannotStart(result.code, result.detail, "another program took the street's chain port: stop it, or the street that still runs");
  return unwrap(result);
}
