/** The file is no backup, or not a whole one. The message says what is wrong with it; nothing was changed. */
export class BadBackup extends Error {
  override readonly name = "BadBackup";
  readonly code = "BAD_BACKUP";
}

/** A backup or a restore was not begun, or not finished. The message says why, and what to do. */
export class CannotBackUp extends Error {
  override readonly name = "CannotBackUp";
  readonly code = "CANNOT_BACK_UP";
}
