import { expect, test } from "vitest";
import { slackDouble } from "../doubles/slack.ts";
import { buysAndReviews } from "./buying.ts";
import { Payer } from "./payer.ts";
import { openWorld } from "./world.ts";

test("over signed requests a shopper buys a mug in Slack as over sockets", async () => {
  const slack = await slackDouble();
  const world = await openWorld({
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_ROOT: slack.url,
  });
  slack.requestUrl = `${world.url}/webhooks/slack`;
  expect(await slack.verifiesRequestUrl()).toBe(true);
  const ada = slack.person("U0000ADA", { name: "Ada", locale: "en-US" });
  await buysAndReviews(ada, world, async (link) => void (await new Payer(link).pays("card")));
  expect(slack.late).toEqual([]);
  await world.close();
  await slack.close();
});
