/** One thing that happened. */
export interface Line {
  readonly atMs: number;
  /** The interval that it's about; null: it's about the street. */
  readonly interval: number | null;
  readonly text: string;
}

/** Everything that happened in a run, as a hash of 53 bits (cyrb53), and as lines when they are wanted. */
export class Transcript {
  readonly lines: Line[] = [];
  readonly #keeps: boolean;
  /** The moment of the last line, and as text: much happens in one, and a fraction is slow to write. */
  #at = Number.NaN;
  #moment = "";
  #high = 0xdead_beef;
  #low = 0x41c6_ce57;

  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  add(line: Line): void {
    if (line.atMs !== this.#at) {
      this.#at = line.atMs;
      this.#moment = `${line.atMs} `;
    }
    this.#mix(this.#moment + line.text);
    if (this.#keeps) this.lines.push(line);
  }

  get hash(): string {
    return `${(this.#high >>> 0).toString(16).padStart(8, "0")}${(this.#low >>> 0).toString(16).padStart(8, "0")}`;
  }

  #mix(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      this.#high = Math.imul(this.#high ^ code, 2_654_435_761);
      this.#low = Math.imul(this.#low ^ code, 1_597_334_677);
    }
    this.#high ^= this.#low >>> 13;
    this.#low ^= this.#high >>> 15;
  }
}
