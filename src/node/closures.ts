import type { Validators } from "../../engine/agreement/index.ts";
import type { HomeId, Interval } from "../../engine/kernel/index.ts";
import type { Closed } from "../../engine/messages/index.ts";

export interface ClosuresModules {
  readonly membership: { readonly validators: Pick<Validators, "ids"> };
  /** Every validator's gate is closed: no commit that comes now can ever count, so orders may be shown. */
  readonly onAllClosed: (interval: Interval) => void;
}

/** Whose gates are closed, by their own word. */
export class Closures {
  readonly #modules: ClosuresModules;
  readonly #closed = new Map<Interval, Set<HomeId>>();

  constructor(modules: ClosuresModules) {
    this.#modules = modules;
  }

  hear({ interval, validator }: Closed): void {
    const { membership, onAllClosed } = this.#modules;
    const closed = this.#closed.get(interval) ?? new Set();
    this.#closed.set(interval, closed.add(validator));
    if (membership.validators.ids.every((each) => closed.has(each))) onAllClosed(interval);
  }

  forget(upTo: Interval): void {
    for (const interval of this.#closed.keys()) if (interval <= upTo) this.#closed.delete(interval);
  }
}
