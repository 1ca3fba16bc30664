import { assert, compare, type Digest, type Interval, type Period } from "../../engine/kernel/index.ts";
import type { Store, VoteSlot } from "../ports/index.ts";

interface Kept<Key> {
  readonly key: Key;
  readonly bytes: Uint8Array;
}

/** What outlives a simulated home's process: hand the same disk to the next life's store. */
export interface MemoryDisk {
  readonly votes: Map<string, Kept<VoteSlot>>;
  readonly own: Map<string, Kept<{ readonly kind: string; readonly interval: Interval; readonly seq: number }>>;
  readonly blocks: Map<Interval, { readonly head: Digest; readonly bytes: Uint8Array }>;
  readonly evidence: Map<Digest, Uint8Array>;
  readonly members: Map<Digest, Uint8Array>;
  readonly periods: Map<Period, Uint8Array>;
  readonly meterLog: Uint8Array[];
  readonly meta: Map<string, string>;
  /** null: not known, as on a disk that was lost or put back from a copy. */
  signFrom: Interval | null;
  last: Interval | null;
}

/** No vote and nothing of its own is kept for an interval before `oldest`. */
interface Slots {
  oldest: number;
}

export const memoryDisk = (): MemoryDisk => ({
  votes: new Map(),
  own: new Map(),
  blocks: new Map(),
  evidence: new Map(),
  members: new Map(),
  periods: new Map(),
  meterLog: [],
  meta: new Map(),
  signFrom: 0 as Interval,
  last: null,
});

/** A disk as it was copied, put back in another's place: what was signed since is on neither. */
export const restoredDisk = (copied: MemoryDisk): MemoryDisk => ({ ...structuredClone(copied), signFrom: null });

/** The store of a simulated home: the rules of the real one, without a disk. */
export function memoryStore(disk: MemoryDisk = memoryDisk(), keepIntervals = 96): Store {
  let closed = false;
  const slots: Slots = { oldest: 0 };
  const onDisk = (): MemoryDisk => {
    assert(!closed, "the store is closed");
    return disk;
  };
  return {
    ...signedPart(onDisk, slots),
    saveBlock: (at, head, bytes) => {
      saveBlock(onDisk(), at, head, bytes);
      forgetBefore(disk, at - keepIntervals, slots);
    },
    blocks: (from, limit) =>
      [...onDisk().blocks]
        .filter(([at]) => at >= from)
        .sort(([a], [b]) => compare(a, b))
        .slice(0, limit)
        .map(([interval, { bytes }]) => ({ interval, bytes: bytes.slice() })),
    lastInterval: () => onDisk().last,
    saveMembers: (digest, bytes) => {
      keepFirst(onDisk().members, digest, bytes);
    },
    members: (digest) => onDisk().members.get(digest)?.slice() ?? null,
    savePeriod: (period, bytes) => {
      onDisk().periods.set(period, some(bytes).slice());
    },
    periods: () => [...onDisk().periods].sort(([a], [b]) => compare(a, b)).map(([period, bytes]) => ({ period, bytes: bytes.slice() })),
    appendMeterEntry: (seq, bytes) => {
      assert(seq === onDisk().meterLog.length, `the meter log has no gaps: ${seq} after ${disk.meterLog.length - 1}`);
      disk.meterLog.push(some(bytes).slice());
    },
    meterEntries: (from, limit) =>
      onDisk()
        .meterLog.slice(from, from + limit)
        .map((bytes, place) => ({ seq: from + place, bytes: bytes.slice() })),
    lastMeterEntry: () => (onDisk().meterLog.length === 0 ? null : disk.meterLog.length - 1),
    getMeta: (key) => onDisk().meta.get(key) ?? null,
    setMeta: (key, value) => {
      onDisk().meta.set(key, value);
    },
    close: () => {
      closed = true;
    },
  };
}

