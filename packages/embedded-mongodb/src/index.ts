export { allowJavaScript } from "./javascript.ts";
export { DirectoryInUse } from "./lock.ts";
export { plainLog, type ServerLog } from "./log.ts";
export { keepPrivate } from "./private-files.ts";
export { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from "./server.ts";
export { StoreUnusable } from "./unusable.ts";
