import type { Cancel, Clock, Gossip } from "../../ports/index.ts";

/** One run of a home's process. What still runs when it's over does nothing to the world. */
export interface Life {
  isOver: boolean;
}

/** Timers of a life that is over never fire. */
export function clockOf(clock: Clock, life: Life): Clock {
  const alive = (task: () => void) => (): void => {
    if (!life.isOver) task();
  };
  return {
    speed: clock.speed,
    now: () => clock.now(),
    at: (at, task): Cancel => clock.at(at, alive(task)),
    after: (realMs, task): Cancel => clock.after(realMs, alive(task)),
    monotonicMs: () => clock.monotonicMs(),
  };
}

export interface Ears {
  /** Before a message goes out, and after. "gone": the power goes here. */
  readonly onSend: (step: "sending" | "sent", bytes: Uint8Array) => "on" | "gone";
  readonly hears: (bytes: Uint8Array) => boolean;
}

/** A life that is over neither sends nor hears. */
export function gossipOf(gossip: Gossip, life: Life, { onSend, hears }: Ears): Gossip {
  const publish: Gossip["publish"] = async (topic, bytes) => {
    if (life.isOver || onSend("sending", bytes) === "gone") return;
    void gossip.publish(topic, bytes);
    onSend("sent", bytes);
  };
  return {
    self: gossip.self,
    publish,
    onMessage: (handler) =>
      gossip.onMessage((topic, bytes, from) => (life.isOver || !hears(bytes) ? "ignore" : handler(topic, bytes, from))),
    follow: (topic, hears) => gossip.follow(topic, hears),
    peers: () => (life.isOver ? [] : gossip.peers()),
    request: (...question) => gossip.request(...question),
    onRequest: (kind, answer) => gossip.onRequest(kind, (body, from) => (life.isOver ? undefined : answer(body, from))),
    guard: (door) => gossip.guard(door),
    report: (peer, misconduct) => {
      if (!life.isOver) gossip.report(peer, misconduct);
    },
    close: () => gossip.close(),
  };
}
