import { checkCommands } from "./discord-commands.ts";
import { type Json, json, list, refusals } from "./discord-refusal.ts";

/** The application's global commands. */
export class CommandRegistry {
  #commands: Json[] = [];

  get all(): readonly Json[] {
    return this.#commands;
  }

  /** Puts a whole list in place of the commands; one of a known name keeps its id. */
  replace(value: unknown, application: string, newId: () => string): readonly Json[] {
    this.#commands = checkCommands(value).map((command) => this.#kept(command, application, newId));
    return this.#commands;
  }

  /** Adds a command, or puts it in place of the one of the same type and name. */
  add(value: unknown, application: string, newId: () => string): { command: Json; fresh: boolean } {
    const known = this.#same(json(value));
    const others = this.#commands.filter((each) => each !== known);
    checkCommands([...others, value]);
    const command = this.#kept(json(value), application, newId);
    this.#commands = [...others, command];
    return { command, fresh: known === undefined };
  }

  /** @throws {Refusal} 10063 */
  find(id: string): Json {
    const found = this.#commands.find((each) => each.id === id);
    if (found === undefined) throw refusals.unknownCommand();
    return found;
  }

  edit(id: string, value: unknown): Json {
    const before = this.find(id);
    const after = { ...before, ...json(value) };
    checkCommands(this.#commands.map((each) => (each === before ? after : each)));
    this.#commands = this.#commands.map((each) => (each === before ? after : each));
    return after;
  }

  remove(id: string): void {
    const found = this.find(id);
    this.#commands = this.#commands.filter((each) => each !== found);
  }

  #same({ name, type = 1 }: Json): Json | undefined {
    return this.#commands.find((each) => each.name === name && each.type === type);
  }

  #kept(command: Json, application: string, newId: () => string): Json {
    return {
      default_member_permissions: null,
      nsfw: false,
      ...command,
      type: command.type ?? 1,
      options: list(command.options),
      id: this.#same(command)?.id ?? newId(),
      application_id: application,
      version: newId(),
    };
  }
}
