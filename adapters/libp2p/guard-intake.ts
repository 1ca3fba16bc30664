import { TopicValidatorResult } from "@chainsafe/libp2p-gossipsub";
import type { Judgement } from "../../src/ports/index.ts";
import type { Intake } from "./intake.ts";
import { TOPICS, topicName } from "./names.ts";
import type { Router } from "./node.ts";

const RESULTS: Readonly<Record<Judgement, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

/** Every message passes the gate before gossipsub remembers it, and the lanes before gossipsub passes it on. */
export function guardIntake(router: Router, street: string, intake: Intake): void {
  const topics = new Map(TOPICS.map((topic) => [topicName(street, topic), topic]));
  const receive = router.handleReceivedMessage.bind(router);
  router.handleReceivedMessage = async (from, message) => {
    const topic = topics.get(message.topic);
    const peer = from.toString();
    if (topic === undefined || !intake.enter(topic, peer, message.data?.length ?? 0)) return;
    try {
      await receive(from, message);
    } finally {
      intake.leave(topic, peer);
    }
  };
  for (const [name, topic] of topics) {
    router.topicValidators.set(
      name,
      async (from, message) => RESULTS[await intake.submit(topic, new Uint8Array(message.data), from.toString())],
    );
  }
}
