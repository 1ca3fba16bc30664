import { startModbusServer } from "../../adapters/modbus/server.ts";

/** As many devices as the first argument says, each on a port of its own, until the parent goes. Sends the ports. */
const homes = Number(process.argv[2]);
const words = Uint16Array.from({ length: 125 }, (_, i) => i);
const unit = { read: (_address: number, count: number) => words.subarray(0, count), write: () => null };
const servers = await Promise.all(Array.from({ length: homes }, () => startModbusServer({ host: "127.0.0.1", port: 0, unit: () => unit })));
process.on("disconnect", () => process.exit());
process.send?.(servers.map(({ port }) => port));
