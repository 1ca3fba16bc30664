import type { Counter, Gauge, Metrics } from "../../src/ports/index.ts";

/** What operators see of gossip. */
export interface Telemetry {
  readonly messages: Counter<"topic" | "verdict">;
  readonly refused: Counter<"topic" | "reason">;
  readonly published: Counter<"topic" | "result">;
  readonly requests: Counter<"kind" | "side" | "code">;
  readonly hangUps: Counter<"reason">;
  readonly peers: Gauge<never>;
}

export function telemetryOf(metrics: Metrics): Telemetry {
  return {
    messages: metrics.counter("p2p_messages_total", "Messages judged, by topic and verdict", ["topic", "verdict"]),
    refused: metrics.counter("p2p_refused_total", "Messages turned away before anyone judged them", ["topic", "reason"]),
    published: metrics.counter("p2p_published_total", "Own messages: sent, waiting for somebody to hear, or dropped unheard", [
      "topic",
      "result",
    ]),
    requests: metrics.counter("p2p_requests_total", "Requests to and of peers, by outcome", ["kind", "side", "code"]),
    hangUps: metrics.counter("p2p_hang_ups_total", "Connections that we ended: deaf to gossip, or of a banned peer", ["reason"]),
    peers: metrics.gauge("p2p_peers", "Peers that can hear us", []),
  };
}
