import { type Config, variables } from "./config.ts";

/** What is printed once Hawker serves: what runs, what is embedded, and which variables would connect the rest. */
export function banner(config: Config, env: NodeJS.ProcessEnv, url: string): string {
  const line = (name: string, text: string) => `  ${name.padEnd(10)} ${text}`;
  const unset = variables(env).filter((variable) => !variable.set);
  const width = Math.max(...unset.map(({ name }) => name.length));
  return [
    "",
    `Hawker is open at ${url}`,
    "",
    line("Web chat", url),
    line(
      "Telegram",
      config.telegram
        ? config.telegram.webhookSecret
          ? "connected by webhook"
          : "connected by long polling"
        : "not connected",
    ),
    line(
      "Discord",
      config.discord
        ? config.discord.publicKey
          ? "connected by interactions over HTTP"
          : "connected by the gateway"
        : "not connected",
    ),
    line(
      "Slack",
      config.slack
        ? config.slack.appToken
          ? "connected by Socket Mode"
          : "connected by requests over HTTP"
        : "not connected",
    ),
    line("Payments", config.stripe ? "Stripe" : "sandbox: a test page, no real money moves"),
    line("Store", config.mongodbUrl ? "MongoDB" : `embedded, in ${config.dataDir}`),
    line("Jobs", "in this process, kept in the store"),
    ...(unset.length > 0
      ? [
          "",
          "Variables you may set:",
          ...unset.map(({ name, purpose }) => `  ${name.padEnd(width)}  ${purpose}`),
        ]
      : []),
    "",
  ].join("\n");
}
