import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

/** Debian's own Python, which is the one that sees Debian's pymodbus. */
const PYTHON = "/usr/bin/python3";

const works = existsSync(PYTHON) && spawnSync(PYTHON, ["-c", "import pymodbus.server, pymodbus.client"]).status === 0;

/** Why the tests against an independent Modbus can't run here; null when they can. */
export const pymodbusMissing = works ? null : "python3-pymodbus is absent: no independent Modbus is checked";

const CLIENT = `
import json, sys
from pymodbus.client import ModbusTcpClient
client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]), timeout=3)
assert client.connect()
answers = []
for step in json.loads(sys.argv[2]):
    if step["do"] == "read":
        answer = client.read_holding_registers(step["address"], step["count"], slave=step["unit"])
    elif step["do"] == "write-one":
        answer = client.write_register(step["address"], step["values"][0], slave=step["unit"])
    else:
        answer = client.write_registers(step["address"], step["values"], slave=step["unit"])
    answers.append({"exception": answer.exception_code} if answer.isError() else getattr(answer, "registers", []))
client.close()
print(json.dumps(answers))
`;

const SERVER = `
import asyncio, json, sys
from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server.async_io import ModbusTcpServer

async def main():
    block = lambda words: ModbusSparseDataBlock({int(a): w for a, w in words.items()})
    holding, inputs = json.loads(sys.argv[1]), json.loads(sys.argv[2])
    units = {int(unit): ModbusSlaveContext(hr=block(words), ir=block(inputs.get(unit, {0: 0})), zero_mode=True)
             for unit, words in holding.items()}
    server = ModbusTcpServer(ModbusServerContext(slaves=units, single=False), address=("127.0.0.1", 0))
    serving = asyncio.ensure_future(server.serve_forever())
    await server.serving
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await serving

asyncio.run(main())
`;

/** A slave on one of two pseudo-terminals that are joined; the other one is ours. */
const SERIAL_SERVER = `
import asyncio, json, os, select, sys, threading, tty
from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.server.async_io import ModbusSerialServer

pairs = [os.openpty(), os.openpty()]
for _, near in pairs: tty.setraw(near)
def join():
    (a, _), (b, _) = pairs
    while True:
        for source in select.select([a, b], [], [])[0]: os.write(b if source == a else a, os.read(source, 4096))
threading.Thread(target=join, daemon=True).start()

async def main():
    units = {int(unit): ModbusSlaveContext(hr=ModbusSparseDataBlock({int(a): w for a, w in words.items()}), zero_mode=True)
             for unit, words in json.loads(sys.argv[1]).items()}
    server = ModbusSerialServer(ModbusServerContext(slaves=units, single=False), framer=ModbusRtuFramer,
                                port=os.ttyname(pairs[1][1]), baudrate=115200, timeout=1, ignore_missing_slaves=True)
    await server.start()
    print(os.ttyname(pairs[0][1]), flush=True)
    await server.serve_forever()

asyncio.run(main())
`;

export interface Step {
  readonly do: "read" | "write-one" | "write";
  readonly unit: number;
  readonly address: number;
  readonly count?: number;
  readonly values?: readonly number[];
}

/** pymodbus as a client: does the steps in order, answers their registers or exceptions. */
export async function pymodbusClient(
  port: number,
  steps: readonly Step[],
): Promise<readonly (readonly number[] | { readonly exception: number })[]> {
  const child = spawn(PYTHON, ["-c", CLIENT, String(port), JSON.stringify(steps)], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let trouble = "";
  child.stdout.on("data", (bytes: Buffer) => {
    out += bytes.toString();
  });
  child.stderr.on("data", (bytes: Buffer) => {
    trouble += bytes.toString();
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(trouble);
  return JSON.parse(out);
}

export type UnitWords = Readonly<Record<number, Readonly<Record<number, number>>>>;

/** pymodbus as a server with these holding registers, and input registers, by unit and address. */
export async function pymodbusServer(
  holding: UnitWords,
  inputs: UnitWords = {},
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { line, close } = await started(["-c", SERVER, JSON.stringify(holding), JSON.stringify(inputs)]);
  return { port: Number(line), close };
}

/** pymodbus as a slave on a serial line, whose other end is `path`. */
export async function pymodbusSerial(holding: UnitWords): Promise<{ readonly path: string; close(): Promise<void> }> {
  const { line, close } = await started(["-c", SERIAL_SERVER, JSON.stringify(holding)]);
  return { path: line, close };
}

/** A Python that has said its first line. */
async function started(args: readonly string[]): Promise<{ readonly line: string; close(): Promise<void> }> {
  const child = spawn(PYTHON, args, { stdio: ["ignore", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout });
  const line = await new Promise<string>((resolve, reject) => {
    lines.once("line", resolve);
    child.once("close", () => reject(new Error("pymodbus did not start")));
  });
  lines.close();
  return { line, close: () => stopped(child) };
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("close", () => resolve());
    child.kill("SIGKILL");
  });
}
