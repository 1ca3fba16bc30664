import type { SettlementView } from "../../api/state.ts";
import { energy } from "../lib/format.ts";
import { texts } from "../texts/index.ts";

/** Whether the books of the interval balance. The page adds up for itself as well: a badge that only repeats a claim proves nothing. */
export function Conservation({ settlement }: { settlement: SettlementView }) {
  const { energyInWh, energyOutWh, moneyInNano, moneyOutNano, holds } = settlement.conservation;
  const words = texts.conservation;
  const wrong = [
    energyInWh === energyOutWh ? null : words.energyFails(energy(energyInWh), energy(energyOutWh)),
    moneyInNano === moneyOutNano ? null : words.moneyFails,
  ].filter((each) => each !== null);
  const fine = holds && wrong.length === 0 && tradesBalance(settlement);
  return (
    <p
      class={fine ? "check holds" : "check fails"}
      title={words.title}
      data-conservation={fine ? "holds" : "fails"}
      role={fine ? undefined : "alert"}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {fine ? <path d="m3 8.5 3.2 3.2L13 5" /> : <path d="M8 2.5v6.5M8 12v1.5" />}
      </svg>
      {fine ? words.holds : wrong.length > 0 ? wrong.join(" ") : words.fails}
    </p>
  );
}

const tradesBalance = ({ flows, surplus }: SettlementView): boolean =>
  flows.reduce((sum, flow) => sum + flow.boughtWh - flow.soldWh, surplus.lostWh) === 0;
