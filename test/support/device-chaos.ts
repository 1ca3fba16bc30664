import { ModbusLink } from "../../adapters/modbus/index.ts";
import { chance } from "./chance.ts";
import { type Answering, type FakeModbus, fakeModbus, frame, words } from "./fake-modbus.ts";
import { realTime } from "./real-time.ts";

export interface ChaosPlan {
  readonly homes: number;
  readonly unitsEach: number;
  /** Share of requests that are answered badly. */
  readonly faults: number;
  readonly runMs: number;
  /** How long the links have to come back when the faults end. */
  readonly returnMs: number;
  readonly timeoutMs: number;
  readonly maxBackOffMs?: number;
  readonly seed: number;
}

export interface ChaosTally {
  right: number;
  wrong: number;
  trouble: number;
  /** Reads that weren't settled ten seconds after their time. */
  hangs: number;
  faults: number;
  /** Units that answered well after the last fault, and how long the last of them took. */
  back: number;
  backMs: number;
}

/** Register n of unit u holds n + 1000 u: whoever gets another number got a wrong one. */
const wordOf = (unit: number, address: number): number => (address + 1_000 * unit) & 0xffff;

function answerOf(request: Buffer): number[] {
  const [address, count] = [request.readUInt16BE(8), request.readUInt16BE(10)];
  return [3, 2 * count, ...words(Array.from({ length: count }, (_, i) => wordOf(request[6]!, address + i)))];
}

/** Ten kinds of bad answers; each can be mistaken for a good one. */
const faultsOf = (timeoutMs: number): readonly Answering[] => [
  () => undefined,
  (_, socket) => socket.destroy(),
  (q, socket) => void setTimeout(() => socket.write(frame(q, answerOf(q))), 1.5 * timeoutMs),
  (q, socket) => socket.write(frame(q, answerOf(q)).subarray(0, 8)),
  (q, socket) => socket.write(frame(q, answerOf(q), { unit: (q[6]! % 2) + 1 })),
  (q, socket) => socket.write(frame(q, answerOf(q), { id: (q.readUInt16BE(0) + 255) % 256 })),
  (q, socket) => socket.write(frame(q, answerOf(q), { protocol: 3 })),
  (q, socket) => socket.write(frame(q, q.readUInt16BE(10) === 1 ? [3, 4, 0xde, 0xad, 0, 1] : [3, 2, 0xde, 0xad])),
  (q, socket) => socket.write(Buffer.concat([frame(q, answerOf(q)), frame(q, [3, 2, 0xde, 0xad])])),
  (q, socket) => socket.write(frame(q, [3, (q.readUInt16BE(10) * 2 + 2) & 0xff, ...answerOf(q).slice(2)])),
];

const HANG_MS = 10_000;
const PAUSE_MS = 2;

/** Homes that read without pause from devices that answer badly now and then, and then no longer. */
export async function runChaos(plan: ChaosPlan): Promise<ChaosTally> {
  const tally: ChaosTally = { right: 0, wrong: 0, trouble: 0, hangs: 0, faults: 0, back: 0, backMs: 0 };
  const random = chance(plan.seed);
  const bad = faultsOf(plan.timeoutMs);
  const until = performance.now() + plan.runMs;
  const peers = await Promise.all(
    Array.from({ length: plan.homes }, () =>
      fakeModbus((request, socket, count) => {
        const fault = performance.now() < until && random() < plan.faults ? bad[Math.floor(random() * bad.length)] : undefined;
        if (fault === undefined) socket.write(frame(request, answerOf(request)));
        else {
          tally.faults += 1;
          fault(request, socket, count);
        }
      }),
    ),
  );
  await Promise.all(peers.map((peer) => home(peer, plan, { tally, random, until })));
  await Promise.all(peers.map((peer) => peer.close()));
  return tally;
}

interface Run {
  readonly tally: ChaosTally;
  readonly random: () => number;
  readonly until: number;
}

async function home(peer: FakeModbus, plan: ChaosPlan, { tally, random, until }: Run): Promise<void> {
  const { timeoutMs, maxBackOffMs } = plan;
  const link = new ModbusLink({ host: "127.0.0.1", port: peer.port, timeoutMs, maxBackOffMs, clock: realTime(), random });
  const read = async (unit: number): Promise<boolean> => {
    const address = Math.floor(random() * 60_000);
    const count = 1 + Math.floor(random() * 4);
    const answer = await atLast(link.read(unit, address, count), 20 * timeoutMs + HANG_MS);
    if (answer === null) tally.hangs += 1;
    else if (!answer.ok) tally.trouble += 1;
    else if (answer.value.length === count && answer.value.every((word, i) => word === wordOf(unit, address + i))) tally.right += 1;
    else tally.wrong += 1;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return answer?.ok === true;
  };
  const one = async (unit: number): Promise<void> => {
    while (performance.now() < until) await read(unit);
    while (performance.now() < until + plan.returnMs) {
      if (!(await read(unit))) continue;
      tally.back += 1;
      tally.backMs = Math.max(tally.backMs, performance.now() - until);
      return;
    }
  };
  await Promise.all(Array.from({ length: plan.unitsEach }, (_, i) => one(i + 1)));
  link.close();
}

/** null: not within `ms`. */
function atLast<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
