import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Run by `npm run test:outside`.
    exclude: ["test/outside/**"],
    reporters: ["default", "./test/setup/summary-reporter.ts"],
    globalSetup: ["test/setup/store.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // What a store does by itself may take a slow one a while.
    expect: { poll: { timeout: 15_000 } },
    maxWorkers: 2,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts", "adapters/**/*.ts", "flows/**/*.ts"],
      // Code that runs in the browser, and the one that drew the demo's pictures, is out of reach of this count.
      exclude: ["adapters/web/page/**", "src/demo/draw/**"],
      reporter: ["text-summary"],
    },
  },
});
