import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Ask, checkFrame } from "../../../adapters/modbus/frame.ts";

const READ: Ask = { kind: "read", unit: 7, address: 100, count: 2 };
const WRITE: Ask = { kind: "write", unit: 7, address: 100, values: [1, 2] };
const INPUT: Ask = { kind: "read-input", unit: 7, address: 100, count: 2 };
const SINGLE: Ask = { kind: "write-single", unit: 7, address: 100, value: 0xfffe };
const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

describe("one answer to one request, number 5", () => {
  test.each<[string, Ask, string]>([
    ["0005 0000 0007 07 03 04 0001 0002", READ, "whole"],
    ["0005 0000 0003 07 83 02", READ, "whole"],
    ["0005 0000 0006 07 10 0064 0002", WRITE, "whole"],
    ["0005 0000 0003 07 90 04", WRITE, "whole"],
    ["0005 0000 0007 07 04 04 0001 0002", INPUT, "whole"],
    ["0005 0000 0003 07 84 02", INPUT, "whole"],
    ["0005 0000 0006 07 06 0064 fffe", SINGLE, "whole"],
    ["0005 0000 0003 07 86 04", SINGLE, "whole"],
    ["", READ, "partial"],
    ["00", READ, "partial"],
    ["0005 0000 0007 07", READ, "partial"],
    ["0005 0000 0007 07 03 04 0001 00", READ, "partial"],
    ["0004", READ, "bad"],
    ["0005 0001", READ, "bad"],
    ["0005 0000 0002", READ, "bad"],
    ["0005 0000 00ff", READ, "bad"],
    ["0005 0000 0007 08", READ, "bad"],
    // A count of bytes that lies, too low and too high; too little and too much.
    ["0005 0000 0007 07 03 02 0001 0002", READ, "bad"],
    ["0005 0000 0007 07 03 06 0001 0002", READ, "bad"],
    ["0005 0000 0005 07 03 04 0001", READ, "bad"],
    ["0005 0000 0009 07 03 04 0001 0002 0003", READ, "bad"],
    ["0005 0000 0007 07 03 04 0001 0002 00", READ, "bad"],
    ["0005 0000 0007 07 04 04 0001 0002", READ, "bad"],
    ["0005 0000 0004 07 83 02 00", READ, "bad"],
    ["0005 0000 0003 07 90 02", READ, "bad"],
    ["0005 0000 0006 07 10 0065 0002", WRITE, "bad"],
    ["0005 0000 0006 07 10 0064 0001", WRITE, "bad"],
    ["0005 0000 0004 07 10 0064", WRITE, "bad"],
    ["0005 0000 0007 07 03 04 0001 0002", WRITE, "bad"],
    ["0005 0000 0007 07 03 04 0001 0002", INPUT, "bad"],
    ["0005 0000 0007 07 04 02 0001 0002", INPUT, "bad"],
    ["0005 0000 0006 07 06 0064 fffd", SINGLE, "bad"],
    ["0005 0000 0006 07 06 0065 fffe", SINGLE, "bad"],
    ["0005 0000 0006 07 10 0064 fffe", SINGLE, "bad"],
    ["0005 0000 0003 07 83 02", SINGLE, "bad"],
  ])("%s", (bytes, ask, kind) => {
    expect(checkFrame(hex(bytes), ask, 5).kind).toBe(kind);
  });

  test("a bad beginning never becomes good, and a good one is partial to its last byte", () => {
    const good = hex("0005 0000 0007 07 03 04 0001 0002");
    for (let i = 0; i < good.length; i += 1) expect(checkFrame(good.subarray(0, i), READ, 5).kind).toBe("partial");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (head, tail) => {
        const first = checkFrame(Buffer.from(head), READ, 5);
        const both = checkFrame(Buffer.concat([head, tail]), READ, 5);
        if (first.kind === "bad") expect(both.kind).toBe("bad");
        if (first.kind === "whole" && tail.length > 0) expect(both.kind).toBe("bad");
      }),
      { numRuns: 2_000 },
    );
  });
});
