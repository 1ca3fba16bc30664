import { type ModelSurvey, type PointReading, symbolOf } from "../../../adapters/modbus/index.ts";
import type { Command } from "../../cli/index.ts";
import { type Surveyed, survey } from "./survey.ts";

type SunspecCommand = Extract<Command, { verb: "sunspec" }>;

/** Prints all that a device tells through SunSpec, for people or for programs. */
export async function runSunspec(command: SunspecCommand): Promise<number> {
  const surveyed = await survey(command.place, command);
  const text = command.json === true ? JSON.stringify(json(surveyed), null, 2) : lines(surveyed).join("\n");
  process.stdout.write(`${text}\n`);
  return 0;
}

function lines({ host, port, unit, survey: { base, models, end, endAddress } }: Surveyed): readonly string[] {
  const ends = end === "marker" ? `the end marker is at ${endAddress}` : `there is no end marker: at ${endAddress}, ${ENDS[end]}`;
  return [
    `${host} port ${port}, unit ${unit}: a SunSpec map at ${base}, ${models.length} ${models.length === 1 ? "model" : "models"}; ${ends}`,
    ...models.flatMap(modelLines),
  ];
}

const ENDS = {
  refused: "the device refuses to go on",
  "no model": "there is an id 0, which is no model",
  "past the last address": "a length leads past the last address",
  "too many models": "there are more models than any device has",
} as const;

function modelLines(model: ModelSurvey): readonly string[] {
  const { id, name, address, length, points } = model;
  const title = `${address}  model ${id} ${name ?? "(unknown, so skipped)"}, ${length} ${length === 1 ? "register" : "registers"}`;
  const shown = points.filter(({ name: point, type }) => type !== "pad" && point !== "ID" && point !== "L");
  const width = Math.max(0, ...shown.map(({ name: point }) => point.length));
  return ["", title, ...shown.map((point) => `  ${point.name.padEnd(width)}  ${pointText(model, point)}`)];
}

function pointText({ id }: ModelSurvey, { name, type, unit, value, silence, doubt }: PointReading): string {
  if (silence !== null) return silence;
  const symbol = typeof value === "number" ? symbolOf(id, name, type, value) : null;
  return [valueText(type, value), unit, symbol, doubt === null ? null : `(can't be: ${doubt})`].filter((part) => part !== null).join(" ");
}

/** A float32 has seven digits, and what its double has beyond them is nobody's. */
function valueText(type: string, value: PointReading["value"]): string {
  if (typeof value !== "number") return String(value);
  if (type.startsWith("bitfield")) return `0x${value.toString(16).padStart(type === "bitfield16" ? 4 : 8, "0")}`;
  return type === "float32" ? String(Number(value.toPrecision(7))) : String(value);
}

function json({ host, port, unit, survey: { base, models, end, endAddress } }: Surveyed): object {
  return {
    host,
    port,
    unit,
    base,
    end,
    endAddress,
    models: models.map(({ id, name, address, length, registers, points }) => ({
      id,
      name,
      address,
      length,
      points: points.map((point) => ({
        ...point,
        symbol: typeof point.value === "number" ? symbolOf(id, point.name, point.type, point.value) : null,
      })),
      registers: Array.from(registers),
    })),
  };
}
