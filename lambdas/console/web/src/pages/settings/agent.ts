// What a browser says of itself, as far as a person cares. Whoever sends it may write what they like: it is a hint, and shown as one.
const programs: [RegExp, string][] = [
  [/\bEdg\/(\d+)/, 'Edge'], [/\bOPR\/(\d+)/, 'Opera'], [/\bFirefox\/(\d+)/, 'Firefox'], [/\b(?:Headless)?Chrom(?:e|ium)\/(\d+)/, 'Chrome'], [/\bVersion\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari/, 'Safari'],
  [/^curl\/([\d.]+)/, 'curl'], [/^mirrorwatch\/?([\d.]*)/i, 'mirrorwatch'],
]
const systems: [RegExp, string][] = [[/Windows NT/, 'Windows'], [/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Mac OS X/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']]

/** "Firefox 132 on Linux"; undefined where it says nothing that is known. */
export function agentName(agent: string): string | undefined {
  const found = programs.map(([r, name]) => [r.exec(agent)?.[1], name] as const).find(([version]) => version !== undefined)
  if (!found) return undefined
  const system = systems.find(([r]) => r.test(agent))?.[1]
  return `${found[1]}${found[0] ? ` ${found[0]}` : ''}${system ? ` on ${system}` : ''}`
}
