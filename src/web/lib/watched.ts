import type { HomeView, MeterView, StreetState } from "../../api/state.ts";

/** A home's clock is told from here on, real ms: as much as the street's own watch warns of. */
const WARN_MS = 250;

export interface Watched {
  /** Of the last interval, once for each home. */
  readonly withheld: readonly { readonly name: string; readonly many: number }[];
  readonly paused: readonly HomeView[];
  /** Homes with something wrong about a meter. */
  readonly meters: readonly { readonly name: string; readonly home: number; readonly alarms: MeterView["alarms"] }[];
  readonly clocks: readonly { readonly name: string; readonly aheadMs: number }[];
  /** This machine's clock, if it is off. */
  readonly own: { readonly aheadMs: number; readonly peers: number; readonly status: "warn" | "bad" } | null;
  readonly changes: readonly { readonly kind: "joining" | "leaving" | "newKeys"; readonly names: readonly string[] }[];
}

/** What of the state is worth a look. */
export function watchedOf({ homes, clearing, watch }: StreetState): Watched {
  const orders = new Map<string, number>();
  for (const { name } of clearing?.withheld ?? []) orders.set(name, (orders.get(name) ?? 0) + 1);
  const { offsetMs, peers, status } = watch.clock;
  const kinds = ["joining", "leaving", "newKeys"] as const;
  return {
    withheld: [...orders].map(([name, many]) => ({ name, many })),
    paused: homes.filter(({ paused }) => paused !== null),
    meters: homes.flatMap(({ name, home, meter }) =>
      meter === null || meter.alarms.length === 0 ? [] : [{ name, home, alarms: meter.alarms }],
    ),
    clocks: homes.flatMap(({ name, clockOffsetMs }) =>
      clockOffsetMs === null || Math.abs(clockOffsetMs) <= WARN_MS ? [] : [{ name, aheadMs: clockOffsetMs }],
    ),
    // The others are ahead by the offset, so this clock is behind by it.
    own: status === "ok" || offsetMs === null ? null : { aheadMs: -offsetMs, peers, status },
    changes: kinds.flatMap((kind) => {
      const names = watch.membership?.[kind] ?? [];
      return names.length === 0 ? [] : [{ kind, names }];
    }),
  };
}
