import type { App } from "@slack/bolt";
import type { Logger } from "pino";
import { z } from "zod";
import type { Host } from "../../src/engine/adapter.ts";
import { atMost } from "../../src/engine/backoff.ts";
import type { Address, Body, Sender } from "../../src/engine/inbound.ts";
import { receivedPhoto } from "../../src/engine/received-photo.ts";
import { render } from "./blocks.ts";
import { describe } from "./errors.ts";
import { fetchFile, type PictureUploads } from "./files.ts";
import { addressOf, asked, homeOf, spoken, timeOf } from "./inbound.ts";
import type { Installations } from "./installations.ts";
import { answersOf, FORM, readMetadata } from "./modal.ts";
import type { People } from "./people.ts";
import { writeTicket } from "./ticket.ts";

export interface ListenerOptions {
  readonly host: Host;
  readonly installations: Installations;
  readonly people: People;
  readonly pictures: PictureUploads;
  readonly apiRoot: string;
  readonly command: string;
  readonly log: Logger;
}

/** Previews may be lost, so they hold up an acknowledgement for this long only, in milliseconds. */
const PREVIEW_PATIENCE = 2_000;

const containerSchema = z.object({
  message_ts: z.string().optional(),
  channel_id: z.string().optional(),
  is_ephemeral: z.boolean().optional(),
  is_app_unfurl: z.boolean().optional(),
});
const fileSchema = z.object({
  id: z.string(),
  mimetype: z.string().optional(),
  url_private: z.string().optional(),
});

