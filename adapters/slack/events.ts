import type { App } from "@slack/bolt";
import { z } from "zod";
import type { Address } from "../../src/engine/address.ts";
import type { Body } from "../../src/engine/inbound.ts";
import { atMost } from "../../src/platform/backoff.ts";
import { PHOTO_MAX, receivedPhoto } from "../../src/platform/received-photo.ts";
import { render } from "./blocks.ts";
import { describe } from "./errors.ts";
import { fetchFile, picturesOf } from "./files.ts";
import { addressOf, asked, homeOf, spoken, timeOf } from "./inbound.ts";
import { accept, type Listening, senderIn } from "./listening.ts";
import { withPictures } from "./with-pictures.ts";

/** Previews may be lost, so they hold up an acknowledgement for this long only, in milliseconds. */
const PREVIEW_PATIENCE = 2_000;

const fileSchema = z.object({
  id: z.string(),
  mimetype: z.string().optional(),
  url_private: z.string().optional(),
  size: z.number().optional(),
});

/** Hears events: messages, mentions, the Home tab, links, the app's removal. Listeners reject if an event could not be stored. */
export function hearEvents(app: App, ears: Listening): void {
  const { host, installations, people, pictures, log } = ears;

  app.event("message", async ({ event, body, context }) => {
    if (event.channel_type !== "im" || (event.subtype !== undefined && event.subtype !== "file_share"))
      return;
    if (event.user === undefined || "bot_id" in event || context.teamId === undefined) return;
    const address = addressOf(context.teamId, event.user);
    const file = fileSchema.safeParse(event.subtype === "file_share" ? event.files?.[0] : undefined).data;
    const at = timeOf(event.ts);
    const admits = (said: Body) =>
      host.admits?.({ id: body.event_id, at, address, sender: { id: event.user }, body: said }) ?? true;
    const unread: Body = { kind: "other", what: "document" };
    const said =
      file === undefined
        ? spoken(event.text ?? "")
        : admits(unread)
          ? await fileBody(address, event.user, file, event.text ?? "")
          : unread;
    await accept(ears, { id: body.event_id, at, address, user: event.user, body: said });
  });

  async function fileBody(
    address: Address,
    user: string,
    file: z.infer<typeof fileSchema>,
    text: string,
  ): Promise<Body> {
    if (!file.mimetype?.startsWith("image/")) return { kind: "other", what: "document" };
    const caption = spoken(text);
    const bytes =
      (file.size ?? 0) > PHOTO_MAX
        ? "too-large"
        : await fetchFile(await installations.of(address.connection), file, ears);
    return await receivedPhoto(
      host,
      { address, sender: { id: user } },
      bytes,
      caption.kind === "text" && caption.text ? caption.text : undefined,
    );
  }

  app.event("app_mention", async ({ event, body, context }) => {
    if (event.user === undefined || event.bot_id !== undefined || "edited" in event) return;
    if (context.teamId === undefined || event.channel.startsWith("D")) return;
    const words = event.text.replaceAll(`<@${context.botUserId}>`, " ");
    const address = addressOf(context.teamId, event.user, event.channel);
    await accept(ears, {
      id: body.event_id,
      at: timeOf(event.ts),
      address,
      user: event.user,
      body: asked(words, host),
    });
  });

  app.event("app_home_opened", async ({ event, body, context }) => {
    if (event.tab !== "home" || context.teamId === undefined) return;
    await accept(ears, {
      id: body.event_id,
      at: timeOf(event.event_ts),
      address: homeOf(context.teamId, event.user),
      user: event.user,
      body: {
        kind: "front",
      },
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
    const shown = previews(address, event.user, urls).then(async (found) => {
      if (found.length === 0) return;
      await withPictures(
        found.some(({ images }) => images.size > 0),
        (pictured) => {
          const unfurls = found.map(({ url, view, images }) => {
            const { blocks } = render(view, pictured ? images : undefined);
            return [url, { blocks }] as const;
          });
          return client.chat.unfurl({ ...place, unfurls: Object.fromEntries(unfurls) });
        },
      );
    });
    shown.catch((error: unknown) => log.debug({ reason: describe(error) }, "A preview was not shown"));
    await atMost(PREVIEW_PATIENCE, shown);
  });

  async function previews(address: Address, user: string, urls: readonly string[]) {
    const workspace = await installations.of(address.connection);
    const asker = { address, sender: await senderIn(people, workspace, user) };
    const found = await Promise.all(
      urls.slice(0, 5).map(async (url) => {
        const view = await host.preview(asker, url.replaceAll("&amp;", "&"));
        return view ? [{ url, view, images: await picturesOf(pictures, workspace, view) }] : [];
      }),
    );
    return found.flat();
  }

  for (const gone of ["app_uninstalled", "tokens_revoked"] as const) {
    app.event(gone, async ({ body, event }) => {
      // Slack counts whole seconds here.
      const removed = new Date((body.event_time + 1) * 1000);
      if (!("tokens" in event)) await installations.remove(body.team_id, removed);
      else if (event.tokens.bot?.length) await installations.delete(body.team_id, removed);
    });
  }
}
