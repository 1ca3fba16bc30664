import type { BatteryPlate } from "../../ports/index.ts";

/**
 * For measured homes on request: the model parameters of the CityLearn 2022 data set (6.4 kWh, 5 kW, 0.9 there and back),
 * which are no measurements.
 */
export const MEASURED_HOME_BATTERY: BatteryPlate = {
  capacityWh: 6_400,
  maxChargeW: 5_000,
  maxDischargeW: 5_000,
  reservePercent: 20,
  // The square root of 0.9: half of the loss in each direction.
  efficiencyPermille: 949,
};
