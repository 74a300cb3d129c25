import { sessionMinutes } from "../sessions.ts";
import type { Value } from "../value.ts";
import { type Command, type CommandContext, docsField } from "./context.ts";

/** `startSession`. */
export const startSession: Command = ({ sessions }) => ({
  id: sessions.start(),
  timeoutMinutes: sessionMinutes,
});

/** `endSessions`. @throws {CommandError} TypeMismatch for what is no list of sessions. */
export const endSessions: Command = (context) => {
  for (const lsid of listed(context, "endSessions")) context.sessions.end(lsid);
  return {};
};

/** `refreshSessions`. @throws {CommandError} TypeMismatch for what is no list of sessions. */
export const refreshSessions: Command = (context) => {
  for (const lsid of listed(context, "refreshSessions")) context.sessions.use(lsid);
  return {};
};

function listed({ command }: CommandContext, name: string): readonly Value[] {
  return docsField(command, name);
}
