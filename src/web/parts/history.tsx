import type { PricePoint, StreetFacts, StreetState } from "../../api/state.ts";
import { useActive, useWidth } from "../hooks.ts";
import { dayOf, energy, minuteOf, price, priceNumber, span, timeOf } from "../lib/format.ts";
import { runPath, runsOf } from "../lib/history.ts";
import { around, type Scale, scale, ticks } from "../lib/scale.ts";
import { texts } from "../texts/index.ts";
import { Card } from "./card.tsx";

const HEIGHT = 396;
const EDGE = { left: 46, right: 14, top: 16, bottom: 92 };
const BARS = { top: HEIGHT - 70, floor: HEIGHT - 28 };

/** What neighbours paid, between the utility's two prices; broken where nothing traded. */
export function History({ state, look }: { state: StreetState; look: (start: string) => void }) {
  const [ref, width] = useWidth();
  return (
    <Card id="history" title={texts.history.title} sub={texts.history.sub}>
      {state.prices.length === 0 ? <p class="empty">{texts.history.empty}</p> : null}
      <div class="chart" ref={ref}>
        {width === 0 || state.prices.length === 0 ? null : (
          <HistoryChart prices={state.prices} street={state.street} width={width} look={look} />
        )}
      </div>
    </Card>
  );
}

function HistoryChart(props: { prices: readonly PricePoint[]; street: StreetFacts; width: number; look: (start: string) => void }) {
  const { prices, street, width } = props;
  const { active, set, onKeyDown } = useActive(prices.length);
  const intervalMs = street.intervalMinutes * 60_000;
  const frame = frameOf(prices, street, width);
  const chosen = active === null ? undefined : prices[active];
  const point = (event: PointerEvent & { readonly currentTarget: SVGSVGElement }) => {
    const at = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const distance = (each: PricePoint) => Math.abs(frame.x(Date.parse(each.interval) + intervalMs / 2) - at);
    set(prices.reduce((best, each, i) => (distance(each) < distance(prices[best] ?? each) ? i : best), 0));
  };
  return (
    <>
      <svg
        class="history"
        width={width}
        height={HEIGHT}
        role="application"
        aria-roledescription="chart"
        aria-label={texts.history.label(summaryOf(prices, street.currency))}
        aria-describedby="history-details"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys go from interval to interval
        tabIndex={0}
        onKeyDown={(event) => (event.key === "Enter" && chosen !== undefined ? props.look(chosen.interval) : onKeyDown(event))}
        onBlur={() => set(null)}
        onPointerMove={point}
        onPointerLeave={(event) => event.pointerType === "mouse" && set(null)}
        onClick={() => chosen !== undefined && props.look(chosen.interval)}
      >
        <Axes frame={frame} prices={prices} street={street} />
        <Guides frame={frame} street={street} />
        <Volumes frame={frame} prices={prices} intervalMs={intervalMs} />
        {runsOf(prices, intervalMs).map((run) => (
          <path key={run[0]?.at} class="price-line" d={runPath(run, intervalMs, frame.x, frame.y)} />
        ))}
        {chosen === undefined ? null : <Chosen point={chosen} frame={frame} intervalMs={intervalMs} />}
      </svg>
      <ul class="key">
        <li class="key-volume">{texts.history.volumeKey}</li>
        <li class="key-gap">{texts.history.noTradeKey}</li>
        {prices.some(({ kind }) => kind === "void") ? <li class="key-late">{texts.history.lateKey}</li> : null}
      </ul>
      <div id="history-details" class="details" aria-live="polite">
        {chosen === undefined ? <p class="hint">{texts.history.hint}</p> : <Details point={chosen} street={street} />}
      </div>
    </>
  );
}

interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
  readonly prices: readonly [number, number];
  readonly times: readonly [number, number];
}

function frameOf(points: readonly PricePoint[], street: StreetFacts, width: number): Frame {
  const known = points.flatMap(({ priceMicro }) => (priceMicro === null ? [] : [priceMicro]));
  const prices = around([...known, street.importPriceMicro, street.exportPriceMicro], 0.1);
  const first = Date.parse(points[0]?.interval ?? street.now);
  const last = Date.parse(points.at(-1)?.interval ?? street.now) + street.intervalMinutes * 60_000;
  const times: [number, number] = [first, last];
  return { prices, times, width, x: scale(times, [EDGE.left, width - EDGE.right]), y: scale(prices, [HEIGHT - EDGE.bottom, EDGE.top]) };
}

