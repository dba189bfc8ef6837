export function tokens(): string
