import { expect, test } from "@jest/globals";
import { ModbusLink } from "../../adapters/modbus/index.ts";
import { chance } from "../support/chance.ts";
import { type Answering, fakeModbus, frame, truth } from "../support/fake-modbus.ts";
import { realTime } from "../support/real-time.ts";

const SEED = 20_261_125;
const RUN_MS = 3_000;
const HOMES = 8;

/** Ten ways to answer badly; each is still possible to mistake for an answer. */
const FAULTS: readonly Answering[] = [
  () => undefined,
  (_, socket) => socket.destroy(),
  (q, socket) => void setTimeout(() => socket.write(frame(q, truth(q))), 45),
  (q, socket) => socket.write(frame(q, truth(q)).subarray(0, 8)),
  (q, socket) => socket.write(frame(q, truth(q), { unit: ((q[6] ?? 0) % 2) + 1 })),
  (q, socket) => socket.write(frame(q, truth(q), { id: (q.readUInt16BE(0) + 255) % 256 })),
  (q, socket) => socket.write(frame(q, truth(q), { protocol: 3 })),
  (q, socket) => socket.write(frame(q, q.readUInt16BE(10) === 1 ? [3, 4, 0xde, 0xad, 0, 1] : [3, 2, 0xde, 0xad])),
  (q, socket) => socket.write(Buffer.concat([frame(q, truth(q)), frame(q, [3, 2, 0xde, 0xad])])),
  (q, socket) => socket.write(frame(q, [3, (q.readUInt16BE(10) * 2 + 2) & 0xff, ...truth(q).slice(2)])),
];

test("chaos: thousands of reads with faults on the wire, and not one wrong register", async () => {
  const random = chance(SEED);
  const peer = await fakeModbus((request, socket) => {
    const fault = random() < 0.05 ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
    if (fault === undefined) socket.write(frame(request, truth(request)));
    else fault(request, socket, 0);
  });
  const tally = { right: 0, wrong: 0, trouble: 0 };
  const until = performance.now() + RUN_MS;
  const home = async () => {
    const link = new ModbusLink({ host: "127.0.0.1", port: peer.port, timeoutMs: 30, maxBackOffMs: 2, clock: realTime(), random });
    while (performance.now() < until) {
      const address = Math.floor(random() * 60_000);
      const count = 1 + Math.floor(random() * 4);
      const answer = await link.read(1 + Math.floor(random() * 2), address, count);
      if (!answer.ok) tally.trouble += 1;
      else if (answer.value.length === count && answer.value.every((word, i) => word === address + i)) tally.right += 1;
      else tally.wrong += 1;
      if (!answer.ok) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    link.close();
  };
  await Promise.all(Array.from({ length: HOMES }, home));
  await peer.close();
  expect({ seed: SEED, wrong: tally.wrong }).toEqual({ seed: SEED, wrong: 0 });
  expect(tally.right).toBeGreaterThan(200);
  expect(tally.trouble).toBeGreaterThan(20);
});