type SignedPart = Pick<
  Store,
  "saveVote" | "votes" | "saveOwn" | "own" | "maySignFrom" | "resumeSigning" | "declareNewest" | "saveEvidence" | "evidence"
>;

function signedPart(onDisk: () => MemoryDisk, slots: Slots): SignedPart {
  return {
    maySignFrom: () => onDisk().signFrom,
    resumeSigning: (from) => {
      onDisk().signFrom = Math.max(from, onDisk().signFrom ?? 0) as Interval;
    },
    declareNewest: (from) => {
      onDisk().signFrom = from;
    },
    saveVote: (slot, bytes) => {
      assertOpen(onDisk(), slot.interval);
      slots.oldest = Math.min(slots.oldest, slot.interval);
      return fill(onDisk().votes, `${slot.interval}/${slot.view}/${slot.kind}`, slot, bytes);
    },
    votes: (interval) =>
      [...onDisk().votes.values()]
        .filter(({ key }) => key.interval === interval)
        .sort((a, b) => compare(a.key.view, b.key.view) || compare(a.key.kind, b.key.kind))
        .map(({ key, bytes }) => ({ slot: { interval, view: key.view, kind: key.kind }, bytes: bytes.slice() })),
    saveOwn: (kind, interval, seq, bytes) => {
      assertOpen(onDisk(), interval);
      slots.oldest = Math.min(slots.oldest, interval);
      return fill(onDisk().own, `${interval}/${kind}/${seq}`, { kind, interval, seq }, bytes);
    },
    own: (kind, interval) =>
      [...onDisk().own.values()]
        .filter(({ key }) => key.kind === kind && key.interval === interval)
        .sort((a, b) => compare(a.key.seq, b.key.seq))
        .map(({ bytes }) => bytes.slice()),
    saveEvidence: (id, bytes) => keepFirst(onDisk().evidence, id, bytes),
    evidence: () => [...onDisk().evidence].map(([id, bytes]) => ({ id, bytes: bytes.slice() })),
  };
}

/** true when nothing was there. */
function keepFirst(kept: Map<Digest, Uint8Array>, id: Digest, bytes: Uint8Array): boolean {
  const isNew = !kept.has(id);
  if (isNew) kept.set(id, some(bytes).slice());
  return isNew;
}

function fill<Key>(slots: Map<string, Kept<Key>>, name: string, key: Key, bytes: Uint8Array): Uint8Array {
  const kept = slots.get(name) ?? { key, bytes: some(bytes).slice() };
  slots.set(name, kept);
  return kept.bytes.slice();
}

function saveBlock(disk: MemoryDisk, at: Interval, head: Digest, bytes: Uint8Array): void {
  if (at === disk.last) {
    assert(disk.blocks.get(at)!.head === head, `interval ${at} has two certified results`);
    return;
  }
  assert(disk.last === null || at === disk.last + 1, `blocks come without gaps: ${at} after ${disk.last}`);
  disk.blocks.set(at, { head, bytes: some(bytes).slice() });
  disk.last = at;
}

function forgetBefore(disk: MemoryDisk, from: number, slots: Slots): void {
  if (from <= 0) return;
  if (disk.signFrom !== null) disk.signFrom = Math.max(from, disk.signFrom) as Interval;
  if (from <= slots.oldest) return;
  slots.oldest = Number.POSITIVE_INFINITY;
  for (const kept of [disk.votes, disk.own]) {
    for (const [name, { key }] of kept) {
      if (key.interval < from) kept.delete(name);
      else slots.oldest = Math.min(slots.oldest, key.interval);
    }
  }
}

function assertOpen({ signFrom }: MemoryDisk, at: Interval): void {
  assert(signFrom !== null, "nothing is signed before it is known from where on nothing was");
  assert(at >= signFrom, `nothing is signed for interval ${at}: it was decided long ago`);
}

function some(bytes: Uint8Array): Uint8Array {
  assert(bytes.length > 0, "what is kept has bytes");
  return bytes;
}
