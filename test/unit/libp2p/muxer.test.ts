import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import type { Stream, StreamMuxer } from "@libp2p/interface";
import { multiaddrConnectionPair } from "@libp2p/utils";
import { sparingYamux } from "../../../adapters/libp2p/muxer.ts";

const open: StreamMuxer[] = [];

afterEach(() => {
  for (const muxer of open.splice(0)) muxer.abort(new Error("the test is over"));
});

/** Two ends of a link, one stream between them, and what came back to the sender. */
async function link() {
  const [near, far] = multiaddrConnectionPair();
  const [sender, receiver] = [near, far].map((end) => sparingYamux()().createStreamMuxer(end!));
  open.push(sender!, receiver!);
  const opened = new Promise<Stream>((resolve) => receiver!.addEventListener("stream", ({ detail }) => resolve(detail)));
  const out = await sender!.createStream();
  const inward = await opened;
  const seen = { bytes: 0, answers: 0 };
  inward.addEventListener("message", ({ data }) => (seen.bytes += data.byteLength));
  near.addEventListener("message", () => seen.answers++);
  return { out, seen };
}

async function heard(seen: { readonly bytes: number }, bytes: number): Promise<void> {
  for (const end = Date.now() + 5_000; seen.bytes < bytes && Date.now() < end; ) await sleep(5);
  expect(seen.bytes).toBe(bytes);
}

test("a message isn't answered by a packet of the muxer's own", async () => {
  const { out, seen } = await link();
  for (let sent = 0; sent < 100; sent++) {
    out.send(new Uint8Array(1_000));
    await heard(seen, 1_000 * (sent + 1));
  }
  expect(seen.answers).toBeLessThan(5);
});

test("more than a window goes through", async () => {
  const { out, seen } = await link();
  for (let sent = 0; sent < 40; sent++) if (!out.send(new Uint8Array(50_000))) await out.onDrain();
  await heard(seen, 2_000_000);
});
