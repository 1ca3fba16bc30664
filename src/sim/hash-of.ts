/** Of longer bytes so many are looked at, evenly spread. */
const LOOKED_AT = 256;

/** A whole number for bytes, the same for the same bytes; different ones may share it. For tables, not for safety. */
export function hashOf(bytes: Uint8Array): number {
  let [high, low] = [bytes.length, 0x41c6_ce57];
  const step = Math.ceil(bytes.length / LOOKED_AT);
  for (let i = 0; i < bytes.length; i += step) {
    high = Math.imul(high ^ bytes[i]!, 2_654_435_761);
    low = Math.imul(low ^ high, 1_597_334_677);
  }
  return (high >>> 0) * 2 ** 20 + ((low >>> 0) & 0xf_ffff);
}
