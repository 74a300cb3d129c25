import { serveAlone } from "./cli.ts";

await serveAlone();
