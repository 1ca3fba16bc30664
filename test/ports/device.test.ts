import { BATTERY, simulatedHome } from "../support/simulated-home.ts";
import { deviceContract } from "./device.contract.ts";

deviceContract("SunSpec over Modbus TCP, against our simulator", async () => {
  const home = await simulatedHome({ energyAt: () => ({ loadWh: 100, pvWh: 500 }), battery: BATTERY });
  return {
    device: home.device,
    pass: home.pass,
    setTrouble: (trouble) => home.simulator.setFault("home", trouble === "nonsense" ? "garbage" : trouble),
    close: home.close,
  };
});
