import type { HomeView } from "../../api/state.ts";
import { shorten } from "../lib/format.ts";
import { HOUSE, type Place, SETBACK, type StreetLayout } from "../lib/layout.ts";
import type { HomeLabel } from "./label.ts";

/** One home: panels on the roof, battery at the wall, its name and what it traded. */
export function House(props: {
  home: HomeView;
  label: HomeLabel;
  place: Place;
  layout: StreetLayout;
  active: boolean;
  onLook: () => void;
}) {
  const { home, label, place } = props;
  const { cell, zoom } = props.layout;
  const missing = !home.online || home.data === "no-data";
  const top = place.above ? place.y - (SETBACK + HOUSE) * zoom : place.y + SETBACK * zoom;
  const nameY = place.above ? top - 23 : top + HOUSE * zoom + 18;
  const reach = Math.min(cell - 2, 112 * zoom);
  const classes = ["house", missing ? "missing" : "", home.online ? "" : "offline", props.active ? "active" : ""].join(" ");
  return (
    <g class={classes} data-home={home.home} onPointerEnter={props.onLook} onPointerDown={props.onLook}>
      <rect class="reach" x={place.x - reach / 2} y={place.above ? top - 40 : top - 14} width={reach} height={HOUSE * zoom + 54} rx="12" />
      <g transform={`translate(${place.x - 30 * zoom} ${top}) scale(${zoom})`}>
        <path class="wall" d="M9 25h42v27a2 2 0 0 1-2 2H11a2 2 0 0 1-2-2z" />
        <path class="roof" d="M2.5 26.5 30 3l27.5 23.5z" />
        {home.solar === true ? <Panels /> : null}
        {missing ? (
          <text class="question" x="30" y="46">
            ?
          </text>
        ) : (
          <Windows />
        )}
        {home.battery === true ? <Battery charge={home.batteryPercent} keep={home.keepForBackupPercent} /> : null}
      </g>
      <text class="name" x={place.x} y={nameY}>
        {shorten(home.name, Math.floor(cell / 8.6))}
      </text>
      <text class={`what ${label.kind}`} x={place.x} y={nameY + 15}>
        {shorten(label.text, Math.floor(cell / 6.4))}
      </text>
    </g>
  );
}

const Windows = () => (
  <>
    <rect class="window" x="15" y="32" width="9" height="9" rx="1.5" />
    <path class="door" d="M28 54V36.5a1.5 1.5 0 0 1 1.5-1.5h7a1.5 1.5 0 0 1 1.5 1.5V54z" />
  </>
);

const Panels = () => (
  <g class="panels">
    <path d="m28.5 7.5 5.5-.3 17 14.6-8 .4z" />
    <path class="panel-lines" d="m33 11.2 5.6-.2M37 15l6-.2M40.6 18.7l6.2-.3M31.4 7.3l15.7 14.8" />
  </g>
);

/** The hatched foot is what the home keeps for backup: it is never sold. */
function Battery({ charge, keep }: { charge: number | null; keep: number | null }) {
  const full = 21;
  const level = charge === null ? 0 : (full * charge) / 100;
  const kept = keep === null ? 0 : (full * keep) / 100;
  return (
    <g class="battery" transform="translate(43.5 28)">
      <rect class="battery-case" x="-1.5" y="-1.5" width="14" height="24.5" rx="3" />
      <rect class="battery-cap" x="3" y="-4.5" width="5" height="3.5" rx="1" />
      <rect class="battery-level" x="0.5" y={full - level} width="10" height={level} rx="1.5" />
      {kept > 0 ? <path class="battery-kept" d={hatch(full - kept, full)} /> : null}
    </g>
  );
}

function hatch(from: number, to: number): string {
  const lines = Array.from({ length: Math.max(1, Math.floor((to - from) / 3)) }, (_, i) => `M0.5 ${(to - i * 3).toFixed(1)}l10-3`);
  return lines.join("");
}
