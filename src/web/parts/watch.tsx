import type { ConvictionView, StreetState, WrongSettlementView } from "../../api/state.ts";
import { dayOf, seconds, span, timeOf } from "../lib/format.ts";
import { watchedOf } from "../lib/watched.ts";
import { texts } from "../texts/index.ts";
import { Card } from "./card.tsx";
import { pauseText } from "./pause-text.ts";

/** What neighbours should know of one another; nothing when there is nothing. */
export function Watch({ state }: { state: StreetState }) {
  const { street, watch } = state;
  const words = texts.watch;
  const { withheld, paused, meters, clocks, own, changes } = watchedOf(state);
  const { convictions, wrongSettlements } = watch;
  const others = [wrongSettlements, convictions, withheld, paused, meters, clocks, changes];
  if (others.every(({ length }) => length === 0) && own === null) return null;
  const zone = street.timeZone;
  const edge = watch.membership?.nextEdge ?? "";
  const when = changes.length === 0 ? "" : words.edge(dayOf(edge, zone), ...span(edge, street.intervalMinutes, zone));
  return (
    <Card id="watch" title={words.title} sub={words.sub}>
      <ul class="watch">
        {wrongSettlements.map((each) => (
          <WrongSettlement key={`${each.from} ${each.seenAt}`} settlement={each} zone={zone} />
        ))}
        {convictions.map((each) => (
          <Conviction key={each.home} conviction={each} state={state} />
        ))}
        {withheld.map(({ name, many }) => (
          <li key={`withheld ${name}`}>{words.withheld(name, many)}</li>
        ))}
        {paused.map(({ name, home, paused: why }) => (
          <li key={`paused ${home}`} data-paused={home}>
            {why === null ? null : pauseText(name, why, zone)}
          </li>
        ))}
        {meters.flatMap(({ name, home, alarms }) =>
          alarms.map((alarm) => (
            <li key={`${alarm} ${home}`} data-meter={alarm}>
              {words.meter[alarm](name)}
            </li>
          )),
        )}
        {own === null ? null : <li class={own.status}>{words.ownClock(seconds(Math.abs(own.aheadMs)), own.aheadMs > 0, own.peers)}</li>}
        {clocks.map(({ name, aheadMs }) => (
          <li key={`clock ${name}`}>{words.homeClock(name, seconds(Math.abs(aheadMs)), aheadMs > 0)}</li>
        ))}
        {changes.map(({ kind, names }) => (
          <li key={kind} class="plain">
            {words[kind](names.join(", "), when)}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function WrongSettlement({ settlement, zone }: { settlement: WrongSettlementView; zone: string }) {
  const { from, until, fault, state } = settlement;
  const words = texts.watch;
  return (
    <li class="bad" data-settlement={state}>
      <strong>{words.settlement[state](timeOf(from, zone), timeOf(until, zone))}</strong> {words.fault[fault ?? "none"]}
    </li>
  );
}

function Conviction({ conviction, state: { street } }: { conviction: ConvictionView; state: StreetState }) {
  const { home, name, kind, interval, heardAt, proofs } = conviction;
  const words = texts.watch;
  return (
    <li class="bad" data-conviction={home}>
      <strong>{words.signed(name, words.told[kind], ...span(interval, street.intervalMinutes, street.timeZone))}</strong>{" "}
      {heardAt === null ? words.earlier : words.heard(timeOf(heardAt, street.timeZone))} {words.proofs(proofs)}{" "}
      <a href="/api/evidence">{words.all}</a>
    </li>
  );
}
