import { type ClearingOpening, type FillLeaf, fillWords, type HomeLeaf, homeWords } from "../../auction/index.ts";
import {
  type AbiField,
  type AbiPart,
  abiArray,
  abiBytes,
  abiEncode,
  abiStatic,
  abiTuple,
  abiWords,
  type Digest,
} from "../../kernel/index.ts";
import { type IntervalResult, type PeriodResult, RESULT_KIND, settlementWords } from "../../messages/index.ts";
import { type AccountLeaf, accountWords } from "../merkle.ts";
import type { AccountFraud, DoubleFillFraud, FraudProof, LedgerStepFraud, OrderFraud, Shown } from "./types.ts";

/** The bytes that `IDisputes.prove` takes: the proof's struct there, encoded. */
export function encodeFraud(proof: FraudProof): Uint8Array {
  switch (proof.kind) {
    case "account":
      return abiEncode(accountPart(proof));
    case "order":
      return abiEncode(orderPart(proof));
    case "double-fill":
      return abiEncode(doubleFillPart(proof));
    case "ledger-step":
      return abiEncode(stepPart(proof));
  }
}

const accountPart = ({ results, previous, home, account, vector }: AccountFraud): AbiPart =>
  abiTuple([
    resultsPart(results),
    abiStatic(periodFields(previous)),
    abiStatic([home]),
    shownPart(account, accountWords, ACCOUNT_WORDS),
    abiBytes(vector),
  ]);

const orderPart = ({ results, clearing, fill }: OrderFraud): AbiPart =>
  abiTuple([resultsPart(results), clearingPart(clearing), fillPart(fill)]);

const doubleFillPart = ({ results, clearing, home, traded, fills }: DoubleFillFraud): AbiPart =>
  abiTuple([
    resultsPart(results),
    clearingPart(clearing),
    abiStatic([home]),
    shownPart(traded, homeWords, HOME_WORDS),
    abiArray(fills.map(fillPart)),
  ]);

const stepPart = (proof: LedgerStepFraud): AbiPart =>
  abiTuple([
    resultsPart(proof.results),
    abiStatic([proof.step]),
    clearingPart(proof.clearing),
    abiStatic([proof.home]),
    shownPart(proof.traded, homeWords, HOME_WORDS),
    shownPart(proof.earlier, accountWords, ACCOUNT_WORDS),
    shownPart(proof.later, accountWords, ACCOUNT_WORDS),
    abiStatic(settlementWords(proof.numbers)),
    abiStatic([proof.restOfRules]),
  ]);

const ACCOUNT_WORDS = 15;
const HOME_WORDS = 9;
const FILL_WORDS = 13;

const fillPart = (shown: Shown<FillLeaf>): AbiPart => shownPart(shown, fillWords, FILL_WORDS);

/** Zeros where nothing is shown. */
function shownPart<Leaf extends AccountLeaf | HomeLeaf | FillLeaf>(
  shown: Shown<Leaf> | null,
  wordsOf: (leaf: Leaf) => Uint8Array,
  words: number,
): AbiPart {
  const leaf = shown === null ? abiWords(Array(words).fill(0)) : wordsOf(shown.leaf);
  return abiTuple([{ isDynamic: false, bytes: leaf }, abiArray((shown?.path ?? []).map((sibling) => abiStatic([sibling])))]);
}

/** In the order of `IGridVault.Period`. */
const periodFields = (period: PeriodResult | null): readonly AbiField[] =>
  period === null
    ? Array(10).fill(0)
    : [
        period.period,
        period.fromInterval,
        period.toInterval,
        period.coversUntil,
        period.prevPeriod,
        period.head,
        period.accountsRoot,
        period.vectorHash,
        period.wideHash,
        period.dataHash,
      ];

const clearingPart = ({ fillsRoot, homesRoot, rest }: ClearingOpening): AbiPart => abiStatic([fillsRoot, homesRoot, rest] as Digest[]);

const resultsPart = (results: readonly IntervalResult[]): AbiPart =>
  abiArray(
    results.map((r) =>
      abiStatic([
        r.interval,
        RESULT_KIND[r.kind],
        r.prevHead,
        r.orderSetRoot,
        r.readingSetRoot,
        r.clearingRoot,
        r.ledgerRoot,
        r.nextMembers,
      ]),
    ),
  );
