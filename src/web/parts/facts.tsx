import type { StreetState } from "../../api/state.ts";
import { useNow } from "../hooks.ts";
import { countdown, dayOf, energy, money, priceNumber, priceUnit, span, timeOf } from "../lib/format.ts";
import { streetNow, type TimeAnchor } from "../lib/street-time.ts";
import { texts } from "../texts/index.ts";

/** The five figures that a neighbour looks for first. */
export function Facts({ state, anchor, stoppedAt }: { state: StreetState; anchor: TimeAnchor; stoppedAt: number | null }) {
  const machineNow = useNow(stoppedAt === null, 250);
  const now = streetNow(anchor, stoppedAt ?? machineNow);
  const { street, clearing } = state;
  const zone = street.timeZone;
  const left = Date.parse(street.nextInterval.gate) - now;
  const saved = state.homes.reduce((sum, home) => sum + home.savedMicro, 0);
  const when = clearing === null ? texts.noInterval : texts.priceOf(...span(clearing.interval, street.intervalMinutes, zone));
  return (
    <dl class="facts" aria-label={texts.facts}>
      <Fact name={texts.streetTime} value={timeOf(now, zone)} unit={dayOf(now, zone)} more={texts.speed(street.speed)} id="time" />
      <Fact
        name={texts.gate}
        value={left <= 0 ? texts.gateNow : countdown(left)}
        more={(street.sealedOrders ? texts.gateSealed : texts.gateFor)(...span(street.nextInterval.start, street.intervalMinutes, zone))}
        id="gate"
      >
        <Progress left={left} of={street.intervalMinutes * 60_000} />
      </Fact>
      <Price state={state} more={when} />
      <Fact name={texts.traded} value={clearing === null ? "–" : energy(clearing.volumeWh)} more={texts.tradedWhy} id="traded" />
      <Fact
        name={saved < 0 ? texts.lostMoney : texts.saved}
        value={money(Math.abs(saved), street.currency)}
        more={texts.savedWhy(street.intervalsCertified)}
        id="saved"
      />
    </dl>
  );
}

function Price({ state: { clearing, street }, more }: { state: StreetState; more: string }) {
  if (clearing === null) return <Fact name={texts.price} value="–" more={more} id="price" />;
  if (clearing.priceMicro === null)
    return <Fact name={texts.price} value={clearing.kind === "void" ? texts.priceLate : texts.priceNone} more={more} id="price" />;
  const value = priceNumber(clearing.priceMicro, street.currency).toLocaleString("en", {
    minimumFractionDigits: 1,
    maximumFractionDigits: 3,
  });
  return <Fact name={texts.price} value={value} unit={texts.perKwh(priceUnit(street.currency))} more={more} id="price" />;
}

function Fact(props: { name: string; value: string; unit?: string; more: string; id: string; children?: preact.ComponentChildren }) {
  return (
    <div class={`fact fact-${props.id}`}>
      <dt>{props.name}</dt>
      <dd>
        <span class="value">
          {props.value}
          {props.unit === undefined ? null : <span class="unit"> {props.unit}</span>}
        </span>
        {props.children}
        <span class="more">{props.more}</span>
      </dd>
    </div>
  );
}

function Progress({ left, of }: { left: number; of: number }) {
  const share = Math.max(0, Math.min(1, 1 - left / of));
  return (
    <svg class="progress" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="progress-all" width="100" height="4" rx="2" />
      <rect class="progress-gone" width={share * 100} height="4" rx="2" />
    </svg>
  );
}
