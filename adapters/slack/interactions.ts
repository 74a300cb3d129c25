import type { App } from "@slack/bolt";
import { z } from "zod";
import type { PictureSender } from "../../src/engine/adapter.ts";
import type { PictureProblem } from "../../src/engine/inbound.ts";
import { receivedPhoto } from "../../src/platform/received-photo.ts";
import { fetchFile } from "./files.ts";
import { addressOf, asked } from "./inbound.ts";
import { accept, type Listening } from "./listening.ts";
import { answersOf, FORM, readMetadata } from "./modal.ts";
import { writeTicket } from "./ticket.ts";

const containerSchema = z.object({
  message_ts: z.string().optional(),
  channel_id: z.string().optional(),
  is_ephemeral: z.boolean().optional(),
  is_app_unfurl: z.boolean().optional(),
});

/** A button's value or the option chosen; the button of a link has neither. */
const pressSchema = z.object({
  value: z.string().optional(),
  selected_option: z.object({ value: z.string() }).nullish(),
});

/** Hears the slash command, presses and windows. Listeners reject if an interaction could not be stored. */
export function hearInteractions(app: App, ears: Listening): void {
  const { host, installations, command } = ears;

  app.command(command, async ({ command: given, ack, context }) => {
    const address = addressOf(context.teamId ?? given.team_id, given.user_id, given.channel_id);
    const now = new Date();
    const ticket = writeTicket({
      trigger: given.trigger_id,
      response: given.response_url,
      at: now.getTime(),
    });
    await accept(ears, {
      id: given.trigger_id,
      at: now,
      address,
      user: given.user_id,
      body: asked(given.text ?? "", host),
      ticket,
    });
    await ack();
  });

  app.action({ type: "block_actions" }, async ({ action, body, ack, context }) => {
    const { value, selected_option } = pressSchema.parse(action);
    const token = selected_option?.value ?? value;
    // A link's button tells of being pressed too; there is nothing to do.
    if (token !== undefined && context.teamId !== undefined && "container" in body) {
      const at = new Date();
      const place = containerSchema.parse(body.container);
      const { is_ephemeral: hidden, channel_id } = place;
      // A preview stands on a person's own message, which is not ours to change.
      const message = place.is_app_unfurl ? undefined : place.message_ts;
      const given = { trigger: body.trigger_id, response: body.response_url, at: at.getTime() };
      const ticket = writeTicket({ ...given, message, hidden });
      const address = addressOf(context.teamId, body.user.id, channel_id);
      await accept(ears, {
        id: body.trigger_id,
        at,
        address,
        user: body.user.id,
        body: { kind: "press", token, message, hidden },
        ticket,
      });
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
    let refused: Readonly<Record<string, PictureProblem>> = {};
    const problems = (): Record<string, string> => {
      const found = Object.entries(host.problems({ address, sender, token, values, locale, refused }));
      return Object.fromEntries(found.filter(([field]) => field in values));
    };
    let wrong = problems();
    if (Object.keys(wrong).length === 0 && Object.keys(files).length > 0) {
      refused = await keepFiles({ address, sender }, files, values);
      wrong = problems();
    }
    if (Object.keys(wrong).length > 0) return await ack({ response_action: "errors", errors: wrong });
    const trigger = "trigger_id" in body && typeof body.trigger_id === "string" ? body.trigger_id : undefined;
    const ticket = writeTicket({ trigger, response, at: Date.now(), message, hidden });
    await accept(ears, {
      id: `${view.id}:${view.hash}`,
      at: new Date(),
      address,
      user: body.user.id,
      body: { kind: "form", token, values, message, hidden },
      ticket,
    });
    await ack();
  });

  /** Puts the ids of pictures into the values; returns why of those that could not be kept. */
  async function keepFiles(
    from: PictureSender,
    files: ReturnType<typeof answersOf>["files"],
    values: Record<string, string>,
  ): Promise<Record<string, PictureProblem>> {
    const workspace = await installations.of(from.address.connection);
    const refused: [string, PictureProblem][] = [];
    for (const [field, file] of Object.entries(files)) {
      const photo = await receivedPhoto(host, from, await fetchFile(workspace, file, ears));
      values[field] = photo.kind === "photo" ? photo.media : "";
      if (photo.kind === "other") refused.push([field, photo.problem ?? "unusable"]);
    }
    return Object.fromEntries(refused);
  }
}
