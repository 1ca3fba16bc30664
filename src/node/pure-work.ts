import { entrySet, isCertified, leadersOf } from "../../engine/agreement/index.ts";
import type { Result } from "../../engine/kernel/index.ts";
import {
  type Block,
  type DecodeCode,
  type Digests,
  decodeBlock,
  decodeMessage,
  encodeMessage,
  entryId,
  type Message,
} from "../../engine/messages/index.ts";
import { type Evaluation, evaluateEntries, isWhole, replay } from "./evaluate.ts";

/** What follows from its arguments alone. A home works it out; a simulator of many homes remembers what one of them has. */
export interface PureWork {
  readonly decode: (bytes: Uint8Array, digests: Digests) => Result<Message, DecodeCode>;
  readonly encode: (message: Message) => Uint8Array;
  readonly decodeBlock: (bytes: Uint8Array, digests: Digests) => Result<Block, DecodeCode>;
  readonly entryId: typeof entryId;
  readonly entrySet: typeof entrySet;
  readonly leadersOf: typeof leadersOf;
  readonly isWhole: typeof isWhole;
  readonly isCertified: typeof isCertified;
  readonly evaluate: (...given: Parameters<typeof evaluateEntries>) => Evaluation;
  readonly replay: (...given: Parameters<typeof replay>) => Evaluation | null;
}

export const PURE_WORK: PureWork = {
  decode: decodeMessage,
  encode: encodeMessage,
  decodeBlock,
  entryId,
  entrySet,
  leadersOf,
  isWhole,
  isCertified,
  evaluate: evaluateEntries,
  replay,
};
