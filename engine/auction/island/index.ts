export { clearIsland, islanded } from "./clear-island.ts";
export type {
  ClassService,
  Fairness,
  IslandClearing,
  IslandOrders,
  IslandOutcome,
  IslandRefusal,
  IslandRules,
  IslandTrouble,
  PriorityClass,
} from "./types.ts";