function summaryOf(points: readonly PricePoint[], currency: string): string {
  const known = points.flatMap(({ priceMicro }) => (priceMicro === null ? [] : [priceMicro]));
  const [low, high] = known.length === 0 ? ["–", "–"] : [price(Math.min(...known), currency), price(Math.max(...known), currency)];
  return texts.history.summary(points.length, low, high, points.length - known.length);
}

function Axes({ frame, prices: points, street }: { frame: Frame; prices: readonly PricePoint[]; street: StreetFacts }) {
  const { x, y, prices, times, width } = frame;
  const perUnit = 1_000_000 / priceNumber(1_000_000, street.currency);
  return (
    <g class="axes">
      {ticks([prices[0] / perUnit, prices[1] / perUnit], 4).map((value) => (
        <g key={value}>
          <path class="grid" d={`M${EDGE.left} ${y(value * perUnit)}H${width - EDGE.right}`} />
          <text class="tick end" x={EDGE.left - 8} y={y(value * perUnit) + 4}>
            {value}
          </text>
        </g>
      ))}
      {labels(points, times, street.timeZone, width < 420 ? 4 : 8).map((at) => (
        <text key={at} class="tick middle" x={x(at)} y={HEIGHT - 10}>
          {minuteOf(at, street.timeZone) === 0 ? dayOf(at, street.timeZone).split(/[ ,]/)[0] : timeOf(at, street.timeZone)}
        </text>
      ))}
      <path class="floor" d={`M${EDGE.left} ${BARS.floor}H${width - EDGE.right}`} />
    </g>
  );
}

/** Round times on the street's own clock, at most about `many`, so that the labels stay apart. */
function labels(points: readonly PricePoint[], [from, until]: readonly [number, number], zone: string, many: number): number[] {
  const step = [15, 30, 60, 120, 180, 360, 720].find((minutes) => (until - from) / (minutes * 60_000) <= many) ?? 1440;
  return points.map(({ interval }) => Date.parse(interval)).filter((at) => minuteOf(at, zone) % step === 0);
}

function Guides({ frame, street }: { frame: Frame; street: StreetFacts }) {
  const { y, width } = frame;
  const words = texts.history;
  const line = (micro: number, text: string, below: boolean) => (
    <g class="utility-line" key={text}>
      <path d={`M${EDGE.left} ${y(micro)}H${width - EDGE.right}`} />
      <text x={EDGE.left + 6} y={y(micro) + (below ? 15 : -6)}>
        {text}
      </text>
    </g>
  );
  return (
    <>
      {line(street.importPriceMicro, words.import(price(street.importPriceMicro, street.currency)), true)}
      {line(street.exportPriceMicro, words.export(price(street.exportPriceMicro, street.currency)), false)}
    </>
  );
}

function Volumes({ frame, prices, intervalMs }: { frame: Frame; prices: readonly PricePoint[]; intervalMs: number }) {
  const most = Math.max(1, ...prices.map(({ volumeWh }) => volumeWh));
  return (
    <g class="volumes">
      {prices.map(({ interval, kind, priceMicro, volumeWh }) => {
        const at = Date.parse(interval);
        const [from, to] = [frame.x(at), frame.x(at + intervalMs)];
        if (priceMicro === null)
          return (
            <circle
              key={interval}
              class={kind === "void" ? "gap late" : "gap"}
              cx={(from + to) / 2}
              cy={BARS.floor - 4}
              r={Math.min(2.2, (to - from) / 2.6)}
            />
          );
        const height = (volumeWh / most) * (BARS.floor - BARS.top);
        return (
          <rect key={interval} class="bar" x={from + 0.3} y={BARS.floor - height} width={Math.max(0.8, to - from - 0.6)} height={height} />
        );
      })}
    </g>
  );
}

function Chosen({ point, frame, intervalMs }: { point: PricePoint; frame: Frame; intervalMs: number }) {
  const at = Date.parse(point.interval);
  const x = frame.x(at + intervalMs / 2);
  return (
    <g class="chosen">
      <path d={`M${x} ${EDGE.top}V${BARS.floor}`} />
      {point.priceMicro === null ? null : <circle cx={x} cy={frame.y(point.priceMicro)} r="5" />}
    </g>
  );
}

function Details({ point, street }: { point: PricePoint; street: StreetFacts }) {
  const words = texts.history;
  const [from, until] = span(point.interval, street.intervalMinutes, street.timeZone);
  const what =
    point.priceMicro === null
      ? (point.kind === "void" ? words.late : words.gap)(from, until)
      : words.point(from, until, price(point.priceMicro, street.currency), energy(point.volumeWh));
  return (
    <>
      <p class="details-title">
        <strong>{what}</strong>
      </p>
      <p>{words.look}</p>
    </>
  );
}
