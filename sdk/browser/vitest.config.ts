import { defineConfig } from "vitest/config";

export default defineConfig({
  // One window for all files in turn: a fresh one for each takes three times as long as the tests.
  test: { environment: "happy-dom", include: ["test/**/*.test.ts"], testTimeout: 5000, isolate: false },
});
