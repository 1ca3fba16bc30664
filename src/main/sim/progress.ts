import type { SeedReport } from "../../sim/index.ts";

const WIDTH = 30;
const EVERY_MS = 100;

type Terminal = Pick<NodeJS.WriteStream, "write"> & { readonly isTTY?: boolean };

/** How far a swarm is, on one line of a terminal; nothing elsewhere. */
export class ProgressBar {
  readonly #all: number;
  readonly #out: Terminal;
  readonly #now: () => number;
  readonly #began: number;
  #done = 0;
  #broken = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(all: number, out: Terminal, now: () => number = () => performance.now()) {
    this.#all = all;
    this.#out = out;
    this.#now = now;
    this.#began = now();
  }

  step(isBroken: boolean): void {
    this.#done++;
    if (isBroken) this.#broken++;
    if (this.#now() - this.#drawnAt >= EVERY_MS || this.#done === this.#all) this.#draw();
  }

  /** Lets something else be written where the bar is. */
  aside(write: () => void): void {
    if (this.#out.isTTY) this.#out.write("\r\x1b[K");
    write();
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write("\r\x1b[K");
  }

  #draw(): void {
    if (!this.#out.isTTY) return;
    this.#drawnAt = this.#now();
    const filled = Math.floor((WIDTH * this.#done) / this.#all);
    const left = ((this.#now() - this.#began) / this.#done) * (this.#all - this.#done);
    const bar = `${"#".repeat(filled)}${".".repeat(WIDTH - filled)}`;
    this.#out.write(`\r\x1b[K[${bar}] ${this.#done}/${this.#all} seeds, ${this.#broken} broken, ${Math.ceil(left / 1000)} s left`);
  }
}

/** The last line: how much was simulated and what broke. */
export function summaryOf(reports: readonly SeedReport[], seconds: number): string {
  const intervals = reports.reduce((total, report) => total + report.intervals, 0);
  const broken = reports.filter((report) => report.broken !== null);
  const seeds = broken.map(({ seed }) => seed).sort((a, b) => a - b);
  const done = `${reports.length} seeds, ${intervals} intervals in ${seconds.toFixed(1)} s`;
  return broken.length === 0 ? `${done}: every law held` : `${done}: ${broken.length} broken: ${seeds.join(" ")}`;
}
