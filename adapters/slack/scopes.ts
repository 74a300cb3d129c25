/** What the app may do, and why it must: the manifest asks for these and no others. */
export const SCOPES = [
  "app_mentions:read", // people speak to it in channels
  "chat:write", // it answers
  "commands", // its slash command
  "files:read", // photos people send
  "files:write", // pictures and documents it shows
  "im:history", // people write to it
  "im:write", // news open a conversation
  "links:read", // addresses of the shop
  "links:write", // and what they show
  "users:read", // a person's language
] as const;

/** The events it listens to, as the manifest names them. */
export const EVENTS = [
  "app_home_opened",
  "app_mention",
  "app_uninstalled",
  "link_shared",
  "message.im",
  "tokens_revoked",
] as const;
