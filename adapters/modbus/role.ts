/** 1.3.6.1.4.1.50316.802.1: MODBUS/TCP Security (2018), section 7.4. */
const ROLE = Buffer.from("2b0601040183890c862201", "hex");
const SEQUENCE = 0x30;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const OCTET_STRING = 0x04;
const EXTENSIONS = 0xa3;

interface Part {
  readonly tag: number;
  readonly body: Buffer;
}

/** The role that an X.509 certificate (DER) gives its holder; null: none, or nothing that can be read. */
export function roleOf(certificate: Buffer): string | null {
  const signed = inside(partsOf(certificate)[0])[0];
  const extensions = inside(inside(signed).find(({ tag }) => tag === EXTENSIONS))[0];
  for (const extension of inside(extensions)) {
    const [id, ...rest] = inside(extension);
    if (id?.tag !== OBJECT_ID || !id.body.equals(ROLE)) continue;
    const value = rest.at(-1);
    const [text] = value?.tag === OCTET_STRING ? partsOf(value.body) : [];
    return text?.tag === UTF8_STRING && text.body.length > 0 ? text.body.toString("utf8") : null;
  }
  return null;
}

const CONTAINERS: readonly number[] = [SEQUENCE, EXTENSIONS];

const inside = (part: Part | undefined): readonly Part[] => (part !== undefined && CONTAINERS.includes(part.tag) ? partsOf(part.body) : []);

/** One after the other, as DER has them; what is cut short ends the list. */
function partsOf(bytes: Buffer): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const first = bytes[at + 1] ?? 0;
    const more = first < 0x80 ? 0 : first & 0x7f;
    if (more > 3 || at + 2 + more > bytes.length) break;
    const start = at + 2 + more;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    if (start + length > bytes.length) break;
    parts.push({ tag: bytes[at] ?? 0, body: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return parts;
}
