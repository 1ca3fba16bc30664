import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv } from "ajv";
import { openChain } from "../../../adapters/evm/index.ts";
import { openStoreImage, type StoreImage } from "../../../adapters/store/index.ts";
import { type Address, fromHex, type HomeId, type Interval } from "../../../engine/kernel/index.ts";
import {
  type Contradictable,
  type Digests,
  decodeBlock,
  decodeMembers,
  decodeMessage,
  digestsOf,
  hashRules,
  type Members,
  type Message,
  periodOf,
} from "../../../engine/messages/index.ts";
import type { EvidenceView, StreetCard } from "../../api/index.ts";
import { evidenceAnswer } from "../../api/schema/index.ts";
import { membersAt } from "../../node/index.ts";
import type { RecoverSigner, Registry } from "../../ports/index.ts";
import { domainOf, firstOf, placeOf, readCard, rulesOf } from "../card.ts";
import { CannotStart, cannotStart } from "../exit.ts";
import { unwrap } from "../keys.ts";
import type { Court, Exhibit } from "./cases.ts";

/** A street to hold evidence to, and where its keys were read. */
export interface Street {
  readonly name: string;
  readonly keysFrom: string;
  readonly court: Court;
}

/** A street's folder has its operator's books, a home's its own. */
export function bookFolder(folder: string): string {
  const operator = join(folder, "operator");
  return existsSync(operator) ? operator : folder;
}

export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** What a store keeps. */
export function exhibitsIn(store: Pick<StoreImage, "evidence">, { digests }: Court): readonly Exhibit[] {
  return store.evidence().map(({ id, bytes }) => {
    const message = decodeMessage(bytes, digests);
    return { id, evidence: message.ok && message.value.kind === "evidence" ? message.value.evidence : null, told: { id } };
  });
}

const isAnswer = new Ajv({ strict: false }).compile<readonly EvidenceView[]>(evidenceAnswer);

/** What `GET /api/evidence` answered, kept in a file. */
export async function exhibitsOf(file: string): Promise<(court: Court) => readonly Exhibit[]> {
  const answer: unknown = await readFile(file, "utf8")
    .then(JSON.parse)
    .catch(() => null);
  if (!isAnswer(answer))
    throw new CannotStart([
      {
        code: "EVIDENCE_FILE",
        file,
        what: "it isn't what a street answers to GET /api/evidence",
        wayOut: "save that answer again, unchanged, or name a home's data folder",
      },
    ]);
  return ({ digests }) => answer.map((view) => exhibitOf(view, digests));
}

/** The keys that the view names are left out: whoever wrote the file could name any. */
function exhibitOf({ id, home, kind, interval, first, second }: EvidenceView, digests: Digests): Exhibit {
  const [one, other] = [said(first.message, digests), said(second.message, digests)];
  const told = {
    id,
    home,
    kind,
    interval,
    firstDigest: first.digest,
    secondDigest: second.digest,
    firstSignature: first.signature,
    secondSignature: second.signature,
  };
  return { id, evidence: one === null || other === null ? null : { first: one, second: other }, told };
}

function said(hex: string, digests: Digests): Contradictable | null {
  const message = decodeMessage(fromHex(hex), digests);
  return message.ok && isContradictable(message.value) ? message.value : null;
}

const KINDS = ["order", "commit", "reading", "list", "proposal", "vote"];
const isContradictable = (message: Message): message is Contradictable => KINDS.includes(message.kind);

/** The street of a store, by what its home last read from the chain and by what was agreed on. */
export function streetOfStore(folder: string, store: StoreImage, recover: RecoverSigner): Street {
  const [card, registry] = [store.getMeta("card"), store.getMeta("registry")];
  if (card === null || registry === null)
    throw cannotStart(
      "EVIDENCE_STREETLESS",
      `${folder} doesn't say yet whose street it belongs to`,
      "name the street with --street, or let the home run once",
    );
  const keysFrom = `the registry as ${folder} last read it from the chain, and the members that were agreed on`;
  return streetOf(JSON.parse(card) as StreetCard, JSON.parse(registry) as Registry, { recover, keysFrom, store });
}

/** The street that a data folder, a card's file or its address names. The last two ask the chain for its registry. */
export async function streetAt(place: string, recover: RecoverSigner): Promise<Street> {
  if (isFolder(place)) {
    const folder = bookFolder(place);
    const store = unwrap(openStoreImage(folder));
    return streetOfStore(folder, store, recover);
  }
  const card = await readCard(/^https?:\/\//i.test(place) ? { kind: "url", url: place } : { kind: "file", path: place });
  const chain = openChain({ rpc: card.chain.rpc, ...placeOf(card) });
  const registry = await chain.registry();
  await chain.close();
  if (!registry.ok)
    throw cannotStart(registry.code, registry.detail, "start the chain, or name a data folder of the street with --street DIR");
  return streetOf(card, registry.value, {
    recover,
    keysFrom: `the registry on the chain (${hostOf(card.chain.rpc)}), read now`,
    store: null,
  });
}

/** Without what an address may hold besides: the key of an account with who runs the node. */
const hostOf = (rpc: string): string => new URL(rpc).host;

interface Origin {
  readonly recover: RecoverSigner;
  readonly keysFrom: string;
  /** null: what was agreed on isn't known. */
  readonly store: Pick<StoreImage, "blocks" | "members"> | null;
}

function streetOf(card: StreetCard, registry: Registry, { recover, keysFrom, store }: Origin): Street {
  const rules = rulesOf(card);
  if (hashRules(rules) !== card.rulesHash)
    throw cannotStart("DATA_DAMAGED", "the market rules are not those that the street's card names", "restore the folder from a copy");
  const digests = digestsOf(domainOf(card));
  const edgeOf = (interval: Interval): Interval => Math.max(firstOf(card), periodOf(rules, interval) * rules.periodIntervals) as Interval;
  const hasHistory = store !== null && store.blocks(firstOf(card), 1).length > 0;
  const keysIn = (home: HomeId, interval: Interval): readonly Address[] => {
    const read = membersAt(registry, edgeOf(interval));
    if (store === null || !hasHistory || edgeOf(interval) === firstOf(card)) return keysOf(home, [read]);
    const agreed = agreedMembers(store, digests, edgeOf(interval));
    // Of a registry that was read before the street agreed on newer members nobody can say which key it has taken back since.
    return agreed === null ? [] : keysOf(home, read.version >= agreed.version ? [agreed, read] : [agreed]);
  };
  const nameOf = (home: HomeId): string => registry.homes.find((each) => each.home === home)?.name ?? `home ${home}`;
  return { name: card.name, keysFrom, court: { rules, digests, nameOf, keysIn, recover } };
}

const keysOf = (home: HomeId, sets: readonly Members[]): readonly Address[] =>
  sets.flatMap(({ homes }) => homes.flatMap((each) => (each.home === home ? [each.agent] : [])));

/** By the result before an epoch, which names its members; null where the street had not got there when the store was last written. */
function agreedMembers(store: Pick<StoreImage, "blocks" | "members">, digests: Digests, edge: Interval): Members | null {
  const [before] = store.blocks((edge - 1) as Interval, 1);
  const block = before?.interval === edge - 1 ? decodeBlock(before.bytes, digests) : null;
  const bytes = block?.ok === true ? store.members(block.value.result.nextMembers) : null;
  return bytes === null ? null : decodeMembers(bytes);
}
