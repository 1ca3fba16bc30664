import type { ClearingView } from "../../api/state.ts";
import { energy, price } from "../lib/format.ts";
import { texts } from "../texts/index.ts";

/** The curves in words and numbers, for those who can't or don't want to see them. */
export function OrderTable({ clearing, currency }: { clearing: ClearingView; currency: string }) {
  const { columns, sides } = texts.curves;
  return (
    <details class="more-table">
      <summary>{texts.curves.table}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table must be scrollable by keyboard */}
      <section class="scroll" aria-label={texts.curves.table} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{columns.home}</th>
              <th scope="col">{columns.side}</th>
              <th scope="col" class="number">
                {columns.limit}
              </th>
              <th scope="col" class="number">
                {columns.energy}
              </th>
              <th scope="col" class="number">
                {columns.filled}
              </th>
              <th scope="col">{columns.reason}</th>
            </tr>
          </thead>
          <tbody>
            {clearing.orders.map((order, i) => (
              <tr key={`${order.side}${i}`}>
                <th scope="row">{order.name}</th>
                <td>{sides[order.side]}</td>
                <td class="number">{price(order.limitMicro, currency)}</td>
                <td class="number">{energy(order.energyWh)}</td>
                <td class="number">{energy(order.filledWh)}</td>
                <td class="reason">{order.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
