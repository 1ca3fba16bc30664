import type { ClearingView, StreetState } from "../../api/state.ts";
import { energy, money, price } from "../lib/format.ts";
import { texts } from "../texts/index.ts";

/** What each wire carried and earned, and the prices at its ends; nothing where the street is one node. */
export function WireTable({ clearing, state }: { clearing: ClearingView; state: StreetState }) {
  const { title, columns, directions, none, full, inAll, inParts, accounts } = texts.curves.wires;
  const { currency } = state.street;
  const { account, balanceMicro, communityMicro, lostWh } = state.surplus;
  const isShared = account !== "community" && communityMicro > 0;
  const [all, rest, community] = [balanceMicro, balanceMicro - communityMicro, communityMicro].map((micro) => money(micro, currency));
  if (clearing.wires.length === 0) return null;
  const priceAt = new Map(clearing.nodes.map(({ name, priceMicro }) => [name, priceMicro]));
  return (
    <details class="more-table">
      <summary>{title}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table must be scrollable by keyboard */}
      <section class="scroll" aria-label={title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{columns.wire}</th>
              <th scope="col">{columns.direction}</th>
              {[columns.entered, columns.left, columns.capacity, columns.fees, columns.rent, columns.price].map((name) => (
                <th scope="col" class="number" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {clearing.wires.map((wire) => (
              <tr key={wire.name}>
                <th scope="row">{wire.name}</th>
                <td>{wire.full ? `${directions[wire.direction]}, ${full}` : directions[wire.direction]}</td>
                <td class="number">{energy(wire.enteredWh)}</td>
                <td class="number">{energy(wire.leftWh)}</td>
                <td class="number">{wire.capacityWh === null ? none : energy(wire.capacityWh)}</td>
                <td class="number">{money(wire.feesMicro, currency)}</td>
                <td class="number">{money(wire.rentMicro, currency)}</td>
                <td class="number">{priced(priceAt.get(wire.name) ?? null, currency, none)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="soft">
        {isShared ? inParts(rest!, accounts[account], community!, energy(lostWh)) : inAll(all!, accounts[account], energy(lostWh))}
      </p>
    </details>
  );
}

const priced = (micro: number | null, currency: string, none: string): string => (micro === null ? none : price(micro, currency));
