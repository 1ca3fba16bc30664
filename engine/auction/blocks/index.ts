export { clearWithBlocks } from "./clear-with-blocks.ts";
export type {
  AcceptedBlock,
  AcceptedLeg,
  Block,
  BlockClearing,
  BlockLeg,
  BlockOptions,
  BlockRefusal,
  BlockSearch,
  BlockTrouble,
  RefusedBlock,
} from "./types.ts";
export { valueAt } from "./value.ts";
