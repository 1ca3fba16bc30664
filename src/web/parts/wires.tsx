import type { HomeView } from "../../api/state.ts";
import { energy } from "../lib/format.ts";
import { type Place, type StreetLayout, thickness, trunkOf } from "../lib/layout.ts";
import { texts } from "../texts/index.ts";
import { SETBACK } from "./house.tsx";
import type { Flow } from "./street.tsx";

/** Half the distance between the two lines of a street: neighbours above, utility below. */
const LANE = 7;

type Flows = ReadonlyMap<number, Flow>;

/** Two lines along each street, one among neighbours, one to the utility's transformer, and from each home a wire to both. */
export function Wires({ layout, homes, flows, width }: { layout: StreetLayout; homes: readonly HomeView[]; flows: Flows; width: number }) {
  const all = [...flows.values()];
  const most = Math.max(1, ...all.flatMap((flow) => [flow.boughtWh, flow.soldWh, flow.utilityImportWh, flow.utilityExportWh]));
  const left = trunkOf(width) - 22;
  return (
    <g class="wires">
      <Lanes layout={layout} left={left} />
      {homes.map((home, i) => {
        const place = layout.places[i];
        const flow = flows.get(home.home);
        return place === undefined ? null : <Drops key={home.home} place={place} flow={flow} most={most} />;
      })}
      <Transformer layout={layout} left={left} flows={all} wide={width >= 560} />
    </g>
  );
}

function Lanes({ layout, left }: { layout: StreetLayout; left: number }) {
  const first = layout.streets[0]?.y ?? 0;
  const last = layout.streets.at(-1)?.y ?? 0;
  return (
    <>
      {layout.streets.map(({ y, until }) => (
        <g key={y}>
          <path class="road" d={`M${left - 8} ${y}H${until + 8}`} />
          <path class="lane neighbours" d={`M${left + 10} ${y - LANE}H${until}`} />
          <path class="lane utility" d={`M${left} ${y + LANE}H${until}`} />
        </g>
      ))}
      {last > first ? (
        <>
          <path class="lane neighbours" d={`M${left + 10} ${first - LANE}V${last - LANE}`} />
          <path class="lane utility" d={`M${left} ${first + LANE}V${last + LANE}`} />
        </>
      ) : null}
    </>
  );
}

function Drops({ place, flow, most }: { place: Place; flow: Flow | undefined; most: number }) {
  return (
    <>
      <Drop place={place} line="neighbours" toHome={flow?.boughtWh ?? 0} fromHome={flow?.soldWh ?? 0} most={most} />
      <Drop place={place} line="utility" toHome={flow?.utilityImportWh ?? 0} fromHome={flow?.utilityExportWh ?? 0} most={most} />
    </>
  );
}

// The larger of the two directions is drawn; a home hardly ever has both in one interval, and the details tell both.
function Drop(props: { place: Place; line: "neighbours" | "utility"; toHome: number; fromHome: number; most: number }) {
  const { place, line, toHome, fromHome } = props;
  const x = place.x + (line === "neighbours" ? -9 : 9);
  const laneY = place.y + (line === "neighbours" ? -LANE : LANE);
  const homeY = place.above ? place.y - SETBACK : place.y + SETBACK + 12;
  const size = thickness(Math.max(toHome, fromHome), props.most);
  if (size === 0) return <path class={`drop ${line} idle`} d={`M${x} ${laneY}V${homeY}`} />;
  const path = toHome >= fromHome ? `M${x} ${laneY}V${homeY}` : `M${x} ${homeY}V${laneY}`;
  return (
    <g class={`drop ${line}`} data-flow={line}>
      <path class="drop-body" d={path} stroke-width={size} />
      <path class="drop-pulse" d={path} stroke-width={Math.max(1.5, size * 0.45)} />
      <circle class="joint" cx={x} cy={laneY} r={Math.max(3, size * 0.62)} />
    </g>
  );
}

function Transformer({ layout, left, flows, wide }: { layout: StreetLayout; left: number; flows: readonly Flow[]; wide: boolean }) {
  const y = layout.streets[0]?.y ?? 0;
  const words = texts.street;
  const sum = (key: "utilityImportWh" | "utilityExportWh" | "boughtWh") => flows.reduce((total, flow) => total + flow[key], 0);
  return (
    <g class="transformer">
      <path class="lane utility" d={`M${left} ${y + LANE}V${y + 44}`} />
      <g transform={`translate(${left} ${y + 60})`}>
        <circle class="coil" r="11" cy="-6" />
        <circle class="coil" r="11" cy="8" />
      </g>
      <text class="place utility" x={left} y={y + 98}>
        {words.utility}
      </text>
      {flows.length === 0 ? null : (
        <>
          <text class="figure utility" x={left} y={y + 114}>
            {words.fromUtility(energy(sum("utilityImportWh")))}
          </text>
          <text class="figure utility" x={left} y={y + 129}>
            {words.toUtility(energy(sum("utilityExportWh")))}
          </text>
        </>
      )}
      <text class="place neighbours" x={left} y={y - 40}>
        {words.pool}
      </text>
      {flows.length === 0 ? null : (
        <text class="figure neighbours" x={left} y={y - 24}>
          {energy(sum("boughtWh"))}
        </text>
      )}
      {wide ? <title>{words.transformer}</title> : null}
    </g>
  );
}
