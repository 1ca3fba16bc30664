import { setTimeout as sleep } from "node:timers/promises";
import type { Door, PeerName } from "../../src/ports/index.ts";
import type { Bans } from "./bans.ts";
import type { GossipLimits } from "./limits.ts";

export interface DoorkeeperModules {
  readonly now: () => number;
  /** For whom the gater keeps the door closed for a while. */
  readonly strangers: Bans;
  readonly onMember: (peer: PeerName) => void;
  readonly onStranger: (peer: PeerName) => void;
}

/** Knows who is a member, and gives a stranger that connects a limited time to become one. */
export class Doorkeeper {
  private readonly meetings = new Map<PeerName, AbortController>();
  private readonly limits: GossipLimits["door"];
  private readonly modules: DoorkeeperModules;
  private door: Door | undefined;

  constructor(limits: GossipLimits["door"], modules: DoorkeeperModules) {
    this.limits = limits;
    this.modules = modules;
  }

  /** Until there is a door everybody is a member. */
  guard(door: Door): void {
    this.door = door;
  }

  isMember(peer: PeerName): boolean {
    return this.door?.isMember(peer) ?? true;
  }

  /** Neither a member nor on its way to become one. */
  isOut(peer: PeerName): boolean {
    return !this.isMember(peer) && !this.meetings.has(peer);
  }

  connected(peer: PeerName): void {
    if (!this.isOut(peer)) return;
    const end = new AbortController();
    this.meetings.set(peer, end);
    void this.meet(peer, end.signal).finally(() => this.meetings.delete(peer));
  }

  disconnected(peer: PeerName): void {
    this.meetings.get(peer)?.abort();
    this.meetings.delete(peer);
  }

  close(): void {
    for (const meeting of this.meetings.values()) meeting.abort();
    this.meetings.clear();
  }

  /** Again and again until its time is over: its registration may be on its way to us, or its program still starting. */
  private async meet(peer: PeerName, gone: AbortSignal): Promise<void> {
    const { probationMs, retryMs } = this.limits;
    const until = this.modules.now() + probationMs;
    while (this.modules.now() < until && !gone.aborted) {
      const left = AbortSignal.timeout(Math.ceil(Math.max(1, until - this.modules.now())));
      if (await this.ask(peer, AbortSignal.any([gone, left]))) {
        if (!gone.aborted) this.modules.onMember(peer);
        return;
      }
      await sleep(retryMs, undefined, { signal: gone, ref: false }).catch(() => undefined);
    }
    if (gone.aborted) return;
    this.modules.strangers.add(peer);
    this.modules.onStranger(peer);
  }

  private async ask(peer: PeerName, signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.door?.meet(peer, signal)) === true && this.isMember(peer);
    } catch {
      return false;
    }
  }
}
