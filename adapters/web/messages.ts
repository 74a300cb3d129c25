import { messageModel } from "../../src/store/message-log.ts";

/** The web platform's own memory: both sides of every conversation, for 90 days after a message last changed. */
export const WebMessages = messageModel("WebMessage", "web_messages", 90);
