import {
  type Agreement,
  type AgreementEffect,
  type AgreementInput,
  type AgreementTimer,
  agreement,
  step,
} from "../../engine/agreement/index.ts";
import { type Digest, homeId, interval, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import type { VoteKind } from "../../engine/messages/index.ts";
import { idOf } from "./book.ts";
import { validatorsNamed } from "./validators.ts";

// One interval's agreement in a few words. Four validators: one may lie, three must agree. With this seed home 0 leads views 1 and 5
// of interval 8, home 1 view 2 and so on. Messages are unsigned: signatures are checked before anything reaches the agreement.
export const AT = interval(8);
export const VALIDATORS = validatorsNamed([0, 1, 2, 3], idOf(38));
export const [X, Y] = [idOf(100), idOf(200)];
export const LISTS = [10, 11, 12].map(idOf);
const signature = new Uint8Array(65);

export const list = (validator: number, id = 10 + validator, at = AT): AgreementInput => ({
  kind: "list",
  list: {
    body: {
      interval: at,
      validator: homeId(validator),
      members: ZERO_DIGEST,
      membersVersion: 1,
      stakes: [],
      commits: [],
      orders: [],
      readings: [],
    },
    id: idOf(id),
    signature,
  },
});

interface Proposed {
  readonly parentView?: number;
  readonly isVoid?: boolean;
  readonly lists?: readonly Digest[];
  readonly leader?: number;
  readonly id?: number;
}

/** One that names a parent has no lists, unless they are given. */
export function proposal(view: number, value = X, change: Proposed = {}): AgreementInput {
  const { parentView = 0, isVoid = false, leader = (view - 1) % 4, id = 300 + view } = change;
  const lists = change.lists ?? (parentView === 0 ? LISTS : []);
  const body = { interval: AT, view, leader: homeId(leader), value, parentView, isVoid, lists };
  return { kind: "proposal", proposal: { body, id: idOf(id), signature } };
}

let ids = 1000;
export const vote = (
  kind: VoteKind,
  view: number,
  validator: number,
  value: Digest = kind === "nullify" ? ZERO_DIGEST : X,
  at = AT,
): AgreementInput => ({
  kind: "vote",
  vote: { body: { kind, interval: at, view, value, validator: homeId(validator) }, id: idOf(ids++), signature },
});
export const votes = (kind: VoteKind, view: number, validators: readonly number[], value?: Digest) =>
  validators.map((each) => vote(kind, view, each, value));
export const evaluated = (value = X, lists = LISTS, isVoid = false): AgreementInput => ({ kind: "evaluated", lists, isVoid, value });
export const timer = (view: number, name: AgreementTimer = "view"): AgreementInput => ({ kind: "timer", timer: name, view });
export const START: AgreementInput = { kind: "start" };
export const DEADLINE: AgreementInput = { kind: "deadline" };
export const READY = [START, list(0), list(1), list(2), evaluated()];

/** An effect in a few words. */
export function words(effect: AgreementEffect): string {
  switch (effect.kind) {
    case "vote":
      return `${effect.vote.kind} ${effect.vote.view}${effect.vote.kind === "nullify" ? "" : ` ${Number(effect.vote.value)}`}`;
    case "propose": {
      const { view, value, parentView, isVoid, lists } = effect.proposal;
      return `propose ${view} ${isVoid ? "void " : ""}${Number(value)} after ${parentView} from ${lists.length}`;
    }
    case "evaluate":
      return `evaluate ${effect.isVoid ? "void " : ""}${effect.lists.map(Number).join()}`;
    case "timer":
      return `${effect.timer} timer ${effect.view}`;
    case "decide":
      return `decide ${Number(effect.certificate.value)}`;
    case "evidence":
      return `evidence against ${effect.culprit}`;
  }
}

/** What each input makes of a home that has taken the ones before in. */
export function all(self: number | null, ...inputs: readonly AgreementInput[]): readonly (readonly string[])[] {
  const state: Agreement = agreement(AT, VALIDATORS, self === null ? null : homeId(self));
  return inputs.map((input) => step(state, input).map(words));
}

export const last = (self: number | null, ...inputs: readonly AgreementInput[]): readonly string[] => all(self, ...inputs).at(-1)!;
