import { X509Certificate } from "node:crypto";
import { afterEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ModbusLink, type TlsIdentity } from "../../../adapters/modbus/index.ts";
import { roleOf } from "../../../adapters/modbus/role.ts";
import { startModbusServer } from "../../../adapters/modbus/server.ts";
import { authority, opensslMissing } from "../../support/certificates.ts";
import { realTime } from "../../support/real-time.ts";

if (opensslMissing !== null) console.warn(opensslMissing);
const here = opensslMissing === null ? test : test.skip;

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const TIMING = { timeoutMs: 2_000, maxBackOffMs: 0, clock: realTime(), random: () => 0.5 };

/** Register n holds n. */
async function server(tls: TlsIdentity): Promise<number> {
  const unit = { read: (address: number, count: number) => Array.from({ length: count }, (_, i) => address + i), write: () => null };
  const started = await startModbusServer({ host: "127.0.0.1", port: 0, unit: () => unit, tls });
  opened.push(started);
  return started.port;
}

function linkTo(port: number, tls: TlsIdentity): ModbusLink {
  const link = new ModbusLink({ transport: "tls", host: "127.0.0.1", port, tls, ...TIMING });
  opened.push(link);
  return link;
}

here("both sides show a certificate of one authority; any other pair doesn't talk", async () => {
  const [ours, theirs] = [authority(), authority()];
  const [device, home, stranger] = [ours.identity(), ours.identity("GridServiceSunSpec"), theirs.identity("GridServiceSunSpec")];
  const port = await server(device);
  expect(await linkTo(port, home).read(1, 100, 2)).toEqual({ ok: true, value: [100, 101] });
  const refused = await Promise.all([
    linkTo(port, stranger).read(1, 1, 1),
    // A device that trusts us, but whom we don't know.
    linkTo(port, { ...home, ca: stranger.ca }).read(1, 1, 1),
    // We trust the device, but it doesn't know us.
    linkTo(port, { ...stranger, ca: home.ca }).read(1, 1, 1),
    linkTo(port, { ...home, name: "battery.lan" }).read(1, 1, 1),
    linkTo(port, { ...home, key: "no key" }).read(1, 1, 1),
  ]);
  expect(refused.map((answer) => (answer.ok ? "ok" : answer.code))).toEqual(Array(5).fill("DEVICE_OFFLINE"));
  expect(refused[4]).toMatchObject({ detail: expect.stringContaining("certificate or its key") });
  const plain = new ModbusLink({ host: "127.0.0.1", port, ...TIMING });
  opened.push(plain);
  expect((await plain.read(1, 1, 1)).ok).toBe(false);
  expect(await linkTo(port, home).read(1, 7, 1)).toEqual({ ok: true, value: [7] });
});

here("the role is read from the certificate, and nothing from one that is damaged makes it crash", () => {
  const ca = authority();
  const raw = (role?: string) => new X509Certificate(ca.identity(role).cert).raw;
  expect([roleOf(raw("ReadOnlySunSpec")), roleOf(raw("Änderer")), roleOf(raw())]).toEqual(["ReadOnlySunSpec", "Änderer", null]);
  const whole = raw("ReadOnlySunSpec");
  for (let length = 0; length < whole.length; length += 7) expect(roleOf(whole.subarray(0, length))).toBeNull();
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const changed = Buffer.from(whole);
      changed[at] = byte;
      const role = roleOf(changed);
      expect(role === null || role.length <= 255).toBe(true);
    }),
    { numRuns: 500 },
  );
});
