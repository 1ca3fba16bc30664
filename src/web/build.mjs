import { existsSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Builds the page when a source is newer than what was built last; otherwise it costs some milliseconds. */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const built = here("../../dist/web/index.html");
const sources = [here("."), here("../api/state.ts"), here("../../vite.config.ts"), here("../../package-lock.json")];

const newest = (path) => {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(`${path}/${name}`)), stat.mtimeMs);
};

if (!existsSync(built) || statSync(built).mtimeMs < Math.max(...sources.filter(existsSync).map(newest))) {
  const { build } = await import("vite");
  await build({ configFile: here("../../vite.config.ts"), logLevel: "warn" });
}
