import { address, type Digest, equal, fromHex, period, toHex } from "../kernel/index.ts";
import { type Body, open } from "./body.ts";
import { Writer } from "./protobuf.ts";
import type { SignedWithdrawNow, WithdrawNow } from "./types.ts";

/** The longest one is half as long. */
export const MAX_WITHDRAW_NOW_BYTES = 256;

const ADDRESS_BYTES = 20;

export const encodeWithdrawNow = ({ body, signature }: SignedWithdrawNow): Uint8Array =>
  new Writer()
    .uint(1, body.home)
    .bytes(2, fromHex(body.to))
    .uint(3, body.ticks)
    .uint(4, body.nonce)
    .uint(5, body.period)
    .uint(6, body.deadline)
    .bytes(7, signature)
    .finish();

/** Foreign bytes as an owner's wish; null when they are none, or not in its one encoding. Whether the owner signed it is another question. */
export function decodeWithdrawNow(bytes: Uint8Array, digestOf: (wish: WithdrawNow) => Digest): SignedWithdrawNow | null {
  if (bytes.length > MAX_WITHDRAW_NOW_BYTES) return null;
  const wish = open(bytes, (fields) => {
    const body = wishIn(fields);
    return { body, id: digestOf(body), signature: fields.signature(7) };
  });
  return wish !== null && equal(encodeWithdrawNow(wish), bytes) ? wish : null;
}

const wishIn = (fields: Body): WithdrawNow => ({
  home: fields.home(1),
  to: address(toHex(fields.sized(2, ADDRESS_BYTES))),
  ticks: fields.uint(3),
  nonce: fields.uint(4),
  period: fields.checked(5, period.is),
  deadline: fields.uint(6),
});
