import type { Digest } from "../../../engine/kernel/index.ts";
import { decodeMessage, encodeMessage, type Message, type Signed } from "../../../engine/messages/index.ts";
import type { NodeModules } from "../../node/index.ts";
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
): NodeModules =>
  withGossip(modules, {
    publish: async (topic, bytes) => {
      const message = decodeMessage(bytes, digests);
      if (message.ok) speak(message.value, () => void modules.gossip.publish(topic, bytes), topic);
    },
  });

/** A liar that overhears everything that reaches its node. false: its node doesn't get it. */
export const hearing = (modules: NodeModules, { digests }: AdversaryWorld, hear: (message: Message, bytes: Uint8Array) => boolean) =>
  withGossip(modules, {
    onMessage: (handler) =>
      modules.gossip.onMessage((topic, bytes, from) => {
        const message = decodeMessage(bytes, digests);
        return message.ok && !hear(message.value, bytes) ? "ignore" : handler(topic, bytes, from);
      }),
  });

/** Something of the liar's own, truly signed, whatever its node thinks of it. */
export function signed<T>(modules: NodeModules, body: T, id: Digest): Signed<T> {
  if (modules.signer === null) throw new Error("a liar has a key");
  return { body, id, signature: modules.signer.sign(id) };
}

export const topicOf = (message: Message): Topic =>
  message.kind === "order" || message.kind === "commit" || message.kind === "reading" ? "market" : "agreement";

/** To each of the others whatever `choose` says. */
export function whisperAll({ others, whisper }: AdversaryWorld, choose: (place: number) => Message | null): void {
  for (const [place, name] of others.entries()) {
    const message = choose(place);
    if (message !== null) whisper(name, topicOf(message), encodeMessage(message));
  }
}
