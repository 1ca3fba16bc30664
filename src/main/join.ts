import type { AgentKey } from "../../adapters/system/index.ts";
import type { HomeAnswer, HomeRequest, StreetCard } from "../api/index.ts";
import { homeOf } from "../node/index.ts";
import type { Chain, Log, Registry, Store } from "../ports/index.ts";
import type { HomeConfig } from "./config/index.ts";
import { cannotStart } from "./exit.ts";
import { ownerOf } from "./keys.ts";
import { keepNetworkKey, knownNetworkKey } from "./network-key.ts";

/** What a home needs before it can speak to its neighbours. */
export interface Joined {
  readonly registry: Registry;
  /** null: the street's network is open to everybody. */
  readonly networkKey: Uint8Array | null;
}

interface Modules {
  readonly chain: Chain;
  readonly store: Store;
  readonly log: Log;
}

/**
 * The home with its place in the registry and the street's network key; what is missing it asks for with its invitation. Without the
 * chain it goes by what it last knew.
 */
export async function join(config: HomeConfig, card: StreetCard, key: AgentKey, modules: Modules): Promise<Joined> {
  const registry = await readRegistry(modules);
  const networkKey = await knownNetworkKey(config.data);
  const isHome = registry !== null && homeOf(registry, key.address) !== null;
  if (isHome && (networkKey !== null || card.isPrivate !== true)) return { registry, networkKey };
  const { networkKey: given } = await ask(config, card, key, { isHome, log: modules.log });
  if (given !== undefined) await keepNetworkKey(config.data, given);
  const after = isHome ? registry : await readRegistry(modules);
  if (after === null || homeOf(after, key.address) === null)
    throw cannotStart(
      "HOME_UNREGISTERED",
      `${card.name} took the invitation, but the registry does not know ${config.name} yet`,
      "start the home again",
    );
  return { registry: after, networkKey: await knownNetworkKey(config.data) };
}

async function ask(
  config: HomeConfig,
  card: StreetCard,
  key: AgentKey,
  { isHome, log }: { readonly isHome: boolean; readonly log: Log },
): Promise<HomeAnswer> {
  if (config.invitation === null || config.street.kind !== "url")
    throw isHome
      ? cannotStart(
          "NETWORK_KEY_MISSING",
          `${card.name} is a private network, and ${config.data} has no key of it`,
          "put the street's network-key there, or set \"invitation\" and the street's address in the home's configuration",
        )
      : cannotStart(
          "HOME_UNREGISTERED",
          `${config.name} is not registered in ${card.name}: its agent address is ${key.address}`,
          "ask the operator for an invitation, and set \"invitation\" and the street's address in the home's configuration",
        );
  const owner = await ownerOf(config);
  log.info("home.registering", { agent: key.address, owner });
  return askToJoin(new URL("/api/homes", config.street.url), {
    name: config.name,
    agent: key.address,
    owner,
    invitation: config.invitation,
  });
}

async function readRegistry({ chain, store }: Modules): Promise<Registry | null> {
  const registry = await chain.registry();
  if (registry.ok) {
    store.setMeta("registry", JSON.stringify(registry.value));
    return registry.value;
  }
  if (registry.code === "CHAIN_WRONG")
    throw cannotStart(registry.code, registry.detail, "the street's card names another chain or vault; get a fresh card");
  const known = store.getMeta("registry");
  return known === null ? null : (JSON.parse(known) as Registry);
}

async function askToJoin(url: URL, request: HomeRequest): Promise<HomeAnswer> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(20_000),
  }).catch((error: unknown) => String(error));
  if (typeof answer === "string")
    throw cannotStart("STREET_UNREACHABLE", `${url.href} does not answer (${answer})`, "start the street, or correct its address");
  if (answer.ok) return (await answer.json()) as HomeAnswer;
  const { code, message } = (await answer.json().catch(() => ({}))) as { code?: string; message?: string };
  throw cannotStart(code ?? "REGISTRATION_REFUSED", `the street refused to register ${request.name}: ${message ?? answer.status}`);
}
