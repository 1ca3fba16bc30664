import type { HomeView } from "../../api/state.ts";
import { energy } from "../lib/format.ts";
import { isWide, type Place, ROAD, SETBACK, type StreetLayout, thickness } from "../lib/layout.ts";
import { texts } from "../texts/index.ts";
import type { Flow } from "./label.ts";

/** Half the distance between the two lines of a street: neighbours above, utility below. */
const LANE = 7;
/** Where the utility's line comes down to the streets; the neighbours' own line runs beside it. */
const LEFT = 18;

type Flows = ReadonlyMap<number, Flow>;

/** Two lines along each street, one among neighbours, one to the utility's transformer, and from each home a wire to both. */
export function Wires({ layout, homes, flows, width }: { layout: StreetLayout; homes: readonly HomeView[]; flows: Flows; width: number }) {
  const all = [...flows.values()];
  const most = Math.max(1, ...all.flatMap((flow) => [flow.boughtWh, flow.soldWh, flow.utilityImportWh, flow.utilityExportWh]));
  return (
    <g class="wires">
      <Lanes layout={layout} />
      {homes.map((home, i) => {
        const place = layout.places[i];
        const flow = flows.get(home.home);
        return place === undefined ? null : <Drops key={home.home} place={place} zoom={layout.zoom} flow={flow} most={most} />;
      })}
      <Transformer layout={layout} flows={all} wide={isWide(width)} />
    </g>
  );
}

function Lanes({ layout }: { layout: StreetLayout }) {
  const first = layout.streets[0]?.y ?? 0;
  const last = layout.streets.at(-1)?.y ?? 0;
  return (
    <>
      {layout.streets.map(({ y, until }) => (
        <g key={y}>
          <path class="road" d={`M${ROAD} ${y}H${until}`} />
          <path class="lane neighbours" d={`M${LEFT + 14} ${y - LANE}H${until - 4}`} />
          <path class="lane utility" d={`M${LEFT} ${y + LANE}H${until - 4}`} />
        </g>
      ))}
      {last > first ? (
        <>
          <path class="lane neighbours" d={`M${LEFT + 14} ${first - LANE}V${last - LANE}`} />
          <path class="lane utility" d={`M${LEFT} ${first + LANE}V${last + LANE}`} />
        </>
      ) : null}
    </>
  );
}

function Drops({ place, zoom, flow, most }: { place: Place; zoom: number; flow: Flow | undefined; most: number }) {
  return (
    <>
      <Drop place={place} zoom={zoom} line="neighbours" toHome={flow?.boughtWh ?? 0} fromHome={flow?.soldWh ?? 0} most={most} />
      <Drop
        place={place}
        zoom={zoom}
        line="utility"
        toHome={flow?.utilityImportWh ?? 0}
        fromHome={flow?.utilityExportWh ?? 0}
        most={most}
      />
    </>
  );
}

// The larger of the two directions is drawn; a home hardly ever has both in one interval, and the details tell both.
function Drop(props: { place: Place; zoom: number; line: "neighbours" | "utility"; toHome: number; fromHome: number; most: number }) {
  const { place, zoom, line, toHome, fromHome } = props;
  const x = place.x + (line === "neighbours" ? -9 : 9) * zoom;
  const laneY = place.y + (line === "neighbours" ? -LANE : LANE);
  // Above it ends at the ground; below it enters under the slope of the roof, which covers its end.
  const homeY = place.above ? place.y - SETBACK * zoom : place.y + (SETBACK + 14) * zoom;
  const size = thickness(Math.max(toHome, fromHome), props.most);
  if (size === 0) return <path class={`drop ${line} idle`} d={`M${x} ${laneY}V${homeY}`} />;
  const path = toHome >= fromHome ? `M${x} ${laneY}V${homeY}` : `M${x} ${homeY}V${laneY}`;
  return (
    <g class={`drop ${line}`} data-flow={line}>
      <path class="drop-body" d={path} stroke-width={size} />
      <path class="drop-pulse" d={path} stroke-width={Math.max(1.5, size * 0.45)} />
      <circle class="joint" cx={x} cy={laneY} r="4.5" />
    </g>
  );
}

function Transformer({ layout, flows, wide }: { layout: StreetLayout; flows: readonly Flow[]; wide: boolean }) {
  const y = layout.streets[0]?.y ?? 0;
  const words = texts.street;
  const sum = sumsOf(flows);
  return (
    <g class="transformer">
      <title>{words.transformer}</title>
      <path class="lane utility" d={`M${LEFT} 46V${y + LANE}`} />
      <circle class="coil" r="11" cx={LEFT} cy={15} />
      <circle class="coil" r="11" cx={LEFT} cy={29} />
      {wide ? (
        <>
          <text class="place utility" x={LEFT + 22} y={14}>
            {words.utility}
          </text>
          <text class="figure utility" x={LEFT + 22} y={30}>
            {flows.length === 0 ? "" : words.fromUtility(sum.imported)}
          </text>
          <text class="figure utility" x={LEFT + 22} y={45}>
            {flows.length === 0 ? "" : words.toUtility(sum.exported)}
          </text>
          <text class="place neighbours" x={LEFT + 14} y={y - LANE - 25}>
            {words.pool}
          </text>
          <text class="figure neighbours" x={LEFT + 14} y={y - LANE - 10}>
            {flows.length === 0 ? "" : sum.traded}
          </text>
        </>
      ) : null}
    </g>
  );
}

function sumsOf(flows: readonly Flow[]) {
  const sum = (key: "utilityImportWh" | "utilityExportWh" | "boughtWh") => energy(flows.reduce((total, flow) => total + flow[key], 0));
  return { imported: sum("utilityImportWh"), exported: sum("utilityExportWh"), traded: sum("boughtWh") };
}

/** The figures beside the transformer, as a line of text where the picture has no room for them. */
export function Sums({ flows }: { flows: readonly Flow[] }) {
  const words = texts.street;
  const sum = sumsOf(flows);
  return (
    <p class="sums">
      <span class="neighbours">
        {words.pool} <strong>{sum.traded}</strong>
      </span>
      <span class="utility">
        {words.utility} <strong>{words.fromUtility(sum.imported)}</strong>, <strong>{words.toUtility(sum.exported)}</strong>
      </span>
    </p>
  );
}
