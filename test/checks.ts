import { spawn } from "node:child_process";

/** What stands before the tests (`npm run checks`), side by side: a compiler keeps one core busy and leaves the others idle. */
const SIDES = [["types", "lint", "rule"], ["forge"]] as const;

/** Runs npm scripts one after the other and shows what each said once it has ended; false at the first that fails. */
async function side(scripts: readonly string[]): Promise<boolean> {
  for (const script of scripts) {
    const { status, said } = await ended(script);
    process.stdout.write(said);
    if (status !== 0) {
      process.stdout.write(`npm run ${script} failed (${status ?? "ended by a signal"})\n`);
      return false;
    }
  }
  return true;
}

function ended(script: string): Promise<{ readonly status: number | null; readonly said: string }> {
  const npm = spawn("npm", ["run", "-s", script], { stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  for (const stream of [npm.stdout, npm.stderr]) stream.setEncoding("utf8").on("data", (text: string) => said.push(text));
  return new Promise((resolve, reject) => {
    npm.once("error", reject);
    npm.once("close", (status) => resolve({ status, said: said.join("") }));
  });
}

const passed = await Promise.all(SIDES.map(side));
process.exitCode = passed.every(Boolean) ? 0 : 1;
