import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  // Relative addresses: the built files work under any path, and nothing in them is inline (strict CSP).
  base: "./",
  resolve: {
    // The packages' sources, so that building the example needs no built SDK.
    alias: [
      { find: "@milepost/react/styles.css", replacement: path("../../sdk/react/src/styles.css") },
      { find: "@milepost/react", replacement: path("../../sdk/react/src/index.ts") },
      { find: "@milepost/browser", replacement: path("../../sdk/browser/src/index.ts") },
    ],
    dedupe: ["react", "react-dom"],
  },
  build: {
    outDir: path("../../src/milepost/demo/tools_app"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
    rolldownOptions: {
      // Fixed names: the committed build changes in place. The server says "revalidate".
      output: { entryFileNames: "assets/app.js", assetFileNames: "assets/[name][extname]", codeSplitting: false },
    },
  },
});
