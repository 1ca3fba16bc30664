export { type AbiField, type AbiPart, abiArray, abiBytes, abiEncode, abiStatic, abiTuple, abiWords } from "./abi.ts";
export { AssertionError, assert, unreachable } from "./assert.ts";
export { type Address, address, compare, concat, type Digest, digest, equal, fromHex, putHex, toHex, utf8, ZERO_DIGEST } from "./bytes.ts";
export { keccak, keccakDigest } from "./keccak.ts";
export { leafHash, type MerkleTree, merkleProof, merkleTree, rootFrom } from "./merkle.ts";
export { fail, ok, type Result } from "./result.ts";
export {
  add,
  cost,
  type HomeId,
  homeId,
  type Interval,
  interval,
  type MicroPerKwh,
  max,
  microPerKwh,
  min,
  type Nano,
  nano,
  type Period,
  period,
  sub,
  sum,
  type Wh,
  wh,
} from "./units.ts";
