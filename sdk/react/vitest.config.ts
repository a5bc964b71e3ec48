import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const browser = { find: "@milepost/browser", replacement: path("../browser/src/index.ts") };
const react18 = path("test/react18/node_modules/");
const common = {
  environment: "happy-dom",
  include: ["test/**/*.test.{ts,tsx}"],
  setupFiles: ["test/setup.ts"],
  // One window for all files in turn: a fresh one for each takes longer than the tests.
  isolate: false,
};

export default defineConfig({
  test: {
    projects: [
      { resolve: { alias: [browser] }, test: { ...common, name: "react19" }, define: { REACT: "'19'" } },
      {
        resolve: {
          alias: [
            browser,
            { find: /^(react|react-dom|@testing-library\/react)(\/.*)?$/, replacement: `${react18}$1$2` },
          ],
        },
        test: { ...common, name: "react18", exclude: ["test/activity.test.tsx", "**/node_modules/**"] },
        define: { REACT: "'18'" },
      },
    ],
  },
});
