import type { StreetState } from "../../api/state.ts";
import { useActive, useWidth } from "../hooks.ts";
import { fineMoney, span } from "../lib/format.ts";
import { isWide, type StreetLayout, streetLayout } from "../lib/layout.ts";
import { texts } from "../texts/index.ts";
import { Card } from "./card.tsx";
import { Conservation } from "./conservation.tsx";
import { HomeDetails } from "./home-details.tsx";
import { House } from "./house.tsx";
import { labelOf } from "./label.ts";
import { Sums, Wires } from "./wires.tsx";

/** The street as a picture: who got energy from whom in the last settled interval. */
export function Street({ state }: { state: StreetState }) {
  const { street, settlement, homes } = state;
  const sub =
    settlement === null ? texts.street.none : texts.street.when(...span(settlement.interval, street.intervalMinutes, street.timeZone));
  const [ref, width] = useWidth();
  return (
    <Card id="street" title={texts.street.title} sub={sub} aside={settlement === null ? null : <Conservation settlement={settlement} />}>
      <div class="picture" ref={ref}>
        {width === 0 ? null : <Picture state={state} layout={streetLayout(homes.length, width)} width={width} />}
      </div>
      <Key />
      <Fund state={state} />
    </Card>
  );
}

function Picture({ state, layout, width }: { state: StreetState; layout: StreetLayout; width: number }) {
  const { homes, settlement } = state;
  const { active, set, onKeyDown } = useActive(homes.length);
  const flows = new Map(settlement?.flows.map((flow) => [flow.home, flow]));
  const looked = active === null ? undefined : homes[active];
  return (
    <>
      {isWide(width) || settlement === null ? null : <Sums flows={settlement.flows} />}
      <svg
        class="street-picture"
        width={width}
        height={layout.height}
        role="application"
        aria-roledescription="picture"
        aria-label={texts.street.label(homes.length)}
        aria-describedby="street-details"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk along the street
        tabIndex={0}
        onKeyDown={onKeyDown}
        onBlur={() => set(null)}
        onPointerLeave={(event) => event.pointerType === "mouse" && set(null)}
      >
        <Wires layout={layout} homes={homes} flows={flows} width={width} />
        {homes.map((home, i) => {
          const place = layout.places[i];
          if (place === undefined) return null;
          const flow = flows.get(home.home);
          return (
            <House
              key={home.home}
              home={home}
              label={labelOf(home, flow)}
              place={place}
              layout={layout}
              active={i === active}
              onLook={() => set(i)}
            />
          );
        })}
      </svg>
      <div id="street-details" class="details" aria-live="polite">
        {looked === undefined ? (
          <p class="hint">{texts.street.hint}</p>
        ) : (
          <HomeDetails home={looked} flow={flows.get(looked.home)} currency={state.street.currency} zone={state.street.timeZone} />
        )}
      </div>
    </>
  );
}

/** What the community has got so far; nothing where it gets nothing. */
function Fund({ state: { surplus, street } }: { state: StreetState }) {
  const { communityPercent, communityMicro } = surplus;
  if (communityPercent === 0) return null;
  return (
    <p class="soft fund" data-fund={communityMicro}>
      {texts.fund(fineMoney(communityMicro, street.currency), communityPercent)}
    </p>
  );
}

function Key() {
  const words = texts.street;
  return (
    <ul class="key">
      <li class="key-neighbours">{words.neighboursKey}</li>
      <li class="key-utility">{words.utilityKey}</li>
      <li class="key-solar">{words.solarKey}</li>
      <li class="key-battery">{words.batteryKey}</li>
      <li class="key-reserve">{words.reserveKey}</li>
      <li class="key-no-data">{words.noDataKey}</li>
      <li class="key-plain">{words.widthKey}</li>
    </ul>
  );
}
