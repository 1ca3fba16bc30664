import { type AgreementInput, entrySet, type Validators } from "../../../engine/agreement/index.ts";
import { type Digest, type HomeId, interval, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { Proposal, SignedList, SignedProposal, SignedVote, Vote } from "../../../engine/messages/index.ts";

/** What travels: the agreement's own inputs. */
export type Said = Extract<AgreementInput, { kind: "list" | "proposal" | "vote" }>;

export const idOf = (number: number): Digest => `0x${number.toString(16).padStart(64, "0")}` as Digest;

/** The interval that is agreed on. */
export const AT = interval(1000);
const NO_SIGNATURE = new Uint8Array(65);

/** What comes out of every choice of lists whose orders count for nothing. */
const VOID = "void";

/** Every list, proposal, vote and value of a run; numbers in the order of their making stand for hashes. */
export class Records {
  readonly lists = new Map<Digest, SignedList>();
  readonly #validators: Validators;
  readonly #ids = new Map<string, Digest>();
  readonly #orders = new Map<Digest, readonly Digest[]>();

  constructor(validators: Validators) {
    this.#validators = validators;
  }

  list(validator: HomeId, orders: readonly Digest[]): SignedList {
    const body = { interval: AT, validator, members: ZERO_DIGEST, membersVersion: 1, stakes: [], commits: [], orders, readings: [] };
    const list = { body, id: this.#intern(JSON.stringify(body)), signature: NO_SIGNATURE };
    this.lists.set(list.id, list);
    return list;
  }

  proposal(body: Proposal): SignedProposal {
    return { body, id: this.#intern(JSON.stringify(body)), signature: NO_SIGNATURE };
  }

  vote(body: Vote): SignedVote {
    return { body, id: this.#intern(JSON.stringify(body)), signature: NO_SIGNATURE };
  }

  /** What comes out of known lists. */
  valueOf(lists: readonly Digest[]): Digest {
    const bodies = lists.map((id) => this.lists.get(id)!.body);
    const { orders } = entrySet(this.#validators, bodies);
    const value = this.#intern(`value ${orders.join()}`);
    this.#orders.set(value, orders);
    return value;
  }

  voidValue = (): Digest => this.#intern(VOID);
  isVoid = (value: Digest): boolean => value === this.#ids.get(VOID);
  ordersIn = (value: Digest): readonly Digest[] | undefined => this.#orders.get(value);

  #intern(text: string): Digest {
    const id = this.#ids.get(text) ?? idOf(this.#ids.size + 1);
    this.#ids.set(text, id);
    return id;
  }
}

export function idOfSaid(said: Said): Digest {
  if (said.kind === "list") return said.list.id;
  return said.kind === "proposal" ? said.proposal.id : said.vote.id;
}
