import type { MicroPerKwh } from "../../../engine/kernel/index.ts";
import type { Contradictable } from "../../../engine/messages/index.ts";

/** What an honest home does where these two stand, which exclude each other. */
export function ruleOf(first: Contradictable, second: Contradictable): string {
  switch (first.kind) {
    case "order":
      return `a home gives one order under each number, and both have number ${first.order.body.seq}`;
    case "commit":
      return `a home seals one order under each number, and both have number ${first.commit.body.seq}`;
    case "reading":
      return "a home signs one reading of its meter for each interval";
    case "list":
      return "a validator signs one list of what it held for each interval";
    case "proposal":
      return `a leader makes one proposal in each view, and both are of view ${first.proposal.body.view}`;
    case "vote": {
      const { kind, view } = first.vote.body;
      const isNotarize = kind === "notarize" && second.kind === "vote" && second.vote.body.kind === "notarize";
      return isNotarize
        ? `a validator notarizes one value in each view, and both are of view ${view}`
        : `a validator ends each view once, with one value or with none, and both are of view ${view}`;
    }
  }
}

/** What a message says, in a few words. */
export function sentenceOf(message: Contradictable): string {
  switch (message.kind) {
    case "order": {
      const { side, energy, limit, seq } = message.order.body;
      return `${side} ${energy} Wh at ${priceOf(limit)} per kWh or better, number ${seq}`;
    }
    case "commit":
      return `sealed order ${message.commit.body.commitment}, number ${message.commit.body.seq}`;
    case "reading": {
      const { importWh, exportWh, quality } = message.reading.body;
      return `meter at ${importWh} Wh in and ${exportWh} Wh out, ${quality}`;
    }
    case "list": {
      const { orders, commits, readings, membersVersion } = message.list.body;
      return `list of ${orders.length} orders, ${commits.length} sealed orders not shown and ${readings.length} readings, members of version ${membersVersion}`;
    }
    case "proposal": {
      const { value, view, isVoid, lists, parentView } = message.proposal.body;
      const from = lists.length > 0 ? `from ${lists.length} lists` : `handed on from view ${parentView}`;
      return `proposal ${value} in view ${view}, ${isVoid ? "void" : "trade"}, ${from}`;
    }
    case "vote": {
      const { kind, view, value } = message.vote.body;
      return kind === "nullify" ? `nullify view ${view}` : `${kind} ${value} in view ${view}`;
    }
  }
}

/** In the street's currency. */
const priceOf = (limit: MicroPerKwh): string => (limit / 1_000_000).toString();
