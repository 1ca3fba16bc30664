import type { HomeView, MeterView } from "../../api/state.ts";
import { energy, money } from "../lib/format.ts";
import { texts } from "../texts/index.ts";
import type { Flow } from "./label.ts";
import { pauseText } from "./pause-text.ts";

/** What one home did in the last settled interval. */
export function HomeDetails(props: { home: HomeView; flow: Flow | undefined; currency: string; zone: string }) {
  const { home, flow, currency, zone } = props;
  const words = texts.street.details;
  return (
    <>
      <p class="details-title">
        <strong>{home.name}</strong>
        {home.online ? null : <span class="tag missing">{texts.street.offline}</span>}
        {home.data === "no-data" ? <span class="tag missing">{texts.street.noData}</span> : null}
        {home.paused === null ? null : <span class="tag missing">{texts.street.paused}</span>}
        {flow?.quality === "estimated" ? <span class="tag">{words.estimated}</span> : null}
      </p>
      {home.paused === null ? null : <p class="details-why">{pauseText(home.name, home.paused, zone)}</p>}
      {home.debtMicro === null || home.debtMicro === 0 ? null : (
        <p class="details-why">{words.debt(home.name, money(home.debtMicro, currency))}</p>
      )}
      <dl>
        {flow === undefined ? null : <FlowFacts flow={flow} currency={currency} />}
        {home.batteryPercent === null ? null : <Pair name={words.battery} value={`${Math.round(home.batteryPercent)} %`} />}
        {home.keepForBackupPercent === null ? null : <Pair name={words.keep} value={`${Math.round(home.keepForBackupPercent)} %`} />}
        {home.creditMicro === null ? null : <Pair name={words.credit} value={money(home.creditMicro, currency)} />}
        {home.meter === null ? null : <Pair name={words.meter} value={meterText(home.meter)} />}
        <Pair name={words.saved} value={money(home.savedMicro, currency)} />
      </dl>
    </>
  );
}

/** Source, quality, trust class and age. */
function meterText({ source, quality, trust, ageSeconds }: MeterView): string {
  const words = texts.street.meter;
  return [words.source[source], words.quality[quality], words.trust(trust), words.age(ageSeconds)].join(", ");
}

function FlowFacts({ flow, currency }: { flow: Flow; currency: string }) {
  const words = texts.street.details;
  return (
    <>
      {flow.boughtWh > 0 ? <Pair name={words.bought} value={energy(flow.boughtWh)} /> : null}
      {flow.soldWh > 0 ? <Pair name={words.sold} value={energy(flow.soldWh)} /> : null}
      {flow.utilityImportWh > 0 ? <Pair name={words.import} value={energy(flow.utilityImportWh)} /> : null}
      {flow.utilityExportWh > 0 ? <Pair name={words.export} value={energy(flow.utilityExportWh)} /> : null}
      {flow.chargeMicro > 0 ? <Pair name={words.charge} value={money(flow.chargeMicro, currency)} /> : null}
    </>
  );
}

const Pair = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);
