import { defineConfig } from "vite";

/** Builds the pages into `dist/app`, which the plugin serves. */
export default defineConfig({
  root: "app",
  base: "/console/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { outDir: "../dist/app", emptyOutDir: true, assetsInlineLimit: 0, sourcemap: false },
});
