import { utf8 } from "../../engine/kernel/index.ts";
import type { VenueDigests, VenueInput } from "../../engine/messages/index.ts";
import { GENESIS, type Head } from "../../engine/venue/index.ts";
import type { JournalReplay } from "../ports/index.ts";
import { FrameReader, framesOf } from "./frames.ts";
import { inputJson, inputOf } from "./json.ts";

/** One step as a journal keeps it: what a venue did at a time. Outcomes and signatures follow from it. */
export interface Step {
  readonly time: number;
  readonly input: VenueInput;
}

export const stepRecords = ({ time, input }: Step): Int32Array => framesOf(utf8(JSON.stringify({ time, input: inputJson(input) })));

/** Before a day's opening nothing but the head is needed: the opening says the rest. */
export const headBytes = (head: Head): Uint8Array => utf8(JSON.stringify(head));

/** Reads what a venue's journal holds. */
export class History implements JournalReplay {
  readonly #digests: VenueDigests;
  readonly #reader = new FrameReader();
  head: Head = GENESIS;
  readonly steps: Step[] = [];

  constructor(digests: VenueDigests) {
    this.#digests = digests;
  }

  snapshot(_sequence: number, bytes: Uint8Array): void {
    this.head = JSON.parse(new TextDecoder().decode(bytes)) as Head;
  }

  record(_sequence: number, words: Int32Array, at: number): void {
    const whole = this.#reader.take(words, at);
    if (whole === null) return;
    const { time, input } = JSON.parse(new TextDecoder().decode(whole)) as { readonly time: number; readonly input: unknown };
    this.steps.push({ time, input: inputOf(input, this.#digests) });
  }
}
