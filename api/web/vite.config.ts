// The map application, built into geo_safety/assets/map beside the other front-end assets.
// Addresses inside are relative, because the service may stand in a folder of a web site.

import { resolve } from "node:path";
import { defineConfig } from "vite";
import { onlyUsedWords } from "./vite-words.ts";

export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [onlyUsedWords(resolve(import.meta.dirname, "src"))],
  build: {
    outDir: resolve(import.meta.dirname, "../../geo_safety/assets/map"),
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    chunkSizeWarningLimit: 1500,  // kB; MapLibre is one chunk
    // Nothing inlined: the pages' security policy allows files of our own and no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        start: resolve(import.meta.dirname, "src/start.ts"),
        pages: resolve(import.meta.dirname, "src/pages.ts"),
      },
      output: { entryFileNames: "[name]-[hash].js", chunkFileNames: "[name]-[hash].js", assetFileNames: "[name]-[hash][extname]" },
    },
  },
  worker: { format: "es", rollupOptions: { output: { entryFileNames: "[name]-[hash].js" } } },
});
