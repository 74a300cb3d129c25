export async function benchReference(..._: unknown[]) {}