/** Hears what the shop is for. Every listener rejects if its event could not be stored, and only then. */
export function listenTo(app: App, options: ListenerOptions): void {
  const { host, installations, people, pictures, apiRoot, command, log } = options;

  async function accept(id: string, at: Date, address: Address, user: string, body: Body, ticket?: string) {
    await host.accept({
      id,
      at,
      address,
      body,
      sender: await senderOf(address, user),
      ...(ticket && { ticket }),
    });
  }
  const senderOf = async (address: Address, user: string): Promise<Sender> =>
    await people.sender(await installations.of(address.connection), user);

  app.event("message", async ({ event, body, context }) => {
    if (event.channel_type !== "im" || (event.subtype !== undefined && event.subtype !== "file_share"))
      return;
    if (event.user === undefined || "bot_id" in event || context.teamId === undefined) return;
    const address = addressOf(context.teamId, event.user);
    const file = fileSchema.safeParse(event.subtype === "file_share" ? event.files?.[0] : undefined).data;
    const said = file ? await fileBody(address, file, event.text ?? "") : spoken(event.text ?? "");
    await accept(body.event_id, timeOf(event.ts), address, event.user, said);
  });

  async function fileBody(address: Address, file: z.infer<typeof fileSchema>, text: string): Promise<Body> {
    if (!file.mimetype?.startsWith("image/")) return { kind: "other", what: "document" };
    const caption = spoken(text);
    const bytes = await fetchFile(await installations.of(address.connection), file, apiRoot);
    return await receivedPhoto(
      host,
      bytes,
      caption.kind === "text" && caption.text ? caption.text : undefined,
    );
  }

  app.event("app_mention", async ({ event, body, context }) => {
    if (event.user === undefined || event.bot_id !== undefined || "edited" in event) return;
    if (context.teamId === undefined || event.channel.startsWith("D")) return;
    const words = event.text.replaceAll(`<@${context.botUserId}>`, " ");
    const address = addressOf(context.teamId, event.user, event.channel);
    await accept(body.event_id, timeOf(event.ts), address, event.user, asked(words, host));
  });

  app.event("app_home_opened", async ({ event, body, context }) => {
    if (event.tab !== "home" || context.teamId === undefined) return;
    await accept(body.event_id, timeOf(event.event_ts), homeOf(context.teamId, event.user), event.user, {
      kind: "front",
    });
  });

  app.event("link_shared", async ({ event, client, context }) => {
    if (context.teamId === undefined) return;
    const { channel, message_ts: ts, source, unfurl_id } = event;
    const address = addressOf(context.teamId, event.user, channel);
    // A message still being written has no place yet.
    const draft = source === "composer" && unfurl_id !== undefined;
    const place = draft ? ({ unfurl_id, source } as const) : { channel, ts };
    const urls = event.links.map(({ url }) => url);
    const shown = previews(address, event.user, urls).then(async (unfurls) => {
      if (Object.keys(unfurls).length > 0) await client.chat.unfurl({ ...place, unfurls });
    });
    shown.catch((error: unknown) => log.debug({ reason: describe(error) }, "A preview was not shown"));
    await atMost(PREVIEW_PATIENCE, shown);
  });

  async function previews(address: Address, user: string, urls: readonly string[]) {
    const workspace = await installations.of(address.connection);
    const asker = { address, sender: await people.sender(workspace, user) };
    const found = await Promise.all(
      urls.slice(0, 5).map(async (url) => {
        const view = await host.preview(asker, url.replaceAll("&amp;", "&"));
        return view
          ? [[url, { blocks: render(view, await pictures.of(workspace, view)).blocks }] as const]
          : [];
      }),
    );
    return Object.fromEntries(found.flat());
  }

  for (const gone of ["app_uninstalled", "tokens_revoked"] as const) {
    app.event(gone, async ({ body, event }) => {
      const bots = "tokens" in event ? (event.tokens.bot ?? []) : [""];
      // Slack counts whole seconds here.
      const removed = new Date((body.event_time + 1) * 1000);
      if (bots.length > 0) await installations.delete(body.team_id, removed);
    });
  }

  app.command(command, async ({ command: given, ack, context }) => {
    const address = addressOf(context.teamId ?? given.team_id, given.user_id, given.channel_id);
    const now = new Date();
    const ticket = writeTicket({
      trigger: given.trigger_id,
      response: given.response_url,
      at: now.getTime(),
    });
    await accept(given.trigger_id, now, address, given.user_id, asked(given.text ?? "", host), ticket);
    await ack();
  });

  app.action({ type: "block_actions" }, async ({ action, body, ack, context }) => {
    const token =
      "value" in action
        ? action.value
        : "selected_option" in action && action.selected_option && "value" in action.selected_option
          ? action.selected_option.value
          : undefined;
    // A link's button tells of being pressed too; there is nothing to do.
    if (typeof token === "string" && context.teamId !== undefined && "container" in body) {
      const at = new Date();
      const {
        message_ts,
        channel_id,
        is_ephemeral: hidden,
        is_app_unfurl,
      } = containerSchema.parse(body.container);
      // A preview stands on a person's own message, which is not ours to change.
      const message = is_app_unfurl ? undefined : message_ts;
      const ticket = writeTicket({
        trigger: body.trigger_id,
        response: body.response_url,
        at: at.getTime(),
        message,
        hidden,
      });
      const address = addressOf(context.teamId, body.user.id, channel_id);
      await accept(
        body.trigger_id,
        at,
        address,
        body.user.id,
        { kind: "press", token, message, hidden },
        ticket,
      );
    }
    await ack();
  });

  app.view({ callback_id: FORM, type: "view_submission" }, async ({ body, view, ack, context }) => {
    const team = context.teamId ?? view.team_id;
    const { token, locale, channel, shared, ...opened } = readMetadata(view.private_metadata);
    const { message, hidden, response } = opened;
    const address = addressOf(team, body.user.id, shared ? channel : undefined);
    const { values, files } = answersOf(view.state.values);
    const sender = { id: body.user.id, locale };
    const problems = (): Record<string, string> => {
      const found = Object.entries(host.problems({ address, sender, token, values, locale }));
      return Object.fromEntries(found.filter(([field]) => field in values));
    };
    let wrong = problems();
    if (Object.keys(wrong).length === 0 && Object.keys(files).length > 0) {
      await keepFiles(address, files, values);
      wrong = problems();
    }
    if (Object.keys(wrong).length > 0) return await ack({ response_action: "errors", errors: wrong });
    const trigger = "trigger_id" in body && typeof body.trigger_id === "string" ? body.trigger_id : undefined;
    const ticket = writeTicket({ trigger, response, at: Date.now(), message, hidden });
    await accept(
      `${view.id}:${view.hash}`,
      new Date(),
      address,
      body.user.id,
      { kind: "form", token, values, message, hidden },
      ticket,
    );
    await ack();
  });

  async function keepFiles(
    address: Address,
    files: ReturnType<typeof answersOf>["files"],
    values: Record<string, string>,
  ): Promise<void> {
    const workspace = await installations.of(address.connection);
    for (const [field, file] of Object.entries(files)) {
      const photo = await receivedPhoto(host, await fetchFile(workspace, file, apiRoot));
      values[field] = photo.kind === "photo" ? photo.media : "";
    }
  }
}
