import { dumpOf } from "../../../adapters/modbus/index.ts";
import { systemClock } from "../../../adapters/system/index.ts";
import { cannotStart } from "../exit.ts";
import { writeCapture } from "../sunspec/dump.ts";
import type { DeviceCommand } from "./command.ts";
import { identify, openHost } from "./read.ts";

/** Writes the registers of a profile's blocks as a capture: a file for tests to play that device with. */
export async function runNativeDump(command: DeviceCommand): Promise<number> {
  const opened = await openHost(command);
  try {
    await identify(opened);
    const { profile, source } = opened;
    const unit = command.unit ?? profile.link.units.inverter ?? 1;
    const dump = await dumpOf(profile, source, unit);
    if (!dump.ok) throw cannotStart(dump.code, dump.detail, "try another unit id with --unit N, or a longer --timeout SECONDS");
    const { blocks, masked } = dump.value;
    const capture = {
      device: { vendor: profile.vendors[0], model: profile.name, protocol: `profile ${profile.id}` },
      realism: "real device dump (commonwatt device dump)",
      capturedOrPublished: new Date(systemClock().now()).toISOString(),
      unitId: unit,
      blocks,
      expected: null,
      masked,
    };
    await writeCapture(command.out, capture);
    const count = blocks.reduce((sum, { registers }) => sum + registers.filter((word) => word !== null).length, 0);
    process.stderr.write(
      `${count} registers${command.out === null ? "" : ` to ${command.out}`}; masked: ${masked.join(", ") || "nothing"}. Look through it before you give it away\n`,
    );
    return 0;
  } finally {
    opened.close();
  }
}
