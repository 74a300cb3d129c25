import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { variables } from "../../src/config.ts";

/** What of a Compose file this project uses; a key that is misspelt is refused. https://docs.docker.com/reference/compose-file/ */
const duration = z.string().regex(/^\d+s$/);
const healthcheck = z.strictObject({
  test: z.tuple([z.enum(["CMD", "CMD-SHELL"])], z.string()),
  interval: duration,
  timeout: duration,
  start_period: duration.optional(),
  retries: z.int().positive(),
});
const service = z.strictObject({
  image: z
    .string()
    .regex(/^[a-z0-9/.-]+:[\w.-]+@sha256:[0-9a-f]{64}$/)
    .optional(),
  build: z.string().optional(),
  init: z.boolean().optional(),
  restart: z.literal("unless-stopped"),
  stop_grace_period: duration.optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal("service_healthy") })).optional(),
  ports: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  configs: z.array(z.strictObject({ source: z.string(), target: z.string().startsWith("/") })).optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  volumes: z.array(z.string().regex(/^[\w-]+:\/[\w/]+$/)),
  healthcheck: healthcheck.optional(),
});
const composeFile = z.strictObject({
  name: z.string(),
  services: z.strictObject({ hawker: service, mongo: service, redis: service }),
  configs: z.record(z.string(), z.strictObject({ content: z.string() })),
  volumes: z.record(z.string(), z.null()),
});

const text = readFileSync("compose.yaml", "utf8");
const { services, configs, volumes } = composeFile.parse(parse(text));
const { hawker, mongo, redis } = services;
const dockerfile = readFileSync("Dockerfile", "utf8");

test("the shop starts once its stores are healthy, and each store can tell that it is", () => {
  expect(Object.keys(hawker.depends_on ?? {}).toSorted()).toEqual(["mongo", "redis"]);
  for (const { healthcheck } of [mongo, redis]) expect(healthcheck).toBeDefined();
  // Its own is the image's.
  expect(dockerfile).toMatch(/^HEALTHCHECK .*\n.*\/healthz/m);
});

test("the shop is set by variables it knows, by every one of them, and by nothing else", () => {
  const known = variables({}).map(({ name }) => name);
  const given = Object.keys(hawker.environment);
  expect(given.filter((name) => !known.some((one) => one === name))).toEqual([]);
  // These are the image's.
  const baked = [...dockerfile.matchAll(/^(?:ENV )? +?(\w+)=/gm)].map(([, name]) => name);
  expect(known.filter((name) => !given.includes(name) && !baked.includes(name))).toEqual([]);
  for (const [name, value] of Object.entries(hawker.environment))
    if (value.startsWith("${")) expect(value).toMatch(new RegExp(`^\\$\\{${name}(:-|:\\?)`));
});

test("what is kept lies on volumes, each declared and used once", () => {
  const used = [hawker, mongo, redis].flatMap((one) =>
    one.volumes.map((volume) => volume.split(":")[0] ?? ""),
  );
  expect(used.toSorted()).toEqual(Object.keys(volumes).toSorted());
  expect(hawker.volumes).toEqual(["hawker:/data"]);
  expect(dockerfile).toMatch(/^VOLUME \/data$/m);
  expect(mongo.volumes).toContain("mongo:/data/db");
});

test("configurations that are named are there, and all of them are used", () => {
  const used = [hawker, mongo, redis].flatMap((one) => (one.configs ?? []).map(({ source }) => source));
  expect(used.toSorted()).toEqual(Object.keys(configs).toSorted());
  expect(configs.redis?.content).toMatch(/^requirepass \$\{REDIS_PASSWORD\}$/m);
  expect(configs.redis?.content).toMatch(/^maxmemory-policy noeviction$/m);
});

test("the shop's passwords for the stores are those that the stores ask for, and none stands in the file", () => {
  expect(hawker.environment.MONGODB_URL).toMatch(
    /^mongodb:\/\/hawker:\$\{MONGO_PASSWORD\}@mongo:27017\/hawker\?/,
  );
  expect(hawker.environment.REDIS_URL).toMatch(/^redis:\/\/:\$\{REDIS_PASSWORD\}@redis:6379$/);
  expect(mongo.environment.HAWKER_PASSWORD).toMatch(/^\$\{MONGO_PASSWORD:\?/);
  expect(redis.environment.REDISCLI_AUTH).toMatch(/^\$\{REDIS_PASSWORD:\?/);
  const secrets = Object.entries({ ...hawker.environment, ...mongo.environment, ...redis.environment });
  for (const [name, value] of secrets)
    if (/PASSWORD|SECRET|TOKEN|AUTH/.test(name)) expect(value, name).toMatch(/^\$\{\w+:[-?]/);
});

test("only the shop is reached from outside, by this machine, and as a process that may do little", () => {
  expect([mongo.ports, redis.ports]).toEqual([undefined, undefined]);
  for (const port of hawker.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  expect(hawker).toMatchObject({
    init: true,
    read_only: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
  });
  expect(Number.parseInt(hawker.stop_grace_period ?? "0", 10)).toBeGreaterThan(10);
  expect(dockerfile).toMatch(/^USER 1000:1000$/m);
});
