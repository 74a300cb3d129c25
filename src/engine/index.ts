export { type ActionRef, action } from "./action.ts";
export {
  type Adapter,
  type Asker,
  type Capabilities,
  type Change,
  type CommandInfo,
  type Delivery,
  type Host,
  type Removal,
  SendError,
  type Sent,
} from "./adapter.ts";
export { type Address, type ChannelAddress, channelAddress, conversationId } from "./address.ts";
export { ConversationModel, type News } from "./conversation.ts";
export { Engine } from "./engine.ts";
export type { EngineMetrics, EngineOptions } from "./engine-options.ts";
export { fit } from "./fit.ts";
export { type Form, form, type Reading, type Values, type Words } from "./form.ts";
export type { Inbound, Sender } from "./inbound.ts";
export * from "./rich-text.ts";
export { Router } from "./router.ts";
export { type Answer, below, here, type Reply, refresh, type Task, type Turn, view } from "./turn.ts";
export type { Button, Card, Control, FileView, FormField, FormView, Media, View } from "./view.ts";
