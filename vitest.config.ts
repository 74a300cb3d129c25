import { defineConfig } from "vitest/config";

const hawker = {
  name: "hawker",
  include: ["test/**/*.test.ts"],
  // Run by `npm run test:outside`.
  exclude: ["test/outside/**"],
  globalSetup: ["test/setup/store.ts"],
  testTimeout: 120_000,
  hookTimeout: 60_000,
  // What a store does by itself may take a slow one a while.
  expect: { poll: { timeout: 45_000 } },
};

export default defineConfig({
  test: {
    projects: ["packages/*", { extends: true, test: hawker }],
    reporters: ["default", "./test/setup/summary-reporter.ts"],
    maxWorkers: 2,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts", "adapters/**/*.ts", "flows/**/*.ts", "packages/*/src/**/*.ts"],
      // Code that runs in the browser is out of reach of this count.
      exclude: ["adapters/web/page/**"],
      reporter: ["text-summary"],
    },
  },
});
