/** CRC-16/ARC (x^16 + x^15 + x^2 + 1, least significant bit first, from 0) as P1 telegrams end with, over "/" to "!". */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}
