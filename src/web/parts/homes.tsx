import { useState } from "preact/hooks";
import type { HomeView, StreetState } from "../../api/state.ts";
import { energy, money } from "../lib/format.ts";
import { texts } from "../texts/index.ts";
import { Card } from "./card.tsx";

const SHOWN = 16;

/** Every home in a row: is it there, what did it trade, what did that bring. */
export function Homes({ state: { homes, street } }: { state: StreetState }) {
  const { columns, sub, none } = texts.homes;
  const [all, setAll] = useState(false);
  const shown = all || homes.length <= SHOWN ? homes : homes.slice(0, SHOWN - 4);
  const online = homes.filter((home) => home.online).length;
  return (
    <Card id="homes" title={texts.homes.title} sub={homes.length === 0 ? none : sub(online, homes.length)}>
      <table class="homes">
        <thead>
          <tr>
            <th scope="col">{columns.home}</th>
            <th scope="col">{columns.status}</th>
            <th scope="col" class="number">
              {columns.bought}
            </th>
            <th scope="col" class="number">
              {columns.sold}
            </th>
            <th scope="col" class="number">
              {columns.reading}
            </th>
            <th scope="col" class="number">
              {columns.saved}
            </th>
            <th scope="col" class="number">
              {columns.balance}
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((home) => (
            <Row key={home.home} home={home} currency={street.currency} begun={street.intervalsCertified > 0} />
          ))}
        </tbody>
      </table>
      {homes.length <= SHOWN ? null : (
        <button type="button" class="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? texts.homes.fewer : texts.homes.all(homes.length)}
        </button>
      )}
    </Card>
  );
}

function Row({ home, currency, begun }: { home: HomeView; currency: string; begun: boolean }) {
  const { columns, inAll } = texts.homes;
  return (
    <tr data-home-row={home.home}>
      <th scope="row">
        <span class="home-name">{home.name}</span>
        <Marks home={home} />
      </th>
      <td data-label={columns.status}>
        <Status home={home} />
      </td>
      <td class="number" data-label={columns.bought}>
        <Twice now={energy(home.boughtWh)} all={inAll(energy(home.boughtTotalWh))} />
      </td>
      <td class="number" data-label={columns.sold}>
        <Twice now={energy(home.soldWh)} all={inAll(energy(home.soldTotalWh))} />
      </td>
      <td class="number" data-label={columns.reading}>
        <Reading reading={home.reading} begun={begun} />
      </td>
      <td class="number" data-label={columns.saved}>
        {money(home.savedMicro, currency)}
      </td>
      <td class="number" data-label={columns.balance}>
        <span class={home.balanceMicro > 0 ? "earned" : "even"}>{money(home.balanceMicro, currency, "always")}</span>
      </td>
    </tr>
  );
}

const Twice = ({ now, all }: { now: string; all: string }) => (
  <span class="twice">
    <span>{now}</span>
    <small>{all}</small>
  </span>
);

/** A home without a reading is unknown: never 0. */
function Reading({ reading, begun }: { reading: HomeView["reading"]; begun: boolean }) {
  if (reading === null && !begun) return <span class="soft">{texts.homes.notYet}</span>;
  if (reading === null) return <span class="unknown">{texts.homes.unknown}</span>;
  return (
    <span class="twice">
      <span>{texts.homes.imports(energy(reading.importWh))}</span>
      <small>{texts.homes.exports(energy(reading.exportWh))}</small>
    </span>
  );
}

function Status({ home }: { home: HomeView }) {
  if (!home.online) return <span class="tag missing">{texts.homes.offline}</span>;
  if (home.data === "no-data") return <span class="tag missing">{texts.homes.noData}</span>;
  if (home.paused !== null) return <span class="tag missing">{texts.homes.paused}</span>;
  return <span class="tag fine">{texts.homes.online}</span>;
}

function Marks({ home }: { home: HomeView }) {
  return (
    <span class="marks">
      {home.solar === true ? (
        <svg class="mark-solar" viewBox="0 0 16 16" role="img" aria-label={texts.homes.solar}>
          <path d="M3 4h10l2 9H1z" />
          <path class="line" d="M8 4v9M2.2 8.5h11.6" />
        </svg>
      ) : null}
      {home.battery === true ? (
        <svg class="mark-battery" viewBox="0 0 16 16" role="img" aria-label={texts.homes.battery}>
          <rect x="4" y="3.5" width="8" height="11" rx="1.5" />
          <rect x="6.5" y="1.5" width="3" height="2.5" rx=".5" />
        </svg>
      ) : null}
    </span>
  );
}
