/** Names that sources use whatever the device, such as "batteryDischargeTotalKWh", and ours for them. The first that fits counts. */
const RULES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^battery(State|Soc|StateOfCharge)$/, "battery.soc"],
  [/^battery(Soh|Health)$/, "battery.soh"],
  [/^battery(DischargeTotal|DischargedTotal|DischargeEnergy|Discharged|Energy)$/, "battery.dischargedEnergy"],
  [/^battery(ChargeTotal|ChargedTotal|ChargeEnergy|Charged)$/, "battery.chargedEnergy"],
  [/^battery(Discharge|Discharged)(Today|Day|Daily)$/, "battery.dischargedEnergyToday"],
  [/^battery(Charge|Charged)(Today|Day|Daily)$/, "battery.chargedEnergyToday"],
  [/^battery(Capacity|RatedCapacity)$/, "battery.capacity"],
  [/^battery(Power|Voltage|Current|Temperature)$/, "battery.$1"],
  [/^(?:grid|meter)(Import|Imported)(Total|Energy|EnergyTotal)?$/, "grid.importEnergy"],
  [/^(?:grid|meter)(Export|Exported)(Total|Energy|EnergyTotal)?$/, "grid.exportEnergy"],
  [/^(?:grid|meter)(Power|Frequency)$/, "grid.$1"],
  [/^grid(Current|Power|Voltage)s?\.([012])$/, "grid.l$2.$1"],
  [/^grid(Current|Power|Voltage)L([123])$/, "grid.l$2.$1"],
  [/^(?:pv|solar)(Power|DcPower)$/, "pv.power"],
  [/^(?:pv|solar)(Energy|Total|EnergyTotal|YieldTotal|Yield)$/, "pv.energy"],
  [/^(?:pv|solar)(Today|EnergyToday|YieldToday)$/, "pv.energyToday"],
  [/^pv([1-9])(Power|Voltage|Current)$/, "pv.$1.$2"],
  [/^(?:load|house|home|consumption)(Power)?$/, "load.power"],
  [/^(?:inverter|ac)(Power|Temperature|Frequency)$/, "inverter.$1"],
];

const UNIT = /(kWh|KWh|MWh|Wh|kW|KW|W|Pct|Percent|A|V|Hz|C|Deg)(\.\d+)?$/;

/** null: none of them. Units stand behind the names, and phases count from 0 in lists. */
export function neutralName(key: string): string | null {
  const bare = key.replace(UNIT, "$2");
  for (const [pattern, name] of RULES) {
    const match = pattern.exec(bare);
    if (match !== null) return written(name, match);
  }
  return null;
}

/** "$1" is what the pattern found, in small letters; a phase that counts from 0 counts from 1 here. */
function written(name: string, match: RegExpExecArray): string {
  return name.replaceAll(/\$(\d)/g, (_, group: string) => {
    const found = match[Number(group)] ?? "";
    if (/^\d$/.test(found) && match[0].includes(`.${found}`)) return String(Number(found) + 1);
    return found.charAt(0).toLowerCase() + found.slice(1);
  });
}
