import { leaderOf, quorum, type Validators } from "../../../engine/agreement/index.ts";
import { type Digest, type HomeId, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { VoteKind } from "../../../engine/messages/index.ts";
import type { Dice } from "../chance.ts";
import { AT, idOf, type Records, type Said } from "./records.ts";

/** Held by no honest home before the gate, and listed by the Byzantine alone. */
export const GHOST = idOf(900_002);

/** What a Byzantine home can do and see. */
export interface LiarModules {
  readonly dice: Dice;
  readonly records: Records;
  readonly validators: Validators;
  /** Who leads view after view. */
  readonly leaders: readonly HomeId[];
  /** All values that anybody proposed. */
  readonly values: Digest[];
  /** Virtual ms in which its lies are told. */
  readonly forMs: number;
  readonly at: (time: number, task: () => void) => void;
  readonly after: (delay: number, task: () => void) => void;
  readonly send: (to: HomeId, said: Said) => void;
}

/** A Byzantine home: signs whatever chance tells it to, in its own name. */
export class Liar {
  readonly #id: HomeId;
  readonly #modules: LiarModules;

  constructor(id: HomeId, modules: LiarModules) {
    this.#id = id;
    this.#modules = modules;
  }

  /** What it says unasked: other lists to others, and in its views whatever it likes. */
  plan(): void {
    const { dice, records, at, forMs } = this.#modules;
    if (dice.happens(0.3)) return;
    for (let lists = 1 + dice.below(3); lists > 0; lists--) {
      const list = records.list(this.#id, [GHOST, idOf(700_000 + lists)].sort());
      at(dice.below(300), () => this.#tell({ kind: "list", list }));
    }
    for (let i = 0; i < 6; i++) at(dice.below(forMs), () => this.#lead());
  }

  /** What it makes of others' words: their votes doubled, contradicted, told to some only. */
  answer(said: Said): void {
    const { dice, records, values, after } = this.#modules;
    if (said.kind === "list" || dice.happens(0.3)) return;
    const { view, value } = said.kind === "vote" ? said.vote.body : said.proposal.body;
    const known = [value, value, ...values].filter((each) => each !== ZERO_DIGEST);
    for (let lies = dice.below(4); lies > 0; lies--) {
      const kind = dice.pick<VoteKind>(["notarize", "finalize", "nullify"]);
      const named = kind === "nullify" || known.length === 0 ? ZERO_DIGEST : dice.pick(known);
      const vote = records.vote({ kind, interval: AT, view: view + dice.pick([0, 0, 0, 1]), value: named, validator: this.#id });
      after(1 + dice.below(400), () => this.#tell({ kind: "vote", vote }));
    }
  }

  #lead(): void {
    const { dice, records, validators, leaders, values } = this.#modules;
    const view = 1 + validators.ids.findIndex((_, i) => leaderOf(leaders, i + 1) === this.#id);
    const heard = [...records.lists.keys()];
    for (let versions = 1 + dice.below(3); versions > 0; versions--) {
      const lists = dice.some(heard, quorum(validators) + dice.below(2));
      const parentView = dice.pick([0, 0, 0, dice.below(view)]);
      const isVoid = dice.happens(0.1);
      const made = records.valueOf(lists);
      const value = dice.pick([made, made, idOf(600_000 + dice.below(3)), records.voidValue(), ...values]);
      values.push(value);
      const proposal = records.proposal({ interval: AT, view, leader: this.#id, value, parentView, isVoid, lists });
      this.#tell({ kind: "proposal", proposal });
      this.answer({ kind: "proposal", proposal });
    }
  }

  #tell(said: Said): void {
    const { dice, validators, send } = this.#modules;
    const share = dice.roll();
    for (const id of validators.ids) if (dice.happens(share)) send(id, said);
  }
}
