import { type Config, variables } from "./config.ts";

const SANDBOX_IN_PUBLIC = `It is reached from outside, but its payments are the sandbox's: anybody "pays"
with a test card, and the order counts as paid. Set STRIPE_SECRET_KEY before you sell.`;

/** Whether strangers reach a shop whose payments are only a test. */
export const givesGoodsAway = ({ stripe, publicUrl }: Pick<Config, "stripe" | "publicUrl">): boolean =>
  stripe === undefined && !/^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|$)/.test(publicUrl);

function box(lines: readonly string[]): string[] {
  const width = Math.max(...lines.map(({ length }) => length));
  const edge = `  ${"!".repeat(width + 6)}`;
  return [edge, ...lines.map((text) => `  !! ${text.padEnd(width)} !!`), edge];
}

/** What is printed once Hawker serves: what runs, what is embedded, and which variables would connect the rest. */
export function banner(config: Config, env: NodeJS.ProcessEnv, url: string): string {
  const line = (name: string, text: string) => `  ${name.padEnd(10)} ${text}`;
  const unset = variables(env).filter((variable) => !variable.set);
  const warning = givesGoodsAway(config)
    ? ["", ...box([`WARNING: THIS SHOP GIVES ITS GOODS AWAY.`, ...SANDBOX_IN_PUBLIC.split("\n")])]
    : [];
  const width = Math.max(...unset.map(({ name }) => name.length));
  return [
    "",
    `Hawker is open at ${url}`,
    ...warning,
    "",
    line("Web chat", url),
    line(
      "Telegram",
      config.telegram ? (config.telegram.webhookSecret ? "on, by webhook" : "on, by long polling") : "off",
    ),
    line(
      "Discord",
      config.discord
        ? config.discord.publicKey
          ? "on, by interactions over HTTP"
          : "on, by the gateway"
        : "off",
    ),
    line(
      "Slack",
      config.slack ? (config.slack.appToken ? "on, by Socket Mode" : "on, by requests over HTTP") : "off",
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
