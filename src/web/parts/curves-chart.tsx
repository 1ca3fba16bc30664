import type { ClearingView, StreetFacts } from "../../api/state.ts";
import { useActive } from "../hooks.ts";
import { nearest, type Step, stepPath, stepsOf, totalOf } from "../lib/curves.ts";
import { energy, price, priceNumber, priceUnit, sentence } from "../lib/format.ts";
import { around, type Scale, scale, ticks } from "../lib/scale.ts";
import { texts } from "../texts/index.ts";

const HEIGHT = 300;
const EDGE = { left: 46, right: 14, top: 16, bottom: 40 };

interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
  readonly energies: readonly [number, number];
  readonly prices: readonly [number, number];
}

/** Both sides as steps: buyers fall, sellers rise, and where they cross is the price. */
export function CurvesChart({ clearing, street, width }: { clearing: ClearingView; street: StreetFacts; width: number }) {
  const buys = stepsOf(clearing.orders, "buy");
  const sells = stepsOf(clearing.orders, "sell");
  const steps = [...buys, ...sells];
  const { active, set, onKeyDown } = useActive(steps.length);
  const frame = frameOf(clearing, street, width, Math.max(totalOf(buys), totalOf(sells)));
  const look = (event: PointerEvent & { readonly currentTarget: SVGSVGElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const found = nearest(
      steps,
      invert(event.clientX - box.left, frame.x, frame.energies),
      invert(event.clientY - box.top, frame.y, frame.prices),
    );
    set(found === undefined ? null : steps.indexOf(found));
  };
  const looked = active === null ? undefined : steps[active];
  return (
    <>
      <svg
        class="curves"
        width={width}
        height={HEIGHT}
        role="application"
        aria-roledescription="chart"
        aria-label={texts.curves.label(summaryOf(clearing, street.currency))}
        aria-describedby="curves-details"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys go from order to order
        tabIndex={0}
        onKeyDown={onKeyDown}
        onBlur={() => set(null)}
        onPointerMove={look}
        onPointerDown={look}
        onPointerLeave={(event) => event.pointerType === "mouse" && set(null)}
      >
        <Axes frame={frame} currency={street.currency} />
        <Ends buys={buys} sells={sells} frame={frame} />
        <path class="curve buy" d={stepPath(buys, frame.x, frame.y)} />
        <path class="curve sell" d={stepPath(sells, frame.x, frame.y)} />
        <Crossing clearing={clearing} frame={frame} currency={street.currency} />
        {looked === undefined ? null : <Marked step={looked} frame={frame} />}
      </svg>
      <ul class="key">
        <li class="key-buy">{texts.curves.buyers}</li>
        <li class="key-sell">{texts.curves.sellers}</li>
      </ul>
      <div id="curves-details" class="details" aria-live="polite">
        {looked === undefined ? <p class="hint">{texts.curves.hint}</p> : <OrderDetails step={looked} currency={street.currency} />}
      </div>
    </>
  );
}

const invert = (pixel: number, to: Scale, [a, b]: readonly [number, number]): number => a + ((pixel - to(a)) / (to(b) - to(a))) * (b - a);

function frameOf(clearing: ClearingView, street: StreetFacts, width: number, most: number): Frame {
  const limits = clearing.orders.map((order) => order.limitMicro);
  const prices = around([...limits, street.importPriceMicro, street.exportPriceMicro], 0.08);
  const energies: [number, number] = [0, most * 1.02];
  return {
    energies,
    prices,
    width,
    x: scale(energies, [EDGE.left, width - EDGE.right]),
    y: scale(prices, [HEIGHT - EDGE.bottom, EDGE.top]),
  };
}

function summaryOf(clearing: ClearingView, currency: string): string {
  if (clearing.priceMicro === null) return `${texts.noTrade.title}. ${sentence(clearing.noTradeReason ?? texts.noTrade.noOrders)}`;
  return `${texts.curves.crossing(price(clearing.priceMicro, currency), energy(clearing.volumeWh))}.`;
}

function Axes({ frame, currency }: { frame: Frame; currency: string }) {
  const { x, y, energies, prices, width } = frame;
  const kilo = energies[1] >= 2000;
  const floor = HEIGHT - EDGE.bottom;
  const unit = priceUnit(currency);
  const perUnit = 1_000_000 / priceNumber(1_000_000, currency);
  return (
    <g class="axes">
      {ticks([prices[0] / perUnit, prices[1] / perUnit], 5).map((value) => (
        <g key={value}>
          <path class="grid" d={`M${EDGE.left} ${y(value * perUnit)}H${width - EDGE.right}`} />
          <text class="tick end" x={EDGE.left - 8} y={y(value * perUnit) + 4}>
            {value}
          </text>
        </g>
      ))}
      {ticks(energies, width < 420 ? 3 : 6).map((wh) => (
        <text key={wh} class="tick middle" x={x(wh)} y={floor + 16}>
          {kilo ? wh / 1000 : wh}
        </text>
      ))}
      <path class="floor" d={`M${EDGE.left} ${floor}H${width - EDGE.right}`} />
      <text class="axis-name end" x={width - EDGE.right} y={HEIGHT - 6}>
        {texts.curves.energyAxis(kilo ? "kWh" : "Wh")}
      </text>
      <text class="axis-name" x={6} y={10}>
        {texts.curves.priceAxis(unit)}
      </text>
    </g>
  );
}

/** Beyond its last order a side wants nothing at any price: its curve falls to the floor or rises out of the picture. */
function Ends({ buys, sells, frame }: { buys: readonly Step[]; sells: readonly Step[]; frame: Frame }) {
  const [lastBuy, lastSell] = [buys.at(-1), sells.at(-1)];
  const end = ({ order, to }: Step, y: number) => `M${frame.x(to)} ${frame.y(order.limitMicro)}V${y}`;
  return (
    <>
      {lastBuy === undefined ? null : <path class="curve-end buy" d={end(lastBuy, HEIGHT - EDGE.bottom)} />}
      {lastSell === undefined ? null : <path class="curve-end sell" d={end(lastSell, EDGE.top)} />}
    </>
  );
}

function Crossing({ clearing, frame, currency }: { clearing: ClearingView; frame: Frame; currency: string }) {
  const { priceMicro, priceRange, volumeWh } = clearing;
  if (priceMicro === null) return null;
  const [x, y] = [frame.x(volumeWh), frame.y(priceMicro)];
  const right = x < frame.width - 120;
  return (
    <g class="crossing" data-crossing={`${volumeWh}@${priceMicro}`}>
      <path class="guide" d={`M${EDGE.left} ${y}H${x}V${HEIGHT - EDGE.bottom}`} />
      {priceRange !== null && priceRange[0] < priceRange[1] ? (
        <path class="range" data-range="" d={`M${x} ${frame.y(priceRange[0])}V${frame.y(priceRange[1])}`} />
      ) : null}
      <circle class="cross-halo" cx={x} cy={y} r="11" />
      <circle class="cross" cx={x} cy={y} r="5.5" />
      <text class={right ? "cross-label" : "cross-label end"} x={right ? x + 16 : x - 16} y={y - 12}>
        {price(priceMicro, currency)}
      </text>
    </g>
  );
}

function Marked({ step, frame }: { step: Step; frame: Frame }) {
  const y = frame.y(step.order.limitMicro);
  const until = frame.x(step.from + step.order.filledWh);
  return (
    <g class={`marked ${step.order.side}`}>
      <path class="marked-all" d={`M${frame.x(step.from)} ${y}H${frame.x(step.to)}`} />
      {step.order.filledWh > 0 ? <path class="marked-filled" d={`M${frame.x(step.from)} ${y}H${until}`} /> : null}
    </g>
  );
}

function OrderDetails({ step: { order }, currency }: { step: Step; currency: string }) {
  const words = texts.curves;
  const side = order.side === "buy" ? words.buy : words.sell;
  return (
    <>
      <p class="details-title">
        <span class={`swatch ${order.side}`} aria-hidden="true" />
        <strong>{words.order(order.name, side, energy(order.energyWh), price(order.limitMicro, currency))}</strong>
      </p>
      <p>
        {words.filled(energy(order.filledWh), energy(order.energyWh))}. {sentence(order.reason)}
      </p>
    </>
  );
}
