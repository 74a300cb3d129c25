import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "embedded-mongodb",
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/setup/server.ts"],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // What a store does by itself may take a slow one a while.
    expect: { poll: { timeout: 45_000 } },
  },
});
