export { DirectoryInUse } from "./lock.ts";
export { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from "./server.ts";
export { StoreUnusable } from "./unusable.ts";
