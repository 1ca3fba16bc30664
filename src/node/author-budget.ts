import type { HomeId } from "../../engine/kernel/index.ts";

/** Signed messages of one author that are taken at once, and per second after that. */
export interface BudgetSize {
  readonly burst: number;
  readonly perSecond: number;
}

/** An honest validator says a list, and a proposal and two votes in each view; views last a second and more, intervals 0.75 s and more. */
export const AGREEMENT_BUDGET: BudgetSize = { burst: 128, perSecond: 32 };

/**
 * What one author may say, whoever brings it: through honest relays a flood comes in small portions from everybody. It is looked at
 * before the signature is checked, and charged after: what others forge in an author's name costs the author nothing.
 */
export class AuthorBudget {
  readonly #size: BudgetSize;
  readonly #spent = new Map<HomeId, { readonly messages: number; readonly at: number }>();

  constructor(size: BudgetSize) {
    this.#size = size;
  }

  isSpent(author: HomeId, nowMs: number): boolean {
    return this.#messages(author, nowMs) > this.#size.burst - 1;
  }

  /** For a message that its author has truly signed. */
  charge(author: HomeId, nowMs: number): void {
    this.#spent.set(author, { messages: this.#messages(author, nowMs) + 1, at: nowMs });
  }

  #messages(author: HomeId, nowMs: number): number {
    const spent = this.#spent.get(author);
    return spent === undefined ? 0 : Math.max(0, spent.messages - ((nowMs - spent.at) / 1000) * this.#size.perSecond);
  }
}
