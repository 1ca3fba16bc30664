import type { Validators } from "../../engine/agreement/index.ts";
import type { Address, HomeId } from "../../engine/kernel/index.ts";
import type { Registry } from "../ports/index.ts";

/** Who belongs to the street, as the registry last said; replaced as a whole when it says something new. */
export class Membership {
  #registry: Registry;
  #agents: ReadonlyMap<HomeId, Registry["homes"][number]>;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#agents = byId(registry);
  }

  update(registry: Registry): boolean {
    const isNew = JSON.stringify(registry) !== JSON.stringify(this.#registry);
    this.#registry = registry;
    this.#agents = byId(registry);
    return isNew;
  }

  get registry(): Registry {
    return this.#registry;
  }

  get validators(): Validators {
    return { ids: this.#registry.validators };
  }

  registered = (home: HomeId): Registry["homes"][number] | undefined => this.#agents.get(home);
  agentOf = (home: HomeId): Address | undefined => this.#agents.get(home)?.agent;
  validatorKey = (home: HomeId): Address | undefined => (this.#registry.validators.includes(home) ? this.agentOf(home) : undefined);
}

const byId = (registry: Registry) => new Map(registry.homes.map((home) => [home.home, home]));

/** The home that an agent key belongs to; null when the registry doesn't know it. */
export const homeOf = (registry: Registry, agent: Address): HomeId | null =>
  registry.homes.find((home) => home.agent === agent)?.home ?? null;
