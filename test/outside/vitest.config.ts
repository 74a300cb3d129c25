import { defineConfig } from "vitest/config";

// Apart from the everyday run: what is here needs programs that are not among the project's packages.
export default defineConfig({
  test: {
    include: ["test/outside/**/*.test.ts"],
    globalSetup: ["test/setup/store.ts"],
    reporters: ["default", "./test/setup/summary-reporter.ts"],
    testTimeout: 120_000,
  },
});
