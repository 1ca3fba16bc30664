import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The page as plain files in dist/web. Nothing is inlined: the page's Content-Security-Policy allows own files only. */
export default defineConfig({
  root: here("src/web"),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { outDir: here("dist/web"), emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: "es2022" },
});
