import { timingSafeEqual } from "node:crypto";
import { largestMarket } from "../../../engine/auction/index.ts";
import { type Address, address, fail, fromHex, type HomeId, type Interval, ok, type Result } from "../../../engine/kernel/index.ts";
import { deliveryStart, type MarketRules, withNumbers } from "../../../engine/messages/index.ts";
import type { AgentRequest, ChangeAnswer, ChangeCode, HomeAnswer, HomeRequest, LeaveRequest, RegisterCode } from "../../api/index.ts";
import type { StreetNode } from "../../node/index.ts";
import type { Clock, Log, RegisteredHome, Registry, Relay } from "../../ports/index.ts";
import { nextEdge, withoutValidator } from "../membership-changes.ts";

/** Escrow of a home that joins the test street, micro. */
const JOIN_DEPOSIT = 2_000_000_000;
const MAX_HOMES = 256;

interface Modules {
  readonly relay: Relay;
  readonly node: { readonly membership: Pick<StreetNode["membership"], "registry"> };
  readonly rules: MarketRules;
  readonly clock: Clock;
  readonly log: Log;
  readonly invitation: string;
  readonly networkKey: string;
}

/**
 * Brings changes of the registry to the chain: homes that were invited, and what owners signed, as a household has no coin. Every
 * change counts from the edge of a settlement period on that is far enough away for all homes to have read it by then.
 */
export class Registrar {
  readonly #modules: Modules;

  constructor(modules: Modules) {
    this.#modules = modules;
  }

  async register({ name, agent, owner, invitation }: HomeRequest): Promise<Result<HomeAnswer, RegisterCode>> {
    const { relay, rules, networkKey } = this.#modules;
    const { homes, rules: decided = [] } = this.#registry;
    if (!isSame(invitation, this.#modules.invitation)) return fail("INVITATION_INVALID", "the invitation is not one of this street's");
    const known = homes.find((home) => home.name === name && home.agent === address(agent) && home.owner === address(owner));
    if (known !== undefined) return ok({ home: known.home, networkKey, from: this.#instant(known.since) });
    if (homes.some(({ keys }) => keys.some((key) => key.agent === address(agent))))
      return fail("HOME_EXISTS", "this home is registered already");
    if (homes.some((home) => home.name === name)) return fail("NAME_TAKEN", `another home is called ${name}`);
    const markets = [rules, ...decided.map(({ numbers }) => withNumbers(rules, numbers))];
    if (homes.length >= Math.min(MAX_HOMES, ...markets.map(largestMarket)))
      return fail("STREET_FULL", `the street has ${homes.length} homes already`);
    const since = this.#edge;
    const registered = await relay.register({
      name,
      agent: address(agent),
      owner: address(owner) as Address,
      since,
      deposit: JOIN_DEPOSIT,
    });
    if (!registered.ok) return fail("CHAIN_AWAY", registered.detail);
    const from = this.#instant(since);
    this.#modules.log.info("home.registered", { name, home: registered.value, since, from });
    return ok({ home: registered.value, networkKey, from });
  }

  /** Another key for a home, as its owner signed it. */
  async rotateAgent(home: number, { agent, since, signature }: AgentRequest): Promise<Result<ChangeAnswer, ChangeCode>> {
    const known = this.#changeable(home, since);
    if (!known.ok) return known;
    const change = { home: known.value.home, agent: address(agent), since: since as Interval, signature: fromHex(signature) };
    return this.#told("home.key-changed", known.value, since, await this.#modules.relay.rotateAgent(change));
  }

  /** A home leaves, as its owner signed it. If it certifies, the others go on certifying without it. */
  async leave(home: number, { until, signature }: LeaveRequest): Promise<Result<ChangeAnswer, ChangeCode>> {
    const known = this.#changeable(home, until);
    if (!known.ok) return known;
    const departure = { home: known.value.home, until: until as Interval, signature: fromHex(signature) };
    const left = await this.#told("home.leaves", known.value, until, await this.#modules.relay.leave(departure));
    if (left.ok) await this.#replace(known.value.home, until as Interval);
    return left;
  }

  /** The operator takes a home out of the street, whatever its owner says. */
  async revoke(name: string): Promise<Result<ChangeAnswer, ChangeCode>> {
    const known = this.#registry.homes.find((home) => home.name === name);
    if (known === undefined) return fail("HOME_UNKNOWN", `the registry doesn't know a home called ${name}`);
    const until = this.#edge;
    const left = await this.#told(
      "home.revoked",
      known,
      until,
      await this.#modules.relay.leave({ home: known.home, until, signature: null }),
    );
    if (left.ok) await this.#replace(known.home, until);
    return left;
  }

  get #registry(): Registry {
    return this.#modules.node.membership.registry;
  }

  get #edge(): Interval {
    const { rules, clock } = this.#modules;
    return nextEdge(rules, clock);
  }

  #changeable(home: number, since: number): Result<RegisteredHome, ChangeCode> {
    const { rules } = this.#modules;
    const known = this.#registry.homes.find((each) => each.home === home);
    if (known === undefined) return fail("HOME_UNKNOWN", `the registry doesn't know home ${home}`);
    if (since % rules.periodIntervals !== 0 || since < this.#edge)
      return fail("CHANGE_TOO_SOON", `changes count from the edge of a settlement period on; the next one is interval ${this.#edge}`);
    return ok(known);
  }

  #told(event: string, { home, name }: RegisteredHome, since: number, done: Result<void>): Result<ChangeAnswer, ChangeCode> {
    if (!done.ok) return fail(done.code === "CHAIN_REFUSED" ? "CHANGE_REFUSED" : "CHAIN_AWAY", done.detail);
    const from = this.#instant(since as Interval);
    this.#modules.log.info(event, { home, name, since, from });
    return ok({ home, from });
  }

  /** Without it the street may have to be governed anew: a set that the contract refuses is for people to decide on. */
  async #replace(home: HomeId, since: Interval): Promise<void> {
    const { relay, log } = this.#modules;
    const set = withoutValidator(this.#registry, home, since);
    if (set === null) return;
    const named = await relay.setValidators(set);
    if (named.ok) log.info("validators.named", { since, validators: set.validators.length });
    else log.error("validators.unchanged", { code: named.code, detail: named.detail });
  }

  #instant(interval: Interval): string {
    return new Date(deliveryStart(this.#modules.rules, interval) * 1000).toISOString();
  }
}

/** In constant time: an invitation is a secret. */
function isSame(given: string, own: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(own)];
  return a.length === b.length && timingSafeEqual(a, b);
}
