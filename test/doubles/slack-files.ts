import { putMessage } from "./slack-chat.ts";
import { type Args, isObject, type Json, needed, SlackRefusal, textOf } from "./slack-rules.ts";
import type { SlackFile, SlackTeam, Workspace } from "./slack-workspace.ts";

/** What the Web API and events tell of a file; its bytes are behind `url_private`, for the bearer of a token only. */
export const aboutFile = (root: string, team: SlackTeam, file: SlackFile): Json => ({
  id: file.id,
  name: file.name,
  title: file.name,
  size: file.length,
  mimetype: mimetypeOf(file.name),
  filetype: file.name.split(".").at(-1),
  mode: "hosted",
  is_external: false,
  url_private: `${root}/files-pri/${team.id}-${file.id}/${encodeURIComponent(file.name)}`,
  url_private_download: `${root}/files-pri/${team.id}-${file.id}/download/${encodeURIComponent(file.name)}`,
});

/** Keeps a file that somebody gave. */
export function keepFile(world: Workspace, team: SlackTeam, bytes: Uint8Array, name: string): SlackFile {
  const file = { id: world.fresh("F"), name, length: bytes.length, bytes, complete: true };
  team.files.set(file.id, file);
  return file;
}

/** `files.*`: an upload is asked for, done at its own address, then completed. */
export const files = {
  "files.info": (_: Workspace, team: SlackTeam, args: Args, root: string): Json => ({
    file: aboutFile(root, team, known(team, needed(args, "file"))),
  }),

  "files.getUploadURLExternal": (world: Workspace, team: SlackTeam, args: Args, root: string): Json => {
    const name = needed(args, "filename");
    const length = Number(needed(args, "length"));
    if (!Number.isInteger(length) || length <= 0) throw new SlackRefusal("invalid_arguments");
    const file: SlackFile = { id: world.fresh("F"), name, length, bytes: undefined, complete: false };
    team.files.set(file.id, file);
    return { upload_url: `${root}/upload/${team.id}/${file.id}`, file_id: file.id };
  },

  "files.completeUploadExternal": (world: Workspace, team: SlackTeam, args: Args, root: string): Json => {
    if (!Array.isArray(args.files) || args.files.length === 0) throw new SlackRefusal("invalid_arguments");
    const done = args.files.map((each: unknown) => known(team, isObject(each) ? textOf(each.id) : ""));
    if (done.some(({ bytes }) => bytes === undefined)) throw new SlackRefusal("file_not_found");
    const target = textOf(args.channel_id);
    const channel = target === "" ? undefined : team.channels.get(target);
    if (target !== "" && channel === undefined) throw new SlackRefusal("channel_not_found");
    for (const file of done) file.complete = true;
    if (channel !== undefined) {
      const text = textOf(args.initial_comment);
      const content = { text, blocks: [], attached: [], mrkdwn: true };
      putMessage(world, team, channel, content).files = done;
      world.rang();
    }
    return { files: done.map((file) => aboutFile(root, team, file)) };
  },
};

/** Takes the bytes of an upload. @throws {SlackRefusal} when they are not as many as announced */
export function takeUpload(team: SlackTeam, id: string, bytes: Uint8Array): void {
  const file = known(team, id);
  if (bytes.length !== file.length) throw new SlackRefusal("length_mismatch", { status: 400 });
  file.bytes = bytes;
}

function known(team: SlackTeam, id: string): SlackFile {
  const file = team.files.get(id);
  if (file === undefined) throw new SlackRefusal("file_not_found");
  return file;
}

const TYPES: Record<string, string> = { png: "image/png", jpg: "image/jpeg", webp: "image/webp" };
const mimetypeOf = (name: string): string =>
  TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";

/** A file's ending by its first bytes. */
export function endingOf(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\x89PNG")) return "png";
  if (head.startsWith("\xff\xd8\xff")) return "jpg";
  return head.startsWith("RIFF") && head.slice(8) === "WEBP" ? "webp" : "bin";
}
