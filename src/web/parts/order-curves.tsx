import type { ClearingView, StreetState } from "../../api/state.ts";
import { type Looked, useWidth } from "../hooks.ts";
import { energy, price, sentence, span } from "../lib/format.ts";
import { texts } from "../texts/index.ts";
import { Card } from "./card.tsx";
import { CurvesChart } from "./curves-chart.tsx";
import { OrderTable } from "./order-table.tsx";
import { WireTable } from "./wire-table.tsx";

/** How the price of an interval came about; or why there is none. */
export function OrderCurves({ state, looked, back }: { state: StreetState; looked: Looked | null; back: () => void }) {
  const { street } = state;
  const clearing = looked === null ? state.clearing : typeof looked.view === "string" ? null : looked.view.clearing;
  const start = looked?.start ?? clearing?.interval;
  const sub = start === undefined ? undefined : texts.curves.when(...span(start, street.intervalMinutes, street.timeZone));
  const button =
    looked === null ? null : (
      <button type="button" class="quiet" onClick={back}>
        {texts.curves.back}
      </button>
    );
  return (
    <Card id="curves" title={texts.curves.title} sub={sub} aside={button}>
      {clearing === null ? <Nothing looked={looked} /> : <Cleared clearing={clearing} state={state} />}
    </Card>
  );
}

function Nothing({ looked }: { looked: Looked | null }) {
  if (looked === null) {
    return (
      <div class="empty">
        <p class="empty-title">{texts.curves.empty}</p>
        <p>{texts.curves.emptyWhy}</p>
      </div>
    );
  }
  return (
    <div class="empty" role="status">
      <p>{looked.view === "loading" ? texts.curves.loading : texts.curves.missing}</p>
    </div>
  );
}

function Cleared({ clearing, state }: { clearing: ClearingView; state: StreetState }) {
  const [ref, width] = useWidth();
  return (
    <>
      {clearing.kind === "trade" ? <Result clearing={clearing} currency={state.street.currency} /> : <NoTrade clearing={clearing} />}
      <div class="chart" ref={ref}>
        {width === 0 || clearing.orders.length === 0 ? null : (
          <CurvesChart key={clearing.interval} clearing={clearing} street={state.street} width={width} />
        )}
      </div>
      {clearing.orders.length === 0 ? null : <OrderTable clearing={clearing} currency={state.street.currency} />}
      <WireTable clearing={clearing} state={state} />
    </>
  );
}

function Result({ clearing, currency }: { clearing: ClearingView; currency: string }) {
  const { priceMicro, priceRange, priceSetBy, unsoldWh, unboughtWh } = clearing;
  if (priceMicro === null) return null;
  const [low, high] = priceRange ?? [priceMicro, priceMicro];
  const words = texts.curves;
  const left = [unsoldWh > 0 ? words.unsold(energy(unsoldWh)) : null, unboughtWh > 0 ? words.unbought(energy(unboughtWh)) : null].filter(
    (each) => each !== null,
  );
  return (
    <div class="result">
      <p class="result-title">{words.crossing(price(priceMicro, currency), energy(clearing.volumeWh))}</p>
      <p>
        {priceSetBy === null ? null : `${sentence(priceSetBy)} `}
        {low < high ? words.range(price(low, currency), price(high, currency)) : words.rangeOne(price(low, currency))}
        {left.length === 0 ? null : ` ${left.join(", ")}.`}
      </p>
    </div>
  );
}

/** No trade is no price of 0: two shores without a bridge. */
function NoTrade({ clearing }: { clearing: ClearingView }) {
  return (
    <div class="no-trade" data-kind={clearing.kind}>
      <svg viewBox="0 0 88 44" aria-hidden="true">
        <path class="shore buy" d="M4 30h14v-6h14" />
        <path class="shore sell" d="M56 18h14v-6h14" />
        <path class="bridge" d="M36 24 52 18" />
      </svg>
      <div>
        <p class="result-title">{clearing.kind === "void" ? texts.tooLate.title : texts.noTrade.title}</p>
        <p>{sentence(clearing.noTradeReason ?? texts.noTrade.noOrders)}</p>
      </div>
    </div>
  );
}
