import { ok, type Result } from "../kernel/index.ts";
import { type Commands, commandsOf } from "./commands.ts";
import { type Indicating, indicatingOf } from "./indicate.ts";
import { laddersOf } from "./ladders.ts";
import { type ArenaRefusal, type ArenaSize, type Layout, openLayout, RESTING } from "./layout.ts";
import { matchingOf } from "./match.ts";
import { occupiedOf } from "./occupied.ts";
import { amendOf, cancelOf, type Operations, submitOf } from "./operations.ts";
import { type Phases, phasesOf } from "./phases.ts";
import { type Report, reporterOf } from "./report.ts";
import { slotsOf } from "./slots.ts";
import { type State, stateOf } from "./state.ts";
import { type Views, viewsOf } from "./views.ts";

/**
 * Order books, one for each delivery interval, in one piece of memory that the arena never grows. Its functions take and return
 * integers and allocate nothing, but for views, state and indications. They are closed over typed arrays that are constants to the
 * compiler as long as the process opens one arena; with more they still are right, and slower.
 */
export interface Arena extends Operations, Phases, Commands, Indicating, Views, State {
  readonly size: ArenaSize;
  readonly report: Report;
  /** How many orders rest, over all books. */
  readonly restingCount: () => number;
}

export function openArena(size: ArenaSize): Result<Arena, ArenaRefusal> {
  const layout = openLayout(size);
  return layout.ok ? ok(arenaOf(layout.value)) : layout;
}

function arenaOf(layout: Layout): Arena {
  const { report } = layout;
  const reporter = reporterOf(report);
  const occupied = occupiedOf(layout);
  const ladders = laddersOf(layout, occupied);
  const slots = slotsOf(layout);
  const matching = matchingOf(layout, reporter, occupied, ladders, slots);
  const operations: Operations = {
    submit: submitOf(layout, reporter, ladders, slots, matching),
    amend: amendOf(layout, reporter, ladders, slots, matching),
    cancel: cancelOf(layout, ladders, slots),
  };
  const phases = phasesOf(layout, ladders, slots);
  const views = viewsOf(layout, occupied);
  return {
    size: layout.size,
    report,
    restingCount: () => layout.counts[RESTING]!,
    ...operations,
    ...phases,
    ...commandsOf(operations, phases),
    ...indicatingOf(layout, occupied),
    ...views,
    ...stateOf(layout, ladders, views),
  };
}
