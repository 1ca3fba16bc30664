import { join } from "node:path";

/** Where a street keeps what in its data folder. */
export const layoutOf = (data: string) => ({
  data,
  /** What the street is: homes, chain, where it began. Written once it stands. */
  street: join(data, "street.json"),
  /** Where its time stood when it was stopped. */
  clock: join(data, "clock.json"),
  card: join(data, "card.json"),
  password: join(data, "password"),
  /** With it another home may join. */
  invitation: join(data, "invitation"),
  chain: join(data, "chain.json"),
  operatorKey: join(data, "operator", "operator.json"),
  operator: join(data, "operator"),
  devices: join(data, "devices.json"),
  devicesState: join(data, "devices-state.json"),
  home: (name: string) => join(data, "homes", name),
  homeConfig: (name: string) => join(data, "homes", name, "home.yaml"),
  host: (index: number) => join(data, "hosts", `${index}.json`),
  log: (name: string) => join(data, "log", `${name}.log`),
});

export type Layout = ReturnType<typeof layoutOf>;
