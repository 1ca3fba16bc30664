import type { Faults } from "../seeded-network.ts";
import type { SimulatedHome } from "../street/home.ts";
import type { SimulatedStreet } from "../street/street.ts";
import type { Fault, Scenario } from "./scenario.ts";

/** What the wires do once a scenario is over: no more than wires do. */
const CALM: Faults = { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } };

type Lasting = Extract<Fault, { readonly until: number }>;
type Wires = Extract<Fault, { readonly kind: "weather" | "partition" | "deaf" }>;

/** Lets a scenario's faults happen in a street; tells of each as it begins and ends. Returns what lets it be calm from then on. */
export function applyFaults(street: SimulatedStreet, scenario: Scenario, tell: (what: string) => void): () => void {
  const wires = new Set<Wires>();
  const weigh = (): void => layWires(street, scenario, [...wires]);
  weigh();
  for (const fault of scenario.faults) {
    street.clock.after(fault.at, () => begin(fault));
    if ("until" in fault) street.clock.after(fault.until, () => end(fault));
  }
  function begin(fault: Fault): void {
    if (fault.kind === "crash") {
      crash(street, fault, tell);
      return;
    }
    tell(describeFault(fault));
    if (fault.kind === "clock") street.homes[fault.home]!.clock.set(fault.byMs);
    else if (fault.kind === "chain-away") hideChain(street, fault, true);
    else {
      wires.add(fault);
      weigh();
    }
  }
  function end(fault: Lasting): void {
    tell(`ends: ${describeFault(fault)}`);
    if (fault.kind === "clock") street.homes[fault.home]!.clock.set(-fault.byMs);
    else if (fault.kind === "chain-away") hideChain(street, fault, false);
    else {
      wires.delete(fault);
      weigh();
    }
  }
  return () => {
    for (const home of street.homes) home.spare();
    street.network.faults = CALM;
  };
}

/** When the last fault of a scenario is over, but for homes that lose power later, and its last change is on the chain; real ms. */
export const lastFault = ({ faults, changes = [] }: Scenario): number =>
  [...faults, ...changes].reduce(
    (last, one) => Math.max(last, "until" in one ? one.until : "downMs" in one ? one.at + one.downMs : one.at),
    0,
  );

function hideChain({ chain, homes: all }: SimulatedStreet, { homes }: Extract<Fault, { kind: "chain-away" }>, isAway: boolean): void {
  if (homes === undefined) chain.isAway = isAway;
  for (const index of homes ?? []) {
    if (isAway) chain.hiddenFrom.add(all[index]!.name);
    else chain.hiddenFrom.delete(all[index]!.name);
  }
}

function layWires({ network, homes, observer }: SimulatedStreet, { ambient }: Scenario, wires: readonly Wires[]): void {
  const names = (indices: readonly number[]): readonly string[] => indices.map((index) => homes[index]!.name);
  network.heal();
  network.faults = ambient;
  for (const fault of wires) {
    if (fault.kind === "weather") network.faults = fault.faults;
    // The observer hangs on the first part: it only listens.
    else if (fault.kind === "partition")
      network.partition(...fault.groups.map((group, place) => (place === 0 ? [...names(group), observer.name] : names(group))));
    else network.deafen(names(fault.from), names(fault.to));
  }
}

function crash(street: SimulatedStreet, fault: Extract<Fault, { kind: "crash" }>, tell: (what: string) => void): void {
  const home: SimulatedHome = street.homes[fault.home]!;
  if (!home.isUp) return;
  tell(describeFault(fault));
  home.crashAt(fault.step, () => void street.clock.after(fault.downMs, () => void home.start()));
}

const parts = (indices: readonly number[]): string => indices.join(" ");

/** One line for people. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case "weather": {
      const { loss, duplication, delayMs } = fault.faults;
      return `weather: ${percent(loss)} lost, ${percent(duplication)} twice, ${delayMs.least} to ${delayMs.most} ms late`;
    }
    case "partition":
      return `partition: ${fault.groups.map(parts).join(" | ")}`;
    case "deaf":
      return `deaf: ${parts(fault.to)} hear nothing of ${parts(fault.from)}`;
    case "crash":
      return `crash: home-${fault.home} ${fault.step === "now" ? "loses power" : `will lose power once ${fault.step}`}, for ${fault.downMs} ms`;
    case "clock":
      return `clock: home-${fault.home} set by ${fault.byMs / 1_000} s`;
    case "chain-away":
      return `chain away${fault.homes === undefined ? "" : ` for ${parts(fault.homes)}`}`;
  }
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
