export function peersVenv(packages: readonly string[]): Promise<string | undefined>;
