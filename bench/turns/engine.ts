export async function benchEngine(..._: unknown[]) {}
