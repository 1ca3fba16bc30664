/** A home battery as bought: what it holds, how fast, what comes back, and what stays for backup. */
export interface BatteryModel {
  readonly capacityWh: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  /** There and back. */
  readonly efficiencyPercent: number;
  /** Kept for backup. */
  readonly reservePercent: number;
}

/** For measured homes on request: the model parameters of the CityLearn 2022 data set (6.4 kWh, 5 kW, 0.9), which are no measurements. */
export const MEASURED_HOME_BATTERY: BatteryModel = {
  capacityWh: 6_400,
  maxChargeW: 5_000,
  maxDischargeW: 5_000,
  efficiencyPercent: 90,
  reservePercent: 20,
};
