// A share over time: stretches that were counted without a break, and the gaps between them.

export interface Sample {
  at: number // ms of the Unix epoch
  value: number
}

/** Stretches of samples no farther apart than one and a half steps; between two stretches nothing was counted. */
export function stretches(samples: readonly Sample[], step: number): Sample[][] {
  const out: Sample[][] = []
  for (const s of samples) {
    const run = out.at(-1)
    const before = run?.at(-1)
    if (run && before && s.at - before.at <= 1.5 * step) run.push(s)
    else out.push([s])
  }
  return out
}

/** From when to when nothing was counted between two stretches. */
export const gaps = (list: readonly Sample[][]): [number, number][] =>
  list.slice(1).map((run, i) => [list[i]?.at(-1)?.at ?? 0, run[0]?.at ?? 0])

/** The sample nearest to a moment; undefined where there is none. */
export function nearestTo(samples: readonly Sample[], at: number): Sample | undefined {
  let best: Sample | undefined
  for (const s of samples) if (!best || Math.abs(s.at - at) < Math.abs(best.at - at)) best = s
  return best
}

/** How it went, in a sentence's part: "from 18.5 % to 70.4 %, lowest 18.5 %". */
export function course(samples: readonly Sample[], text: (n: number) => string): string {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return 'nothing was counted'
  return `from ${text(first.value)} to ${text(last.value)}, lowest ${text(Math.min(...samples.map((s) => s.value)))}`
}
