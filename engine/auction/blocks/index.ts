export { clearWithBlocks } from "./clear-with-blocks.ts";
export type {
  AcceptedBlock,
  AcceptedLeg,
  BlockClearing,
  BlockLeg,
  BlockOptions,
  BlockOrder,
  BlockRefusal,
  BlockSearch,
  BlockTrouble,
  RefusedBlock,
} from "./types.ts";
export { valueAt } from "./value.ts";
