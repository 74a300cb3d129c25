export async function benchGrowth(..._: unknown[]) {}
