import type { Digest } from "../../../engine/kernel/index.ts";
import { encodeMessage, type Message, type Signed } from "../../../engine/messages/index.ts";
import { type NodeModules, PURE_WORK } from "../../node/index.ts";
import type { Gossip, Topic } from "../../ports/index.ts";
import type { AdversaryWorld } from "../street/adversary.ts";

/** The same node behind another gossip. */
export const withGossip = (modules: NodeModules, change: Partial<Gossip>): NodeModules => ({
  ...modules,
  gossip: { ...modules.gossip, ...change },
});

/** A liar whose node's own messages pass through `speak`, which sends what it likes instead. */
export const speaking = (
  modules: NodeModules,
  { digests }: AdversaryWorld,
  speak: (message: Message, goOn: () => void, topic: Topic) => void,
): NodeModules => {
  const { decode } = modules.work ?? PURE_WORK;
  return withGossip(modules, {
    publish: async (topic, bytes) => {
      const message = decode(bytes, digests);
      if (message.ok) speak(message.value, () => void modules.gossip.publish(topic, bytes), topic);
    },
  });
};

/** A liar that overhears everything that reaches its node. false: its node doesn't get it. */
export const hearing = (modules: NodeModules, { digests }: AdversaryWorld, hear: (message: Message, bytes: Uint8Array) => boolean) => {
  const { decode } = modules.work ?? PURE_WORK;
  return withGossip(modules, {
    onMessage: (handler) =>
      modules.gossip.onMessage((topic, bytes, from) => {
        const message = decode(bytes, digests);
        return message.ok && !hear(message.value, bytes) ? "ignore" : handler(topic, bytes, from);
      }),
  });
};

/** Something of the liar's own, truly signed, whatever its node thinks of it. */
export function signed<T>(modules: NodeModules, body: T, id: Digest): Signed<T> {
  if (modules.signer === null) throw new Error("a liar has a key");
  return { body, id, signature: modules.signer.sign(id) };
}

export const topicOf = (message: Message): Topic =>
  message.kind === "order" || message.kind === "commit" || message.kind === "reading" ? "market" : "agreement";

/** To each of the others whatever `choose` says; one message is one object of bytes for all of them. */
export function whisperAll({ others, whisper }: AdversaryWorld, choose: (place: number) => Message | null): void {
  const encoded = new Map<Message, Uint8Array>();
  for (const [place, name] of others.entries()) {
    const message = choose(place);
    if (message === null) continue;
    const bytes = encoded.get(message) ?? encodeMessage(message);
    encoded.set(message, bytes);
    whisper(name, topicOf(message), bytes);
  }
}
