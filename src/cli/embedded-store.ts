import { serveAlone } from "@hawker/embedded-mongodb/cli";
import { logLevels } from "../config-variables.ts";
import { toolLog } from "./report.ts";

// The server's own log would not mask what is a person's.
await serveAlone(toolLog(logLevels.find((level) => level === process.env.LOG_LEVEL) ?? "warn"));
