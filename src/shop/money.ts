/** An amount: an integer of minor units (cents, fen; whole yen) and an ISO 4217 currency. Never a float. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}
