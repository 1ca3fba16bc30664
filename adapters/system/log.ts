import { type DestinationStream, pino } from "pino";
import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { Log } from "../../src/ports/index.ts";
import { redact } from "./redact.ts";

export type LogLevel = "silent" | "error" | "warn" | "info" | "debug";

export interface LogOptions {
  /** A file grows; rotate it with copytruncate, or write to stderr and let the service manager keep it. */
  readonly to: "stderr" | { readonly file: string } | { readonly write: (line: string) => void };
  readonly level: LogLevel;
  /** text for people, json for machines. By default text on a terminal, json elsewhere. */
  readonly format?: "text" | "json";
  /** Fields of every line: which home, which process. */
  readonly base?: LogBase;
}

export type LogBase = Readonly<Record<string, string | number>>;

export interface RootLog extends Log {
  /** The same log with more fields on each line: one per home of a process. */
  with(base: LogBase): Log;
  close(): void;
}

/** The log of one process, written line by line before the call returns: what was logged before a crash is there. */
export function openLog(options: LogOptions): Result<RootLog, "LOG_UNWRITABLE"> {
  const destination = openDestination(options.to);
  if (!destination.ok) return destination;
  const { stream, close, isTerminal } = destination.value;
  const asText = (options.format ?? (isTerminal ? "text" : "json")) === "text";
  const base = options.base ?? {};
  const logger = pino(
    {
      level: options.level,
      base,
      messageKey: "event",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    asText ? { write: (line) => stream.write(lineForPeople(line)) } : stream,
  );
  return ok({
    ...logOver(logger, Object.keys(base)),
    with: (more) => logOver(logger.child(more), Object.keys({ ...base, ...more })),
    close,
  });
}

function logOver(logger: pino.Logger, baseKeys: readonly string[]): Log {
  const reserved = new Set(["level", "time", "event", ...baseKeys]);
  const line =
    (level: "error" | "warn" | "info" | "debug") =>
    (event: string, data: object = {}) => {
      if (logger.isLevelEnabled(level)) logger[level](redact(data, reserved), event);
    };
  return { error: line("error"), warn: line("warn"), info: line("info"), debug: line("debug") };
}

interface Destination {
  readonly stream: DestinationStream;
  readonly isTerminal: boolean;
  readonly close: () => void;
}

function openDestination(to: LogOptions["to"]): Result<Destination, "LOG_UNWRITABLE"> {
  if (to !== "stderr" && "write" in to) return ok({ stream: to, isTerminal: false, close: () => {} });
  try {
    const file = to === "stderr" ? 2 : to.file;
    const stream = pino.destination({ dest: file, append: true, mkdir: true, mode: 0o600, sync: true });
    // A full disk or a closed pipe costs log lines, never the home.
    stream.on("error", () => {});
    return ok({
      stream,
      isTerminal: to === "stderr" && process.stderr.isTTY === true,
      close: () => (to === "stderr" ? stream.flushSync() : stream.end()),
    });
  } catch (error) {
    const file = to === "stderr" ? "stderr" : to.file;
    return fail(
      "LOG_UNWRITABLE",
      `${file} can't be written (${(error as NodeJS.ErrnoException).code}); give this user write access or name another file`,
    );
  }
}

/** "12:03:44.120 WARN  device.read-failed home=home-03 code=DEVICE_TIMEOUT" */
function lineForPeople(json: string): string {
  const { time, level, event, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const fields = Object.entries(rest).map(
    ([key, value]) => ` ${key}=${typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`,
  );
  return `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${event}${fields.join("")}\n`;
}
