import { readdirSync, readFileSync } from "node:fs";

/** What Linux tells of processes. */
const statusOf = (pid: number, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);

/** Resident memory, MB. */
export const rssMb = (pid: number): number => (statusOf(pid, "VmRSS") * 1024) / 1e6;

/** User and system CPU of all threads so far, seconds, to a hundredth. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The first thread, which runs our code: ms on a core so far, and ms ready to run but without one. */
export function mainThread(pid: number): { readonly ranMs: number; readonly waitedMs: number } {
  const [ran, waited] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ").map(Number);
  return { ranMs: ran! / 1e6, waitedMs: waited! / 1e6 };
}

/** The process and all that it started. */
export function family(pid: number): readonly number[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => {
      try {
        return statusOf(each, "PPid") === pid;
      } catch {
        return false;
      }
    });
  return [pid, ...children.flatMap(family)];
}
